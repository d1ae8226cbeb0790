"""A vehicle's time as the packing sees it: what is fixed, and from when until when it takes new jobs."""

from collections.abc import Iterable
from datetime import date, datetime

from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import OUT_OF_REACH, SOON, Vehicle
from stations.timeline.packing import ALWAYS, NEVER, Lane, Span
from voltgo.core import clock
from voltgo.core.clock import Period


def span_of(period: Period) -> Span:
    """Return a period in whole seconds since 1970."""
    return round(period.starts_at.timestamp()), round(period.ends_at.timestamp())


def lane_of(vehicle: Vehicle, fixed: Iterable[Span], now: datetime) -> Lane:
    """Return a vehicle as a lane; `vehicle.model` should be loaded.

    Says the same as VehicleQuerySet.rentable, for all periods at once (tests hold the two together).
    """
    return Lane(vehicle.pk, tuple(sorted(fixed)), _opens_at(vehicle, now), _closes_at(vehicle))


def _opens_at(vehicle: Vehicle, now: datetime) -> int:
    if vehicle.lifecycle != Lifecycle.IN_SERVICE or vehicle.condition in OUT_OF_REACH:
        return NEVER
    is_charged = vehicle.battery_percent >= vehicle.model.minimum_battery_percent
    if vehicle.condition == Condition.READY and is_charged:
        return ALWAYS
    # A fraction of a second must not make it ready too early.
    return int((now + SOON).timestamp()) + 1


def _closes_at(vehicle: Vehicle) -> int:
    papers = (vehicle.registration_expires_on, vehicle.insurance_expires_on, vehicle.inspection_expires_on)
    last_days = [day for day in papers if day is not None]
    return min((_last_moment(day) for day in last_days), default=NEVER)


def _last_moment(day: date) -> int:
    return round(clock.day_bounds(day)[1].timestamp()) - 1
