"""Periodic jobs of the counter."""

from celery import shared_task

from rentals.handovers.services import close_undisputed


@shared_task(name="rentals.close_undisputed")
def close_undisputed_settlements() -> int:
    return close_undisputed()
