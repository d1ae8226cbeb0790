import random
from datetime import timedelta

import pytest

from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.timeline import services as timeline
from stations.timeline.candidates import candidates
from stations.timeline.enums import AllocationState
from tests.factories.rentals import a_period
from tests.factories.stations import make_allocation, make_car_model, make_station, make_vehicle
from voltgo.core import clock


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def model():
    return make_car_model()


def start():
    return clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


def hours(first, last):
    return a_period(starts_at=start() + timedelta(hours=first), hours=last - first)


def occupied(station, model, *spans):
    car = make_vehicle(station=station, model=model)
    for span in spans:
        make_allocation(vehicle=car, period=hours(*span))
    return car


def test_the_vehicle_whose_time_is_cut_up_least_comes_first(station, model):
    idle = occupied(station, model)
    after = occupied(station, model, (0, 10))
    between = occupied(station, model, (0, 9), (21, 30))
    fitting = occupied(station, model, (0, 10), (20, 30))
    occupied(station, model, (0, 11))

    found = candidates(station, model, hours(10, 20), tightest_first=True)

    assert found == [fitting.pk, between.pk, after.pk, idle.pk]


def test_a_hold_takes_the_tightest_gap(station, model):
    occupied(station, model)
    fitting = occupied(station, model, (0, 10), (20, 30))

    claim = timeline.hold_any(
        station=station, model=model, period=hours(10, 20), claimant="booking:VG-1", hold_expires_at=None
    )

    assert claim.vehicle == fitting


def test_idle_vehicles_are_taken_in_no_fixed_order(station, model):
    cars = {make_vehicle(station=station, model=model).pk for _ in range(6)}

    found = [candidates(station, model, hours(10, 20), tightest_first=True) for _ in range(30)]

    assert {frozenset(order) for order in found} == {frozenset(cars)}
    assert len({tuple(order) for order in found}) > 1


@pytest.mark.parametrize("seed", range(6))
def test_candidates_are_the_vehicles_that_are_rentable_and_free(station, model, seed):
    rng = random.Random(seed)
    now = clock.now()
    for _ in range(10):
        car = make_vehicle(
            station=rng.choice([station, station, make_station()]),
            model=rng.choice([model, model, make_car_model()]),
            lifecycle=rng.choice([Lifecycle.IN_SERVICE, Lifecycle.IN_SERVICE, Lifecycle.SUSPENDED]),
            condition=rng.choice(list(Condition)),
            battery_percent=rng.choice([49, 50, 90]),
            insurance_expires_on=clock.today() + timedelta(days=rng.choice([1, 2, 9])),
            registration_expires_on=rng.choice([None, clock.today() + timedelta(days=rng.choice([1, 9]))]),
            inspection_expires_on=rng.choice([None, clock.today() + timedelta(days=rng.choice([1, 9]))]),
        )
        first = rng.randrange(12)
        make_allocation(
            vehicle=car,
            period=hours(first, first + 6),
            state=rng.choice([AllocationState.HELD, AllocationState.CONFIRMED, AllocationState.RELEASED]),
            hold_expires_at=now + timedelta(minutes=rng.choice([-1, 5])),
        )
    soon = a_period(starts_at=now.replace(microsecond=0) + timedelta(hours=1), hours=30)

    for period in (hours(4, 8), hours(10, 40), soon):
        same = Vehicle.objects.at(station).filter(model=model).rentable(period).free(period)
        found = candidates(station, model, period, tightest_first=True)
        assert sorted(found) == sorted(same.values_list("pk", flat=True))
