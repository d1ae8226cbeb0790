"""Changing a booking and extending a rental, with the difference shown first and settled."""
