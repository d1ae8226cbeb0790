"""Opening hours as pure functions: is the station open at this moment, what half hours can be chosen."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from stations.network.models import Station, StationClosure
from voltgo.core import clock

Week = Mapping[int, tuple[int, int]]


def week_of(station: Station) -> Week:
    """Return {weekday: (opens_minute, closes_minute)}; uses the prefetched hours when there are any."""
    return {row.weekday: (row.opens_minute, row.closes_minute) for row in station.opening_hours.all()}


def is_open_at(week: Week, moment: datetime, closures: Iterable[StationClosure] = ()) -> bool:
    """Say whether a station with these hours serves a person at this moment.

    The closing minute itself is still served: a return at 22:00 to a station that closes at 22:00 is
    in time.
    """
    here = clock.local(moment)
    minute = here.hour * 60 + here.minute
    hours = week.get(here.weekday())
    yesterday = week.get((here.weekday() - 1) % 7)
    # 24:00 of yesterday is 00:00 of today.
    at_midnight = minute == 0 and yesterday is not None and yesterday[1] == 1440
    opened = at_midnight or (hours is not None and hours[0] <= minute <= hours[1])
    return opened and not any(closure.starts_at <= moment < closure.ends_at for closure in closures)
