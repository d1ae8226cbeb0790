"""Builds the demo city in the database, one module per subject."""
