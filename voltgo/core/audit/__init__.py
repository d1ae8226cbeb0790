"""Append-only record of who changed what, when and why, without foreign keys."""
