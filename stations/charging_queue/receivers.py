"""What the charging queue hears of vehicles."""

from typing import Any

from stations.charging_queue.services import end_stint_of
from stations.fleet.models import Vehicle
from stations.fleet.signals import vehicle_left
from voltgo.core.actors import Actor


def on_vehicle_left(sender: object, *, vehicle: Vehicle, by: Actor, **_kwargs: Any) -> None:
    end_stint_of(vehicle, by=by)


def connect() -> None:
    """Hear of vehicles that leave; called once when the app is ready."""
    vehicle_left.connect(on_vehicle_left, dispatch_uid="charging_queue.vehicle_left")
