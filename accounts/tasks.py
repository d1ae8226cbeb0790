"""Gathers the areas' jobs for Celery and the outbox."""

from accounts.notifications import tasks as notifications

__all__ = ["notifications"]
