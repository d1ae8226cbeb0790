"""Payments, deposits and refunds: what is wanted, what came, what went back."""
