"""Jobs of synchronisation: commands that wait, vehicles that are out, bodies that nobody needs any more."""

from celery import shared_task

from rentals.sync import services
from rentals.sync.services.consequences import TAKE_OUT
from rentals.sync.services.taking_out import take_out
from voltgo.core import outbox


@outbox.handler(TAKE_OUT)
def take_vehicle_out(conflict_id: int) -> None:
    take_out(conflict_id)


@shared_task(name="rentals.try_commands")
def try_commands() -> int:
    return services.try_waiting()


@shared_task(name="rentals.forget_commands")
def forget_commands() -> int:
    return services.forget_settled()
