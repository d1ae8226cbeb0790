"""The renter's API of changes and extensions."""
