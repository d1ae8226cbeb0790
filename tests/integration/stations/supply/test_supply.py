from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from accounts.access.actors import operator_actor
from accounts.notifications.models import Delivery
from accounts.users.models import User
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.network.services import note_seen
from stations.supply.enums import SupplyLevel, SupplyReason
from stations.supply.errors import AlreadyOverridden, OverrideInThePast, OverrideOver, SupplyTooLow
from stations.supply.models import SupplyOverride, SupplyRule, SupplyStatus
from stations.supply.selectors import check_supply, levels_at, supplies_at
from stations.supply.services import end_override, override_supply, watch_supply
from stations.timeline.enums import AllocationState
from tests.factories.rentals import a_period
from tests.factories.stations import (
    make_allocation,
    make_car_model,
    make_post,
    make_scooter_model,
    make_station,
    make_vehicle,
)
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent
from voltgo.core.clock import Period

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel("2026-11-23T09:00:00+07:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def station() -> Station:
    return make_station()


@pytest.fixture
def model() -> VehicleModel:
    return make_car_model()


@pytest.fixture
def rule(station: Station) -> SupplyRule:
    """Three cars must stand ready; one is kept for whoever walks in."""
    return SupplyRule.objects.create(station=station, kind="car", safe_threshold=3, walk_in_reserve=1)


def cars(count: int, model: VehicleModel, station: Station, **fields: object) -> list[Vehicle]:
    return [make_vehicle(model=model, station=station, **fields) for _number in range(count)]


def soon(hours: int = 3) -> Period:
    return a_period(starts_at=clock.now() + timedelta(hours=1), hours=hours)


def level_of(station: Station) -> tuple[SupplyLevel, SupplyReason, int]:
    supply = levels_at(station)["car"]
    return supply.level, supply.cause, supply.ready


def check(
    station: Station, model: VehicleModel, *, period: Period | None = None, channel: str = "web"
) -> None:
    check_supply(station=station, model=model, period=period or soon(), channel=channel)


class TestWhatCounts:
    def test_vehicles_that_stand_ready_and_charged_count(self, station, model, rule) -> None:
        cars(3, model, station)
        cars(1, model, station, condition=Condition.PREPARATION)
        cars(1, model, station, battery_percent=model.minimum_battery_percent - 1)
        cars(1, model, station, lifecycle="suspended")
        make_vehicle(model=make_scooter_model(), station=station)
        make_vehicle(model=model)

        assert level_of(station) == (SupplyLevel.NORMAL, SupplyReason.ENOUGH, 3)

    def test_a_vehicle_that_is_promised_soon_does_not_count(self, station, model, rule) -> None:
        free, promised, later, stale = cars(4, model, station)
        make_allocation(vehicle=promised, period=a_period(starts_at=clock.now() + timedelta(hours=5)))
        make_allocation(vehicle=later, period=a_period(starts_at=clock.now() + timedelta(hours=7)))
        make_allocation(vehicle=stale, period=soon(), state=AllocationState.HELD, hold_expires_at=clock.now())

        assert level_of(station) == (SupplyLevel.NORMAL, SupplyReason.ENOUGH, 3)
        make_allocation(vehicle=free, period=soon())
        assert level_of(station) == (SupplyLevel.NARROW, SupplyReason.FEW_READY, 2)

    def test_it_closes_and_reopens_by_itself(self, station, model, rule) -> None:
        vehicles = cars(3, model, station)
        Vehicle.objects.update(condition=Condition.MAINTENANCE)
        assert level_of(station) == (SupplyLevel.STOPPED, SupplyReason.NONE_READY, 0)

        for ready in vehicles:
            Vehicle.objects.filter(pk=ready.pk).update(condition=Condition.READY)
        assert level_of(station) == (SupplyLevel.NORMAL, SupplyReason.ENOUGH, 3)

    def test_without_a_rule_nothing_is_guarded(self, station, model) -> None:
        assert levels_at(station) == {}
        check(station, model)

    def test_many_stations_cost_one_query(
        self, model, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        stations = [make_station() for _number in range(5)]
        for each in stations:
            SupplyRule.objects.create(station=each, kind="car", safe_threshold=2)
            cars(2, model, each)

        with django_assert_num_queries(1):
            found = supplies_at([each.pk for each in stations])

        assert [found[each.pk, "car"].ready for each in stations] == [2] * 5


class TestOffline:
    def test_a_silent_tablet_stops_an_open_station(self, station, model, rule) -> None:
        cars(5, model, station)
        Station.objects.update(last_seen_at=clock.now() - timedelta(minutes=31))

        assert level_of(station)[:2] == (SupplyLevel.STOPPED, SupplyReason.STATION_OFFLINE)
        note_seen(Station.objects.get(pk=station.pk))
        assert level_of(station)[0] == SupplyLevel.NORMAL

    def test_a_station_that_never_had_a_tablet_is_not_offline(self, station, model, rule) -> None:
        cars(5, model, station)
        assert level_of(station)[0] == SupplyLevel.NORMAL

    def test_at_night_and_just_after_opening_a_tablet_may_sleep(self, model) -> None:
        opens_at_nine = make_station(hours=(540, 1320))
        SupplyRule.objects.create(station=opens_at_nine, kind="car", safe_threshold=1)
        cars(2, model, opens_at_nine)
        Station.objects.update(last_seen_at=clock.now() - timedelta(hours=10))

        assert level_of(opens_at_nine)[0] == SupplyLevel.NORMAL

    def test_it_is_noted_at_most_once_a_minute(
        self, station, morning, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        note_seen(station)
        with django_assert_num_queries(0):
            note_seen(station)
        morning.shift(timedelta(seconds=61))
        with django_assert_num_queries(1):
            note_seen(station)
        assert Station.objects.get(pk=station.pk).last_seen_at == clock.now()


class TestCheck:
    def test_a_narrow_class_is_booked_down_to_its_reserve(self, station, model, rule) -> None:
        first, _second = cars(2, model, station)
        check(station, model)
        make_allocation(vehicle=first, period=soon())

        with pytest.raises(SupplyTooLow) as refusal:
            check(station, model)
        assert refusal.value.details["cause"] == "few_ready"

    @pytest.mark.parametrize("channel", ["web", "api", "waitlist"])
    def test_a_stopped_class_is_not_booked_for_soon(self, station, model, rule, channel) -> None:
        with pytest.raises(SupplyTooLow):
            check(station, model, channel=channel)

    def test_the_counter_gives_what_it_sees(
        self, station, model, rule, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            check(station, model, channel="counter")

    def test_a_later_pickup_is_not_the_guards_business(
        self, station, model, rule, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(0):
            check(station, model, period=a_period(starts_at=clock.now() + timedelta(hours=6)))

    def test_it_costs_one_query(
        self, station, model, rule, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        cars(4, model, station)
        with django_assert_num_queries(1):
            check(station, model)


class TestOverride:
    def override(self, station: Station, operator: User, **changes: object) -> SupplyOverride:
        values: dict[str, Any] = {
            "level": "stopped",
            "until": clock.now() + timedelta(hours=2),
            "reason": "Mất điện",
        }
        return override_supply(station=station, kind="car", by=operator_actor(operator), **values | changes)

    def test_it_holds_until_its_time_and_is_audited(self, station, model, rule, operator, morning) -> None:
        cars(5, model, station)
        self.override(station, operator)

        with pytest.raises(SupplyTooLow):
            check(station, model)
        event = AuditEvent.objects.get(action="supply.overridden")
        assert (event.subject, event.reason) == (f"station:{station.code}", "Mất điện")
        morning.shift(timedelta(hours=2))
        check(station, model)

    def test_it_can_open_what_the_rule_would_stop(self, station, model, rule, operator) -> None:
        self.override(station, operator, level="normal")
        check(station, model)

    def test_it_works_where_there_is_no_rule(self, station, model, operator) -> None:
        self.override(station, operator)
        with pytest.raises(SupplyTooLow):
            check(station, model)

    def test_it_is_ended_early(self, station, model, rule, operator) -> None:
        cars(5, model, station)
        override = self.override(station, operator)
        end_override(override=override, reason="Có điện lại", by=operator_actor(operator))

        check(station, model)
        assert AuditEvent.objects.filter(action="supply.override_ended", reason="Có điện lại").count() == 1
        with pytest.raises(OverrideOver):
            end_override(override=override, reason="Lần nữa", by=operator_actor(operator))

    def test_two_at_a_time_are_refused_and_one_that_ran_out_makes_room(
        self, station, rule, operator, morning
    ) -> None:
        self.override(station, operator)
        with pytest.raises(AlreadyOverridden):
            self.override(station, operator, level="normal")
        assert SupplyOverride.objects.get().level == "stopped"

        morning.shift(timedelta(hours=3))
        self.override(station, operator, level="normal")
        assert SupplyOverride.objects.filter(ended_at=None).count() == 1

    def test_an_end_in_the_past_is_refused(self, station, rule, operator) -> None:
        with pytest.raises(OverrideInThePast):
            self.override(station, operator, until=clock.now())
        assert not SupplyOverride.objects.exists()


class TestWatch:
    def test_staff_hear_of_a_change_once(
        self, station, model, rule, attendant, other_attendant, morning
    ) -> None:
        make_post(user=attendant, station=station)
        make_post(user=other_attendant, station=make_station())
        vehicles = cars(3, model, station)
        assert watch_supply() == 0
        assert SupplyStatus.objects.get().level == SupplyLevel.NORMAL

        morning.shift(timedelta(minutes=20))
        Vehicle.objects.filter(pk=vehicles[0].pk).update(condition=Condition.MAINTENANCE)
        assert (watch_supply(), watch_supply()) == (1, 0)

        status = SupplyStatus.objects.get()
        assert (status.level, status.cause, status.ready_count) == ("narrow", "few_ready", 2)
        (told,) = Delivery.objects.filter(kind="supply_changed")
        assert told.recipient == attendant
        assert station.name in told.subject + told.body

    def test_a_class_that_is_not_guarded_any_more_is_forgotten(self, station, rule) -> None:
        watch_supply()
        rule.delete()
        watch_supply()
        assert not SupplyStatus.objects.exists()
