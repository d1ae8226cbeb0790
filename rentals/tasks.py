"""Gathers the areas' jobs for Celery and the outbox."""

from rentals.bookings import tasks as bookings
from rentals.contracts import tasks as contracts

__all__ = ["bookings", "contracts"]
