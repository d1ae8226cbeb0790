"""Renters who wait for a vehicle that is taken, and what they like to come back to."""
