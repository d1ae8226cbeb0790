"""Jobs of the waitlist: offers after a vehicle became free, and the sweeper behind them."""

import contextlib
from datetime import datetime

from celery import shared_task

from rentals.waitlist.selectors import queues_with_waiters
from rentals.waitlist.services import lapse_due_offers, offer_next
from rentals.waitlist.services.offers import OFFER_TOPIC, QueueIsBeingServed
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from voltgo.core import outbox
from voltgo.core.clock import Period


@outbox.handler(OFFER_TOPIC)
def offer(station_id: int, model_id: int, starts_at: str, ends_at: str) -> None:
    offer_next(
        station=Station.objects.get(pk=station_id),
        model=VehicleModel.objects.get(pk=model_id),
        period=Period(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at)),
    )


@shared_task(name="rentals.serve_waitlist")
def serve_waitlist() -> int:
    """End what is over, then look once more at every queue: supply also comes back without a signal."""
    ended = lapse_due_offers()
    for station_id, model_id in queues_with_waiters():
        with contextlib.suppress(QueueIsBeingServed):
            offer_next(
                station=Station.objects.get(pk=station_id), model=VehicleModel.objects.get(pk=model_id)
            )
    return ended
