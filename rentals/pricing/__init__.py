"""Tariffs and the quote engine."""
