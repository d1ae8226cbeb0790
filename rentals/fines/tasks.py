"""The daily look at fines."""

from celery import shared_task

from rentals.fines import services


@shared_task(name="rentals.lapse_fines")
def lapse_fines() -> int:
    """Charge the fines whose time to answer is over."""
    return services.lapse_due()
