"""Reads of stations: their opening for many at once, and the stations of the search form."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from stations.network.hours import Opening, Week
from stations.network.models import Station, StationClosure
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

# A closed station is offered the nearest time that it is open, at most about a week away.
CLOSURES_AROUND = timedelta(days=8)

# A week comes as one text, `0,360,1320;1,360,1320`: most stations have the same one, which is read once.
OPENINGS = """
    SELECT station_id, string_agg(concat_ws(',', weekday, opens_minute, closes_minute), ';' ORDER BY weekday),
           NULL::timestamptz, NULL::timestamptz
    FROM stations_openinghours WHERE station_id = ANY(%(stations)s)
    GROUP BY station_id
    UNION ALL
    SELECT station_id, NULL, starts_at, ends_at
    FROM stations_stationclosure
    WHERE station_id = ANY(%(stations)s) AND ends_at > %(closed_from)s AND starts_at < %(closed_to)s
"""

# The same of `stations` around `opens_from` and `opens_to`, as a part of somebody else's statement; read it
# with `openings_from`.
OPENINGS_AS_JSON = """
    SELECT json_build_object(
        'hours', (SELECT json_agg(json_build_array(h.station_id, h.weekday, h.opens_minute, h.closes_minute))
                  FROM stations_openinghours h WHERE h.station_id = ANY(%(stations)s)),
        'closures', (SELECT json_agg(json_build_array(c.station_id, extract(epoch FROM c.starts_at)::float8,
                                                      extract(epoch FROM c.ends_at)::float8))
                     FROM stations_stationclosure c
                     WHERE c.station_id = ANY(%(stations)s) AND c.ends_at > %(opens_from)s
                       AND c.starts_at <= %(opens_to)s))
"""


def openings_from(found: dict[str, list[list[Any]] | None]) -> dict[int, Opening]:
    """Return {station id: opening} from what OPENINGS_AS_JSON found; a station without hours is closed."""
    weeks: dict[int, dict[int, tuple[int, int]]] = defaultdict(dict)
    closures: dict[int, list[StationClosure]] = defaultdict(list)
    for station_id, weekday, opens, closes in found["hours"] or ():
        weeks[station_id][weekday] = (opens, closes)
    for station_id, starts_at, ends_at in found["closures"] or ():
        closed = StationClosure(
            starts_at=datetime.fromtimestamp(starts_at, UTC), ends_at=datetime.fromtimestamp(ends_at, UTC)
        )
        closures[station_id].append(closed)
    return {station_id: Opening(week, closures[station_id]) for station_id, week in weeks.items()}


def openings_of(station_ids: Iterable[int], around: Period) -> dict[int, Opening]:
    """Load hours and the closures around a period for many stations, in one query: {station id: opening}."""
    ids = list(dict.fromkeys(station_ids))
    values: dict[str, Any] = {
        "stations": ids,
        "closed_from": around.starts_at - CLOSURES_AROUND,
        "closed_to": around.ends_at + CLOSURES_AROUND,
    }
    weeks: dict[int, Week] = {}
    closures: dict[int, list[StationClosure]] = defaultdict(list)
    for station_id, week, starts_at, ends_at in rows_of(OPENINGS, values):
        if week is not None:
            weeks[station_id] = _week(week)
        else:
            closures[station_id].append(StationClosure(starts_at=starts_at, ends_at=ends_at))
    return {each: Opening(weeks.get(each, {}), closures[each] if closures else []) for each in ids}


@lru_cache(maxsize=1024)
def _week(text: str) -> Week:
    """Return the hours that OPENINGS has written; shared by all who have the same, so nobody may change it."""
    days = (map(int, day.split(",")) for day in text.split(";"))
    return MappingProxyType({weekday: (opens, closes) for weekday, opens, closes in days})


def active_stations() -> list[Station]:
    """Return every station that takes renters, with its city, in the order of a list of choices."""
    return list(Station.objects.active().select_related("city").order_by("city__name", "name"))
