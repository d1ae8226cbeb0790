"""Periods as people enter them: a date and a time of day, twice; and a sensible one to start from."""

from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from stations.fleet.enums import VehicleKind
from stations.network.hours import SLOT_MINUTES, Opening
from voltgo.core import clock
from voltgo.core.clock import Period

# From now to a pickup that somebody who is looking at a screen can reach.
TIME_TO_GET_THERE = timedelta(hours=1)
USUAL_LENGTH = {VehicleKind.CAR: timedelta(hours=8)}
SHORT_TRIP = timedelta(hours=4)
# Where no single station is asked: hours at which every station is open.
DAY_BEGINS, LAST_PICKUP, DAY_ENDS = time(8), time(19, 30), time(21, 30)


def moment_of(day: date, face: str) -> datetime:
    """Return the moment of a date and a time of day such as `08:30`, in Vietnam's time."""
    hours, minutes = face.split(":")
    return datetime.combine(day, time(int(hours), int(minutes)), tzinfo=clock.LOCAL_ZONE)


def as_values(period: Period) -> dict[str, str]:
    """Return a period as the values of the search form."""
    start, end = clock.local(period.starts_at), clock.local(period.ends_at)
    return {
        "from_day": f"{start:%Y-%m-%d}",
        "from_time": f"{start:%H:%M}",
        "to_day": f"{end:%Y-%m-%d}",
        "to_time": f"{end:%H:%M}",
    }


def as_query(period: Period, **others: str) -> str:
    """Return a query string that carries a period from page to page."""
    return urlencode(as_values(period) | others)


def next_slot(moment: datetime) -> datetime:
    """Return the first half hour that is not past."""
    slot = timedelta(minutes=SLOT_MINUTES)
    midnight = clock.day_bounds(clock.local(moment).date())[0]
    return midnight + -((midnight - moment) // slot) * slot


def default_period(moment: datetime, *, kind: str = "", opening: Opening | None = None) -> Period:
    """Return the period that a form starts from: soon, of the usual length, with the station open."""
    start = next_slot(moment) + TIME_TO_GET_THERE
    length = USUAL_LENGTH.get(VehicleKind(kind), SHORT_TRIP) if kind else SHORT_TRIP
    if opening is None:
        return _within_the_day(start, length)
    start = opening.nearest_open(start, not_before=start) or start
    end = opening.nearest_open(start + length, not_before=start + length) or start + length
    return Period(start, end)


def _within_the_day(start: datetime, length: timedelta) -> Period:
    """Move a pickup at night to the next morning; let a return at night be one of the evening or the morning."""
    here = clock.local(start)
    if not DAY_BEGINS <= here.time() <= LAST_PICKUP:
        day = here.date() + timedelta(days=here.time() > LAST_PICKUP)
        here = datetime.combine(day, DAY_BEGINS, tzinfo=clock.LOCAL_ZONE)
    end = here + length
    evening = datetime.combine(here.date(), DAY_ENDS, tzinfo=clock.LOCAL_ZONE)
    if end <= evening:
        return Period(here, end)
    if here + SHORT_TRIP / 2 <= evening and length <= SHORT_TRIP:
        return Period(here, evening)
    return Period(
        here, datetime.combine(here.date() + timedelta(days=1), DAY_BEGINS, tzinfo=clock.LOCAL_ZONE)
    )
