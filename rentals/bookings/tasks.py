"""Periodic jobs of bookings."""

from celery import shared_task

from rentals.bookings.services import expire_due_holds


@shared_task(name="rentals.expire_holds")
def expire_holds() -> int:
    return expire_due_holds()
