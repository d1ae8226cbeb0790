import random
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from rentals.bookings.selectors.availability import (
    SEARCHES,
    FreeModel,
    Place,
    claim_values,
    place_values,
    stations_in_reach,
)
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.enums import AllocationState
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import with_turnaround
from tests.factories.rentals import a_period
from tests.factories.stations import (
    make_allocation,
    make_car_model,
    make_city,
    make_scooter_model,
    make_station,
    make_vehicle,
)
from voltgo.core import clock
from voltgo.core.clock import Period

pytestmark = pytest.mark.usefixtures("morning")


def tomorrow(*, hours: int = 4, at: int = 0) -> Period:
    """From nine tomorrow, shifted by `at` hours."""
    return a_period(starts_at=clock.now() + timedelta(days=1, hours=at), hours=hours)


def in_half_an_hour() -> Period:
    return a_period(starts_at=clock.now() + timedelta(minutes=30), hours=4)


def free_at(station: Station, period: Period) -> dict[int, int]:
    """Return {model id: free vehicles} of one station."""
    found = {near.station.pk: near for near in stations_in_reach(Place.around(station), period)}
    return {free.model_id: free.count for free in found[station.pk].free}


class TestWhatIsFree:
    def test_vehicles_are_counted_by_model_with_the_best_charge(
        self, ben_thanh: Station, car: VehicleModel
    ) -> None:
        make_vehicle(station=ben_thanh, model=car, battery_percent=60)
        make_vehicle(station=ben_thanh, model=car, battery_percent=95)

        (near,) = stations_in_reach(Place.around(ben_thanh), tomorrow())

        assert near.free == [FreeModel(car.pk, count=2, battery_percent=95)]

    def test_a_vehicle_that_is_booked_then_is_not_free(self, ben_thanh: Station, free_car: Vehicle) -> None:
        make_allocation(vehicle=free_car, period=tomorrow(at=2))

        assert free_at(ben_thanh, tomorrow()) == {}

    def test_a_booking_that_ends_as_ours_begins_leaves_it_free(
        self, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        # What is on the timeline includes its turnaround already.
        make_allocation(vehicle=free_car, period=tomorrow(at=-4))

        assert free_at(ben_thanh, tomorrow()) == {free_car.model_id: 1}

    def test_our_own_turnaround_must_fit_before_the_next_booking(
        self, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        next_one = tomorrow(at=4)
        make_allocation(vehicle=free_car, period=next_one)

        assert free_at(ben_thanh, tomorrow(hours=4)) == {}
        earlier = Period(tomorrow().starts_at, next_one.starts_at - timedelta(minutes=30))
        assert free_at(ben_thanh, earlier) == {free_car.model_id: 1}

    def test_a_hold_blocks_until_the_moment_it_runs_out(self, ben_thanh: Station, free_car: Vehicle) -> None:
        hold = make_allocation(
            vehicle=free_car,
            period=tomorrow(),
            state=AllocationState.HELD,
            hold_expires_at=clock.now() + timedelta(seconds=1),
        )

        assert free_at(ben_thanh, tomorrow()) == {}
        # Nobody has swept it: the time alone decides.
        VehicleAllocation.objects.filter(pk=hold.pk).update(hold_expires_at=clock.now())
        assert free_at(ben_thanh, tomorrow()) == {free_car.model_id: 1}

    @pytest.mark.parametrize("state", [AllocationState.RELEASED, AllocationState.EXPIRED])
    def test_the_past_of_a_vehicle_blocks_nothing(
        self, ben_thanh: Station, free_car: Vehicle, state: AllocationState
    ) -> None:
        make_allocation(vehicle=free_car, period=tomorrow(), state=state)

        assert free_at(ben_thanh, tomorrow()) == {free_car.model_id: 1}

    @pytest.mark.parametrize("paper", ["registration", "insurance", "inspection"])
    def test_papers_must_be_valid_to_the_day_of_the_return(
        self, ben_thanh: Station, free_car: Vehicle, paper: str
    ) -> None:
        period = tomorrow(hours=48)
        last_day = clock.local(period.ends_at).date()
        Vehicle.objects.filter(pk=free_car.pk).update(**{f"{paper}_expires_on": last_day - timedelta(days=1)})

        assert free_at(ben_thanh, period) == {}
        Vehicle.objects.filter(pk=free_car.pk).update(**{f"{paper}_expires_on": last_day})
        assert free_at(ben_thanh, period) == {free_car.model_id: 1}

    @pytest.mark.parametrize("condition", [Condition.MAINTENANCE, Condition.IN_TRANSFER, Condition.MISSING])
    def test_a_vehicle_out_of_reach_is_not_offered_at_all(
        self, ben_thanh: Station, free_car: Vehicle, condition: Condition
    ) -> None:
        Vehicle.objects.filter(pk=free_car.pk).update(condition=condition)

        assert free_at(ben_thanh, tomorrow()) == {}

    @pytest.mark.parametrize("condition", [Condition.ON_RENTAL, Condition.PREPARATION])
    def test_a_vehicle_that_will_be_ready_is_offered_for_later_only(
        self, ben_thanh: Station, free_car: Vehicle, condition: Condition
    ) -> None:
        Vehicle.objects.filter(pk=free_car.pk).update(condition=condition)

        assert free_at(ben_thanh, tomorrow()) == {free_car.model_id: 1}
        assert free_at(ben_thanh, in_half_an_hour()) == {}

    def test_a_pickup_soon_needs_enough_charge_now(self, ben_thanh: Station, free_car: Vehicle) -> None:
        minimum = free_car.model.minimum_battery_percent
        Vehicle.objects.filter(pk=free_car.pk).update(battery_percent=minimum - 1)

        assert free_at(ben_thanh, in_half_an_hour()) == {}
        assert free_at(ben_thanh, tomorrow()) == {free_car.model_id: 1}
        Vehicle.objects.filter(pk=free_car.pk).update(battery_percent=minimum)
        assert free_at(ben_thanh, in_half_an_hour()) == {free_car.model_id: 1}

    def test_a_vehicle_out_of_service_is_not_offered(self, ben_thanh: Station, free_car: Vehicle) -> None:
        Vehicle.objects.filter(pk=free_car.pk).update(lifecycle=Lifecycle.SUSPENDED)

        assert free_at(ben_thanh, tomorrow()) == {}


class TestWhere:
    def test_stations_come_nearest_first_with_their_distance(self, ben_thanh: Station) -> None:
        airport = make_station(name="Tân Sơn Nhất", latitude=10.8134, longitude=106.6646)

        found = stations_in_reach(Place(10.7719, 106.6983), tomorrow())

        assert [near.station.pk for near in found] == [ben_thanh.pk, airport.pk]
        assert found[0].distance_km == pytest.approx(0, abs=0.001)
        # Checked with another program: 5.9 km as the crow flies.
        assert found[1].distance_km == pytest.approx(5.9, abs=0.05)

    def test_the_corners_of_the_box_are_not_in_the_circle(self, ben_thanh: Station) -> None:
        make_station(latitude=ben_thanh.latitude + 0.04, longitude=ben_thanh.longitude + 0.04)

        found = stations_in_reach(Place(ben_thanh.latitude, ben_thanh.longitude, radius_km=5), tomorrow())

        assert [near.station.pk for near in found] == [ben_thanh.pk]

    def test_a_city_has_all_its_stations_whatever_the_distance(self, ben_thanh: Station) -> None:
        far_out = make_station(latitude=11.5, longitude=106.6)
        make_station(
            city=make_city(slug="ha-noi", latitude=21.0, longitude=105.8), latitude=21.0, longitude=105.8
        )

        found = stations_in_reach(Place.in_city(ben_thanh.city), tomorrow())

        assert [near.station.pk for near in found] == [ben_thanh.pk, far_out.pk]

    def test_a_closed_down_station_is_not_found(self, ben_thanh: Station) -> None:
        Station.objects.update(is_active=False)

        assert stations_in_reach(Place.around(ben_thanh), tomorrow()) == []

    def test_a_station_without_vehicles_is_found_empty(self, ben_thanh: Station) -> None:
        (near,) = stations_in_reach(Place.around(ben_thanh), tomorrow())

        assert near.free == []

    def test_one_query_finds_everything(
        self, ben_thanh: Station, free_car: Vehicle, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(1):
            (near,) = stations_in_reach(Place.around(ben_thanh), tomorrow())
            assert (near.station.slug, near.station.name) == ("ben-thanh", "Bến Thành")


class TestSearchAndHoldAgree:
    """The search's SQL and the rows that a hold would try are two forms of one rule."""

    @pytest.mark.parametrize("seed", range(8))
    def test_the_search_counts_exactly_what_could_be_held(self, ben_thanh: Station, seed: int) -> None:
        rng = random.Random(seed)
        models = [make_car_model(), make_scooter_model()]
        vehicles = [self._some_vehicle(rng, ben_thanh, rng.choice(models)) for _number in range(40)]
        self._fill_timeline(rng, vehicles)

        for start_in_hours in (0, 1, 2, 3, 24, 30, 60):
            period = a_period(
                starts_at=clock.now() + timedelta(hours=start_in_hours), hours=rng.choice([1, 4, 20, 50])
            )
            assert free_at(ben_thanh, period) == self._could_be_held(ben_thanh, period)

    def _some_vehicle(self, rng: random.Random, station: Station, model: VehicleModel) -> Vehicle:
        return make_vehicle(
            station=station,
            model=model,
            lifecycle=rng.choice([Lifecycle.IN_SERVICE] * 6 + [Lifecycle.SUSPENDED]),
            condition=rng.choice([Condition.READY] * 5 + [Condition.PREPARATION, Condition.MAINTENANCE]),
            battery_percent=rng.choice([20, 49, 50, 90]),
            registration_expires_on=rng.choice([None, date(2026, 11, 24), date(2099, 1, 1)]),
            insurance_expires_on=rng.choice([date(2026, 11, 23), date(2099, 1, 1), date(2099, 1, 1)]),
            inspection_expires_on=rng.choice([None, date(2026, 11, 25), date(2099, 1, 1)]),
        )

    def _fill_timeline(self, rng: random.Random, vehicles: list[Vehicle]) -> None:
        for vehicle in vehicles:
            start = clock.now() + timedelta(hours=rng.randint(-6, 30))
            for _number in range(rng.randint(0, 3)):
                period = a_period(starts_at=start, hours=rng.randint(1, 12))
                state = rng.choice([*AllocationState])
                held_until = clock.now() + timedelta(minutes=rng.choice([-5, 0, 5]))
                make_allocation(
                    vehicle=vehicle,
                    period=period,
                    state=state,
                    hold_expires_at=held_until if state == AllocationState.HELD else None,
                )
                start = period.ends_at + timedelta(hours=rng.randint(0, 20))

    def _could_be_held(self, station: Station, period: Period) -> dict[int, int]:
        claim = with_turnaround(period)
        counts: dict[int, int] = {}
        for vehicle in Vehicle.objects.at(station).rentable(claim).free(claim):
            counts[vehicle.model_id] = counts.get(vehicle.model_id, 0) + 1
        return counts


def test_the_search_reads_the_index_of_live_claims_and_never_the_history(ben_thanh: Station) -> None:
    period, moment = tomorrow(), datetime.fromisoformat("2026-11-23T02:00:00+00:00")
    place = Place.around(ben_thanh)
    values = claim_values(period, moment) | place_values(place) | {"pickup_at": period.starts_at}
    for statement in SEARCHES.values():
        with connection.cursor() as cursor:
            # A few rows are read fastest from end to end; what counts is that the index can answer at all.
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + statement, values | {"city_id": ben_thanh.city_id})
            plan = "\n".join(line for (line,) in cursor.fetchall())

        # Either index of live claims: with next to no rows the planner may take the other one.
        assert "allocation_live_" in plan
        assert "Seq Scan on stations_vehicleallocation" not in plan
