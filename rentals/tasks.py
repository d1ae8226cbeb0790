"""Gathers the areas' jobs for Celery and the outbox."""

from rentals.bookings import tasks as bookings
from rentals.changes import tasks as changes
from rentals.contracts import tasks as contracts
from rentals.fines import tasks as fines
from rentals.handovers import tasks as handovers
from rentals.incidents import tasks as incidents
from rentals.sync import tasks as sync
from rentals.waitlist import tasks as waitlist

__all__ = ["bookings", "changes", "contracts", "fines", "handovers", "incidents", "sync", "waitlist"]
