"""Receipts: numbered without gaps, frozen, rendered to PDF."""
