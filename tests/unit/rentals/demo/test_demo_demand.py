"""The generated past has no overlaps, keeps to opening hours, and shows the shape of a working fleet."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest

from rentals.demo.demand import LOCAL, TURNAROUND, Kind, PastRental, past_rentals
from rentals.demo.places import STATIONS

UNTIL = datetime(2026, 6, 15, 9, 30, tzinfo=LOCAL)
KINDS: list[Kind] = ["car" if index % 8 >= 5 else "scooter" for index in range(400)]


@pytest.fixture(scope="module")
def rentals() -> list[PastRental]:
    return past_rentals(KINDS, UNTIL)


def test_volume_and_speed() -> None:
    began = time.perf_counter()
    found = past_rentals(KINDS, UNTIL)
    # Takes about 0.15 s; the margin is for a busy machine.
    assert time.perf_counter() - began < 1
    assert 10_000 <= len(found) <= 12_000


def test_reproducible(rentals: list[PastRental]) -> None:
    assert past_rentals(KINDS, UNTIL) == rentals
    assert past_rentals(KINDS, UNTIL, seed=1) != rentals


def test_more_vehicles_leave_the_first_ones_alone(rentals: list[PastRental]) -> None:
    fewer = past_rentals(KINDS[:100], UNTIL)
    assert fewer == [rental for rental in rentals if rental.vehicle_index < 100]


def test_order_and_window(rentals: list[PastRental]) -> None:
    assert rentals == sorted(rentals, key=lambda rental: (rental.starts_at, rental.vehicle_index))
    assert all(rental.starts_at >= UNTIL - timedelta(days=91) for rental in rentals)
    assert all(rental.ends_at <= UNTIL for rental in rentals)


def test_running_rentals_only_when_asked(rentals: list[PastRental]) -> None:
    both = past_rentals(KINDS, UNTIL, include_running=True)
    running = [rental for rental in both if rental.ends_at > UNTIL]
    assert [rental for rental in both if rental.ends_at <= UNTIL] == rentals
    assert len(running) > 40
    assert all(rental.starts_at < UNTIL for rental in running)
    assert len({rental.vehicle_index for rental in running}) == len(running)


def test_no_overlap(rentals: list[PastRental]) -> None:
    free_from: dict[int, datetime] = {}
    for rental in past_rentals(KINDS, UNTIL, include_running=True):
        assert rental.duration >= timedelta(hours=1)
        if rental.vehicle_index in free_from:
            assert rental.starts_at >= free_from[rental.vehicle_index]
        free_from[rental.vehicle_index] = rental.ends_at + TURNAROUND


def test_stations_are_open(rentals: list[PastRental]) -> None:
    latest_opening = [max(s.opening_hours[day][0] for s in STATIONS) for day in range(7)]
    earliest_closing = [min(s.opening_hours[day][1] for s in STATIONS) for day in range(7)]
    for rental in rentals:
        for moment in (rental.starts_at, rental.ends_at):
            clock, day = moment.strftime("%H:%M"), moment.weekday()
            assert latest_opening[day] <= clock <= earliest_closing[day]


def test_share_of_fleet_in_use(rentals: list[PastRental]) -> None:
    used: dict[str, set[int]] = defaultdict(set)
    for rental in rentals:
        day = rental.starts_at.date()
        while day <= rental.ends_at.date():
            used[day.isoformat()].add(rental.vehicle_index)
            day += timedelta(days=1)
    # The window's edges are left out: nothing is carried in, and rentals still out are not counted.
    shares = [len(used[day]) / len(KINDS) for day in sorted(used)][10:-10]
    assert 0.5 <= sum(shares) / len(shares) <= 0.7
    assert min(shares) > 0.4
    assert max(shares) < 0.8


def _starts(rentals: list[PastRental], kind: Kind, weekend: bool) -> Counter[int]:
    return Counter(
        rental.starts_at.hour
        for rental in rentals
        if KINDS[rental.vehicle_index] == kind and (rental.starts_at.weekday() >= 5) == weekend
    )


def test_scooters_show_the_commute_on_weekdays(rentals: list[PastRental]) -> None:
    weekday, weekend = _starts(rentals, "scooter", False), _starts(rentals, "scooter", True)
    assert weekday[7] > 2 * weekday[10]
    assert weekday[17] > 2 * weekday[14]
    assert weekday[7] / weekday.total() > 1.5 * weekend[7] / weekend.total()


def test_cars_are_for_the_weekend(rentals: list[PastRental]) -> None:
    by_day = Counter(r.starts_at.weekday() for r in rentals if KINDS[r.vehicle_index] == "car")
    assert by_day[5] > 1.8 * by_day[2]
    weekend = _starts(rentals, "car", True)
    assert (weekend[7] + weekend[8] + weekend[9]) / weekend.total() > 0.45


def test_vehicles_come_back_in_the_evening(rentals: list[PastRental]) -> None:
    ends = Counter(rental.ends_at.hour for rental in rentals)
    evening = sum(ends[hour] for hour in (17, 18, 19, 20))
    assert evening / len(rentals) > 0.4


def test_durations_are_mixed(rentals: list[PastRental]) -> None:
    hours = [rental.duration.total_seconds() / 3600 for rental in rentals]
    assert sum(length <= 6 for length in hours) / len(hours) > 0.25
    assert sum(length > 24 for length in hours) / len(hours) > 0.15
    assert max(hours) > 24 * 10
