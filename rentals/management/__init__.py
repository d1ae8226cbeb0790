"""Commands of the rentals app."""
