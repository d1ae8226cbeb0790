"""Stripe: foreign cards on Stripe's own page, and true holds for deposits."""
