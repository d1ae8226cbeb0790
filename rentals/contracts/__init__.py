"""Contracts: rendering, signing, storing."""
