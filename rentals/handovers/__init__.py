"""Pickup and return: inspection, damage, settlement."""
