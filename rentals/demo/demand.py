"""Past rentals shaped like a real fleet's: commutes and errands by scooter, weekend trips by car."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
TURNAROUND = timedelta(minutes=30)

# The hours during which every station of places.py is open.
FIRST_MINUTE_WEEKDAY = 6 * 60 + 30
FIRST_MINUTE_WEEKEND = 7 * 60
LAST_MINUTE = 21 * 60 + 30

Kind = Literal["scooter", "car"]


class PastRental(NamedTuple):
    """One finished rental of the vehicle at `vehicle_index` in the list that was asked about."""

    vehicle_index: int
    starts_at: datetime
    duration: timedelta

    @property
    def ends_at(self) -> datetime:
        """When the vehicle came back."""
        return self.starts_at + self.duration


# Chance that an idle, averagely popular vehicle is taken on a day, Monday first.
_TAKEN: dict[Kind, tuple[float, ...]] = {
    "scooter": (0.42, 0.40, 0.40, 0.42, 0.46, 0.50, 0.45),
    "car": (0.25, 0.22, 0.23, 0.27, 0.39, 0.62, 0.46),
}

# Chance that a vehicle back before the afternoon is offered to the same day's demand again.
_SECOND_HIRER: dict[Kind, float] = {"scooter": 0.8, "car": 0.5}

# Relative weight of each starting hour, 6 to 20. Scooters on weekdays leave with the commute at
# 7-8 and 17; cars leave early for the countryside at weekends and after work on weekdays.
_START_HOURS = range(6, 21)
_STARTS: dict[tuple[Kind, bool], tuple[int, ...]] = {
    ("scooter", False): (7, 19, 16, 8, 5, 5, 5, 5, 4, 5, 8, 13, 9, 5, 2),
    ("scooter", True): (0, 6, 10, 12, 10, 7, 5, 5, 6, 8, 9, 8, 7, 5, 2),
    ("car", False): (5, 11, 12, 8, 5, 4, 4, 5, 4, 5, 7, 11, 9, 4, 1),
    ("car", True): (0, 24, 22, 12, 7, 4, 3, 4, 4, 4, 4, 4, 3, 2, 1),
}

# How long: a few hours, back the same evening, or that many nights.
_SPANS: tuple[int, ...] = (-1, 0, 1, 2, 3, 5, 7, 14)  # -1 stands for hours, the rest for nights
_LENGTHS: dict[tuple[Kind, bool], tuple[int, ...]] = {
    ("scooter", False): (49, 18, 17, 7, 4, 2, 2, 1),
    ("scooter", True): (42, 27, 18, 7, 3, 2, 1, 0),
    ("car", False): (21, 22, 26, 13, 8, 5, 4, 1),
    ("car", True): (14, 40, 28, 10, 4, 2, 2, 0),
}
_HOURS: dict[Kind, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "scooter": ((60, 90, 120, 180, 240, 300, 360), (10, 14, 24, 22, 16, 9, 5)),
    "car": ((120, 180, 240, 300, 360, 480), (10, 20, 28, 20, 14, 8)),
}

# Coming back the same day is an evening matter; after nights away some return in the morning.
_RETURN_HOURS = range(7, 22)
_RETURN_SAME_DAY = (0, 0, 0, 0, 1, 1, 1, 2, 3, 6, 12, 20, 22, 16, 5)
_RETURN_LATER = (6, 9, 8, 7, 6, 4, 3, 4, 5, 7, 11, 15, 14, 8, 2)


def past_rentals(
    kinds: Sequence[Kind],
    until: datetime,
    days: int = 90,
    seed: int = 90,
    *,
    include_running: bool = False,
) -> list[PastRental]:
    """Rentals over by `until` that began in the `days` before it, in starting order.

    `kinds[i]` is what vehicle i is; `until` is aware. A vehicle's rentals never overlap and leave
    half an hour between them. The same arguments give the same rentals. With `include_running`,
    also those that began before `until` and are still out; there is at most one per vehicle.
    """
    rng = random.Random(seed)
    until = until.astimezone(LOCAL)
    first_day = until.date() - timedelta(days=days)
    found: list[PastRental] = []
    for index, kind in enumerate(kinds):
        # Each vehicle draws from its own stream, so adding vehicles leaves the others' past alone.
        history = _history(random.Random(rng.getrandbits(64)), index, kind, first_day, until)
        if history and history[-1].ends_at > until and not include_running:
            history.pop()
        found.extend(history)
    found.sort(key=lambda rental: (rental.starts_at, rental.vehicle_index))
    return found


def _history(
    rng: random.Random, index: int, kind: Kind, first_day: date, until: datetime
) -> list[PastRental]:
    """One vehicle's rentals, day by day; some vehicles are liked more than others."""
    popularity = rng.uniform(0.8, 1.25)
    rentals: list[PastRental] = []
    # A fleet that already existed starts the window partly out on the road.
    day = first_day + timedelta(days=rng.choice((0, 0, 0, 0, 0, 1, 1, 2)))
    free_from = datetime.combine(day, time(), LOCAL)
    while day <= until.date():
        weekend = day.weekday() >= 5
        if rng.random() >= _TAKEN[kind][day.weekday()] * popularity:
            day += timedelta(days=1)
            continue
        starts_at = _at(day, _start_minute(rng, kind, weekend=weekend))
        if starts_at >= free_from:
            ends_at = _end(rng, kind, starts_at, weekend=weekend)
            if starts_at >= until:
                break
            rentals.append(PastRental(index, starts_at, ends_at - starts_at))
            free_from = ends_at + TURNAROUND
            # A second hirer may still come on the day of an early return.
            day = max(day, ends_at.date())
            if ends_at.hour < 16 and rng.random() < _SECOND_HIRER[kind]:
                continue
        day += timedelta(days=1)
    return rentals


def _at(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=LOCAL)


def _pick(rng: random.Random, cumulative: Sequence[int]) -> int:
    """Position drawn by cumulative weight; `random.choices` would rebuild the sums on every call."""
    return bisect(cumulative, rng.random() * cumulative[-1])


_STARTS_SUM = {key: tuple(accumulate(weights)) for key, weights in _STARTS.items()}
_LENGTHS_SUM = {key: tuple(accumulate(weights)) for key, weights in _LENGTHS.items()}
_HOURS_SUM = {kind: tuple(accumulate(weights)) for kind, (_, weights) in _HOURS.items()}
_RETURN_SAME_DAY_SUM = tuple(accumulate(_RETURN_SAME_DAY))
_RETURN_LATER_SUM = tuple(accumulate(_RETURN_LATER))


def _start_minute(rng: random.Random, kind: Kind, *, weekend: bool) -> int:
    hour = _START_HOURS[_pick(rng, _STARTS_SUM[kind, weekend])]
    minute = hour * 60 + rng.choice((0, 0, 15, 30, 30, 45))
    return max(minute, FIRST_MINUTE_WEEKEND if weekend else FIRST_MINUTE_WEEKDAY)


def _end(rng: random.Random, kind: Kind, starts_at: datetime, *, weekend: bool) -> datetime:
    """When a rental begun at `starts_at` comes back, always while stations are open."""
    nights = _SPANS[_pick(rng, _LENGTHS_SUM[kind, weekend])]
    started = starts_at.hour * 60 + starts_at.minute
    if nights < 0:
        finished = started + _HOURS[kind][0][_pick(rng, _HOURS_SUM[kind])]
        if finished <= LAST_MINUTE:
            return _at(starts_at.date(), finished)
        nights = 1  # too late to be back before closing, so kept overnight
    if nights == 0:
        if started <= 15 * 60:
            finished = _return_minute(rng, _RETURN_SAME_DAY_SUM)
            # Home with the evening, but never a token outing.
            return _at(starts_at.date(), min(max(finished, started + 150), LAST_MINUTE))
        nights = 1
    back = starts_at.date() + timedelta(days=nights)
    earliest = FIRST_MINUTE_WEEKEND if back.weekday() >= 5 else FIRST_MINUTE_WEEKDAY
    return _at(back, max(_return_minute(rng, _RETURN_LATER_SUM), earliest))


def _return_minute(rng: random.Random, cumulative: Sequence[int]) -> int:
    hour = _RETURN_HOURS[_pick(rng, cumulative)]
    return min(hour * 60 + rng.choice((0, 10, 20, 30, 40, 50)), LAST_MINUTE)
