"""Offline tablets: what they send is written down first, applied once, and never dropped."""
