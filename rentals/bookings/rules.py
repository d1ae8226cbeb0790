"""When a period may be booked at all. Pure checks; the numbers are the market's defaults of domain.md."""

from datetime import timedelta

from rentals.bookings.errors import PeriodNotOffered, StationClosed
from stations.network.hours import is_open_at, week_of
from stations.network.models import Station, StationClosure
from voltgo.core import clock
from voltgo.core.clock import Period

SHORTEST = timedelta(hours=1)
LONGEST = timedelta(days=60)
FURTHEST_AHEAD = timedelta(days=180)
# A person at the counter books "from now": the click comes a little after the chosen minute.
LATEST_START = timedelta(minutes=10)


def check_period(period: Period) -> None:
    """Refuse a period that is too short, too long, past or too far ahead.

    Raises:
        PeriodNotOffered: one of these is the case.
    """
    now = clock.now()
    in_range = SHORTEST <= period.duration <= LONGEST
    in_time = now - LATEST_START <= period.starts_at <= now + FURTHEST_AHEAD
    if not (in_range and in_time):
        raise PeriodNotOffered


def check_open(station: Station, period: Period) -> None:
    """Refuse a pickup or return outside of the station's opening hours.

    Raises:
        StationClosed: the station is closed at one of the ends; `details` says at which.
    """
    closures = list(
        StationClosure.objects.filter(
            station=station, starts_at__lte=period.ends_at, ends_at__gt=period.starts_at
        )
    )
    week = week_of(station)
    if not station.is_active or not is_open_at(week, period.starts_at, closures):
        raise StationClosed(end="pickup")
    if not is_open_at(week, period.ends_at, closures):
        raise StationClosed(end="return")
