"""Periodic jobs of incidents."""

from celery import shared_task

from rentals.incidents.services import run_ladder


@shared_task(name="rentals.run_ladder")
def ladder() -> dict[str, int]:
    return run_ladder()
