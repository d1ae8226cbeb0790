"""Opening hours as pure functions: is the station open at this moment, what half hours can be chosen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from stations.network.models import Station, StationClosure, clock_face
from voltgo.core import clock
from voltgo.core.clock import Period

Week = Mapping[int, tuple[int, int]]

DAY_MINUTES = 1440
# Pickups and returns are offered on the half hour.
SLOT_MINUTES = 30


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


def nearest_open(
    week: Week, moment: datetime, closures: Iterable[StationClosure] = (), *, not_before: datetime
) -> datetime | None:
    """Return the open moment that is nearest to one that is wanted, or None if there is none within a week.

    Looks at the wanted time of day, drawn into the hours of each day around it, and past closures.
    """
    closed = list(closures)
    candidates = [
        candidate
        for offset in range(-1, 8)
        for candidate in _drawn_into_hours(week, moment, offset)
        if candidate >= not_before and is_open_at(week, candidate, closed)
    ]
    candidates += [
        closure.ends_at
        for closure in closed
        if closure.ends_at >= not_before and is_open_at(week, closure.ends_at, closed)
    ]
    return min(candidates, key=lambda candidate: abs(candidate - moment), default=None)


def _drawn_into_hours(week: Week, moment: datetime, offset: int) -> Iterable[datetime]:
    """Yield the opening, the closing and the wanted time of a day that is `offset` days away."""
    here = clock.local(moment)
    day = here.date() + timedelta(days=offset)
    hours = week.get(day.weekday())
    if hours is None:
        return
    midnight = clock.day_bounds(day)[0]
    wanted = min(max(here.hour * 60 + here.minute, hours[0]), hours[1])
    for minute in {hours[0], wanted, hours[1]}:
        yield midnight + timedelta(minutes=minute)


def half_hours(hours: tuple[int, int] | None = None) -> list[str]:
    """Return the half hours of a day, or those within opening hours, as `06:30`; 24:00 is left to the next day."""
    opens, closes = hours or (0, DAY_MINUTES)
    first = -(-opens // SLOT_MINUTES) * SLOT_MINUTES
    return [clock_face(minute) for minute in range(first, min(closes, DAY_MINUTES - 1) + 1, SLOT_MINUTES)]


@dataclass(frozen=True, slots=True)
class Opening:
    """The hours and the closures of one station, to ask again and again without a query."""

    week: Week
    closures: list[StationClosure] = field(default_factory=list)

    def is_open_at(self, moment: datetime) -> bool:
        return is_open_at(self.week, moment, self.closures)

    def is_open_for(self, period: Period) -> bool:
        """Say whether somebody is there at both ends; in between the vehicle is with the renter."""
        return self.is_open_at(period.starts_at) and self.is_open_at(period.ends_at)

    def nearest_open(self, moment: datetime, *, not_before: datetime) -> datetime | None:
        return nearest_open(self.week, moment, self.closures, not_before=not_before)

    def closes_at(self, moment: datetime) -> datetime | None:
        """Return when a station that is open at a moment closes next; None if it never does that day."""
        hours = self.week.get(clock.local(moment).weekday())
        if hours is None or hours == (0, DAY_MINUTES):
            return None
        return clock.day_bounds(clock.local(moment).date())[0] + timedelta(minutes=hours[1])
