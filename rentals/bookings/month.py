"""A month of free and busy days, pure: from opening hours and claims to what a calendar shows.

A day counts by the hours in which the station is open. A vehicle is free on it if nothing claims it then,
partly free if a shortest rental with its turnaround still fits somewhere, and busy otherwise.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import cast

from stations.network.hours import SLOT_MINUTES, Opening
from voltgo.core import clock
from voltgo.core.clock import Period

SLOT = timedelta(minutes=SLOT_MINUTES)
Gap = tuple[datetime, datetime]


class DayState(StrEnum):
    """What a day is to somebody who wants to rent."""

    FREE = "free"
    PARTLY = "partly"
    BUSY = "busy"
    CLOSED = "closed"
    PAST = "past"
    TOO_FAR = "too_far"


@dataclass(frozen=True, slots=True)
class Timeline:
    """One vehicle: until which day its papers hold, and what is claimed of it, in order."""

    papers_until: date | None
    claims: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its state, how many vehicles are free all day, and a period at which one can be had."""

    date: date
    state: DayState
    free_count: int = 0
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What the calendar is asked for: the time of day to start from, how long, and the station's needs."""

    start: datetime
    length: timedelta
    shortest: timedelta
    turnaround: timedelta
    now: datetime
    furthest: datetime


def weeks_of(month: date) -> list[list[date]]:
    """Return the days of a month as whole weeks from Monday, with the days around it."""
    return calendar.Calendar(calendar.MONDAY).monthdatescalendar(month.year, month.month)


def hours_on(day: date, opening: Opening) -> Gap | None:
    """Return from when to when a station is open on a day, cut by a closure at its ends; None if it is not."""
    hours = opening.week.get(day.weekday())
    if hours is None:
        return None
    midnight = clock.day_bounds(day)[0]
    start, end = (midnight + timedelta(minutes=minute) for minute in hours)
    for closure in sorted(opening.closures, key=lambda closure: closure.starts_at):
        if closure.starts_at <= start < closure.ends_at:
            start = closure.ends_at
        if closure.starts_at < end <= closure.ends_at:
            end = closure.starts_at
    return (start, end) if start < end else None


def gaps_of(hours: Gap, claims: Iterable[Gap]) -> list[Gap]:
    """Return the stretches of an opening day that nothing claims."""
    gaps, free_from = [], hours[0]
    for starts_at, ends_at in claims:
        if ends_at <= free_from or starts_at >= hours[1]:
            continue
        if starts_at > free_from:
            gaps.append((free_from, starts_at))
        free_from = max(free_from, ends_at)
    return [*gaps, (free_from, hours[1])] if free_from < hours[1] else gaps


def day_of(day: date, opening: Opening, vehicles: Sequence[Timeline], wish: Wish) -> Day:
    """Return what a day is for a model with these vehicles, or for one vehicle alone."""
    midnight, next_midnight = clock.day_bounds(day)
    if next_midnight <= wish.now:
        return Day(day, DayState.PAST)
    if midnight > wish.furthest:
        return Day(day, DayState.TOO_FAR)
    hours = hours_on(day, opening)
    if hours is None:
        return Day(day, DayState.CLOSED)
    begins = max(hours[0], wish.now)
    if begins + wish.shortest > hours[1]:
        return Day(day, DayState.PAST if begins > hours[0] else DayState.CLOSED)
    free_count, best = 0, None
    for vehicle in vehicles:
        if vehicle.papers_until is not None and vehicle.papers_until < day:
            continue
        gaps = gaps_of((begins, hours[1]), vehicle.claims)
        if gaps == [(begins, hours[1])]:
            free_count += 1
        best = max([best, *_offers(gaps, day, vehicle, opening, wish)], key=_worth)
    if best is None:
        return Day(day, DayState.BUSY)
    return Day(day, DayState.FREE if free_count else DayState.PARTLY, free_count, best)


def _offers(
    gaps: Sequence[Gap], day: date, vehicle: Timeline, opening: Opening, wish: Wish
) -> Iterable[Period | None]:
    """Yield a period in each gap in which a shortest rental fits: as near to the wish as it goes."""
    hours = cast("Gap", hours_on(day, opening))
    wanted = clock.day_bounds(day)[0] + _time_of_day(wish.start)
    for gap_start, gap_end in gaps:
        # The vehicle is prepared again after closing time as well, unless somebody has it by then.
        must_be_back = next((start for start, _end in vehicle.claims if start >= gap_end), None)
        latest = gap_end if must_be_back is None else min(gap_end, must_be_back - wish.turnaround)
        first = _next_slot(gap_start)
        if first + wish.shortest > latest:
            continue
        is_long = wish.length >= hours[1] - hours[0]
        fits = first + wish.length <= latest
        shown = wish.shortest if is_long else wish.length
        start = (
            max(first, min(_next_slot(wanted), _slot_before(latest - shown))) if fits or is_long else first
        )
        end = start + wish.length
        # A rental of several days goes on after closing time, as long as nobody else waits for the vehicle.
        goes_on = is_long and (must_be_back is None or end + wish.turnaround <= must_be_back)
        if goes_on:
            end = _served_by(end, start, opening)
        if end > latest and not goes_on:
            end = _slot_before(latest)
        yield Period(start, end)


def _served_by(end: datetime, start: datetime, opening: Opening) -> datetime:
    """Return the last moment up to an end at which the station takes a vehicle back."""
    for back in range((clock.local(end).date() - clock.local(start).date()).days + 1):
        hours = hours_on(clock.local(end).date() - timedelta(days=back), opening)
        if hours is not None and hours[0] <= end:
            return min(end, _slot_before(hours[1]))
    return end


def _worth(period: Period | None) -> tuple[timedelta, float]:
    """The longest is the best; of equally long ones the earliest."""
    return (period.duration, -period.starts_at.timestamp()) if period else (timedelta(0), 0.0)


def _time_of_day(moment: datetime) -> timedelta:
    here = clock.local(moment)
    return timedelta(hours=here.hour, minutes=here.minute)


def _next_slot(moment: datetime) -> datetime:
    midnight = clock.day_bounds(clock.local(moment).date())[0]
    return midnight + -((midnight - moment) // SLOT) * SLOT


def _slot_before(moment: datetime) -> datetime:
    midnight = clock.day_bounds(clock.local(moment).date())[0]
    return midnight + ((moment - midnight) // SLOT) * SLOT
