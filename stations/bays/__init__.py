"""Bays at stations that are kept for vehicles on their way there."""
