"""Enrolled tablets of the stations, and the PINs of the people who use them."""
