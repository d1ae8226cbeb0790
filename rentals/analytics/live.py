"""The fleet at this moment: per station and by condition."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline.selectors import free_now

# A station with fewer vehicles to give than this, or than this share of its own, is marked.
FEWEST_FREE = 2
SMALLEST_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class StationNow:
    """One station with what its vehicles are doing."""

    station: Station
    free: int
    by_condition: Mapping[str, int]

    @property
    def vehicles(self) -> int:
        return sum(self.by_condition.values())

    @property
    def on_rental(self) -> int:
        return self.by_condition.get(Condition.ON_RENTAL, 0)

    @property
    def preparation(self) -> int:
        return self.by_condition.get(Condition.PREPARATION, 0)

    @property
    def maintenance(self) -> int:
        return self.by_condition.get(Condition.MAINTENANCE, 0)

    @property
    def is_short(self) -> bool:
        """Whether somebody who walks in may have to be sent away."""
        return self.free < max(FEWEST_FREE, math.ceil(self.vehicles * SMALLEST_SHARE))


def stations_now(now: datetime) -> list[StationNow]:
    """Return every active station with its vehicles in service, in three queries; the shortest first."""
    conditions: dict[int, dict[str, int]] = {}
    counted = Vehicle.objects.in_service().order_by().values_list("station", "condition")
    for station_id, condition, count in counted.annotate(count=Count("pk")):
        conditions.setdefault(station_id, {})[condition] = count
    free = dict(free_now(now).order_by().values_list("station").annotate(count=Count("pk")))
    rows = [
        StationNow(station, free.get(station.pk, 0), conditions.get(station.pk, {}))
        for station in Station.objects.active().select_related("city").order_by("city__name", "name")
    ]
    return sorted(rows, key=lambda row: not row.is_short)


def fleet_by_condition(stations: Sequence[StationNow]) -> Mapping[str, int]:
    """Add up the conditions of all stations: {condition: vehicles}, in the order of the choices."""
    total: Counter[str] = Counter()
    for row in stations:
        total.update(row.by_condition)
    return {condition: total[condition] for condition in Condition.values}
