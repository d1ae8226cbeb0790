"""Thresholds of the supply guard: sensible everywhere, and one station that is visibly short of scooters."""

from __future__ import annotations

from collections.abc import Sequence

from stations.fleet.enums import VehicleKind
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.supply.models import SupplyRule
from stations.supply.selectors import supplies_at
from stations.supply.services import watch_supply

# The station of a staff login, so that its board shows what a narrow station looks like.
SHORT_OF_SCOOTERS = "HAN-01"
# Of so many vehicles of a class at a station one more must stand ready.
FLEET_PER_READY = 8


def create_supply_rules(stations: Sequence[Station]) -> int:
    """Set a threshold for each class that a station has, note the levels, and return how many were set.

    Comes last: what the demo books for today is not to be refused for want of vehicles.
    """
    kinds = Vehicle.objects.in_service().values_list("station_id", "model__kind")
    fleet: dict[tuple[int, str], int] = {}
    for key in kinds:
        fleet[key] = fleet.get(key, 0) + 1
    rules = SupplyRule.objects.bulk_create(
        SupplyRule(
            station=station,
            kind=kind,
            safe_threshold=1 + fleet[station.pk, kind] // FLEET_PER_READY,
            walk_in_reserve=0,
        )
        for station in stations
        for kind in VehicleKind.values
        if (station.pk, kind) in fleet
    )
    short = next((station for station in stations if station.code == SHORT_OF_SCOOTERS), None)
    if short is not None:
        supply = supplies_at([short.pk]).get((short.pk, VehicleKind.SCOOTER.value))
        if supply is not None:
            SupplyRule.objects.filter(station=short, kind=VehicleKind.SCOOTER).update(
                safe_threshold=supply.ready + 2, walk_in_reserve=min(1, max(supply.ready - 1, 0))
            )
    watch_supply()
    return len(rules)
