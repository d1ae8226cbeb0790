"""Gathers the areas' jobs for Celery and the outbox."""

from rentals.bookings import tasks as bookings

__all__ = ["bookings"]
