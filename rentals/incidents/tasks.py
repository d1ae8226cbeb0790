"""Periodic and promised jobs of incidents."""

from celery import shared_task

from rentals.incidents.models import Incident
from rentals.incidents.services import look_after, run_ladder
from rentals.incidents.services.dispatching import LOOK_AFTER
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM


@shared_task(name="rentals.run_ladder")
def ladder() -> dict[str, int]:
    return run_ladder()


@outbox.handler(LOOK_AFTER)
def look_after_the_promised(*, incident: int) -> None:
    """Look after everybody who is promised a vehicle that was just found unsafe."""
    row = Incident.objects.select_related("vehicle__model", "vehicle__station").get(pk=incident)
    look_after(incident=row, by=SYSTEM)
