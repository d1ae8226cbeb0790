"""Reads of stations: their opening for many at once, and the stations of the search form."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from stations.network.hours import Opening
from stations.network.models import Station, StationClosure
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

# A closed station is offered the nearest time that it is open, at most about a week away.
CLOSURES_AROUND = timedelta(days=8)

OPENINGS = """
    SELECT station_id, weekday, opens_minute, closes_minute, NULL::timestamptz, NULL::timestamptz
    FROM stations_openinghours WHERE station_id = ANY(%(stations)s)
    UNION ALL
    SELECT station_id, NULL, NULL, NULL, starts_at, ends_at
    FROM stations_stationclosure
    WHERE station_id = ANY(%(stations)s) AND ends_at > %(closed_from)s AND starts_at < %(closed_to)s
"""


def openings_of(station_ids: Iterable[int], around: Period) -> dict[int, Opening]:
    """Load hours and the closures around a period for many stations, in one query: {station id: opening}."""
    openings: dict[int, tuple[dict[int, tuple[int, int]], list[StationClosure]]] = {
        station_id: ({}, []) for station_id in station_ids
    }
    values: dict[str, Any] = {
        "stations": list(openings),
        "closed_from": around.starts_at - CLOSURES_AROUND,
        "closed_to": around.ends_at + CLOSURES_AROUND,
    }
    for station_id, weekday, opens, closes, starts_at, ends_at in rows_of(OPENINGS, values):
        week, closures = openings[station_id]
        if starts_at is None:
            week[weekday] = (opens, closes)
        else:
            closures.append(StationClosure(starts_at=starts_at, ends_at=ends_at))
    return {station_id: Opening(week, closures) for station_id, (week, closures) in openings.items()}


def active_stations() -> list[Station]:
    """Return every station that takes renters, with its city, in the order of a list of choices."""
    return list(Station.objects.active().select_related("city").order_by("city__name", "name"))
