"""Vehicles that change their home station: planned, agreed, driven over, confirmed at both ends."""
