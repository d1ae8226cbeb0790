"""Periodic jobs of changes."""

from celery import shared_task

from rentals.changes.services import lapse_due_changes


@shared_task(name="rentals.lapse_changes")
def lapse_changes() -> int:
    return lapse_due_changes()
