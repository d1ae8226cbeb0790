"""The charge to expect of vehicles at a pickup, from their claims before it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings

from stations.fleet.battery import Away, Battery, Charge, expected_battery
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.enums import AllocationKind
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock

Claim = tuple[datetime, datetime, bool]


def battery_of(model: VehicleModel) -> Battery:
    return _battery(model.kind, float(model.battery_kwh), model.range_km)


@lru_cache(maxsize=256)
def _battery(kind: str, capacity_kwh: float, range_km: int) -> Battery:
    return Battery(kind, capacity_kwh, range_km)


def turnaround() -> timedelta:
    return timedelta(minutes=settings.TURNAROUND_MINUTES)


def away_of(claims: Iterable[Claim]) -> list[Away]:
    """Return when a vehicle is away, from (start, end with turnaround, is a booking) of its claims.

    In its turnaround a vehicle stands at the station, hence charges.
    """
    ready_in = turnaround()
    return [
        Away(starts_at, max(ends_at - ready_in, starts_at) if is_booking else ends_at, is_booking)
        for starts_at, ends_at, is_booking in claims
    ]


def charges_at(station: Station, vehicles: Iterable[Vehicle], pickup: datetime) -> dict[int, Charge]:
    """Return {vehicle id: charge to expect at a pickup}; vehicles with their models. One query."""
    now = clock.now()
    rows = list(vehicles)
    claims: dict[int, list[Claim]] = defaultdict(list)
    before = VehicleAllocation.objects.live(now).filter(
        station=station,
        vehicle__in=[row.pk for row in rows],
        period__endswith__gt=now,
        period__startswith__lt=pickup,
    )
    for vehicle_id, period, kind in before.values_list("vehicle_id", "period", "kind"):
        claims[vehicle_id].append((period.lower, period.upper, kind == AllocationKind.BOOKING))
    return {
        row.pk: expected_battery(
            percent=row.battery_percent,
            battery=battery_of(row.model),
            charger_kw=float(station.charger_kw),
            now=now,
            pickup=pickup,
            away=away_of(claims[row.pk]),
        )
        for row in rows
    }
