from datetime import timedelta

import pytest

from accounts.access.actors import operator_actor, staff_actor
from stations.checklists import first
from stations.fleet import services
from stations.fleet.enums import CONDITION, Condition, Lifecycle
from stations.fleet.errors import (
    BatteryOutOfRange,
    BatteryTooLow,
    ChecklistIncomplete,
    NotInService,
    OdometerWentBack,
    PapersExpired,
    ReasonMissing,
    VehicleIsPromised,
    VehicleWithRenter,
)
from stations.fleet.models import PreparationRecord
from tests.factories.rentals import a_period
from tests.factories.stations import make_allocation, make_scooter_model, make_vehicle
from voltgo.core import clock, states
from voltgo.core.errors import IllegalTransition, NotAllowed

CAR_CODES = ["cleaned", "tyres", "lights", "brakes", "warnings", "cable", "papers"]


@pytest.fixture
def by(attendant):
    return staff_actor(attendant)


@pytest.fixture
def dirty():
    return make_vehicle(condition=Condition.PREPARATION, battery_percent=30)


def mark_ready(vehicle, attendant, **fields):
    values = {"checked": CAR_CODES, "battery_percent": 80, "user": attendant, "by": staff_actor(attendant)}
    return services.mark_ready(vehicle=vehicle, **values | fields)


def still_in_preparation(vehicle):
    vehicle.refresh_from_db()
    return vehicle.condition == Condition.PREPARATION and not PreparationRecord.objects.exists()


def test_a_checked_and_charged_vehicle_is_ready(dirty, attendant):
    record = mark_ready(dirty, attendant, note=" Thay gạt mưa ")

    dirty.refresh_from_db()
    assert (dirty.condition, dirty.battery_percent) == (Condition.READY, 80)
    assert (record.checked, record.battery_percent, record.by) == (CAR_CODES, 80, attendant)
    assert (record.station, record.note) == (dirty.station, "Thay gạt mưa")
    assert [event.target for event in states.events_of(CONDITION, dirty)] == ["ready"]


def test_one_point_missing_keeps_the_gate_shut(dirty, attendant):
    with pytest.raises(ChecklistIncomplete) as refusal:
        mark_ready(dirty, attendant, checked=CAR_CODES[:-1])
    assert refusal.value.details == {"missing": ["papers"]}
    assert still_in_preparation(dirty)


def test_a_scooter_has_its_own_points(attendant):
    scooter = make_vehicle(model=make_scooter_model(), condition=Condition.PREPARATION)
    with pytest.raises(ChecklistIncomplete) as refusal:
        mark_ready(scooter, attendant)
    assert refusal.value.details == {"missing": ["mirrors", "helmets"]}
    mark_ready(
        scooter, attendant, checked=[item.code for item in first.checklist("preparation", "scooter").items]
    )


@pytest.mark.parametrize(("percent", "error"), [(49, BatteryTooLow), (101, BatteryOutOfRange)])
def test_the_battery_must_be_charged(dirty, attendant, percent, error):
    with pytest.raises(error):
        mark_ready(dirty, attendant, battery_percent=percent)
    assert still_in_preparation(dirty)


def test_expired_papers_keep_the_gate_shut(dirty, attendant):
    dirty.insurance_expires_on = clock.today() - timedelta(days=1)
    dirty.save()
    with pytest.raises(PapersExpired):
        mark_ready(dirty, attendant)
    assert still_in_preparation(dirty)


def test_a_suspended_vehicle_is_not_made_ready(dirty, attendant):
    dirty.lifecycle = Lifecycle.SUSPENDED
    dirty.save()
    with pytest.raises(NotInService):
        mark_ready(dirty, attendant)
    assert still_in_preparation(dirty)


@pytest.mark.parametrize("condition", ["ready", "on_rental", "maintenance", "in_transfer", "missing"])
def test_the_gate_is_passed_from_preparation_only(attendant, condition):
    vehicle = make_vehicle(condition=condition)
    with pytest.raises(IllegalTransition):
        mark_ready(vehicle, attendant)
    assert not PreparationRecord.objects.exists()


def test_readings_move_forward(dirty, by):
    services.record_readings(vehicle=dirty, odometer_km=12_100, battery_percent=44, by=by)
    dirty.refresh_from_db()
    assert (dirty.odometer_km, dirty.battery_percent) == (12_100, 44)
    with pytest.raises(OdometerWentBack) as refusal:
        services.record_readings(vehicle=dirty, odometer_km=12_099, battery_percent=10, by=by)
    dirty.refresh_from_db()
    assert refusal.value.details == {"last_km": 12_100}
    assert dirty.battery_percent == 44


def test_a_broken_vehicle_goes_to_maintenance_and_comes_back_to_preparation(dirty, by):
    services.send_to_maintenance(vehicle=dirty, reason="Kính nứt", by=by)
    services.back_from_maintenance(vehicle=dirty, reason="Đã thay kính", by=by)
    dirty.refresh_from_db()
    assert dirty.condition == Condition.PREPARATION
    events = [(event.target, event.reason) for event in states.events_of(CONDITION, dirty)]
    assert events == [("maintenance", "Kính nứt"), ("preparation", "Đã thay kính")]


def test_maintenance_needs_a_word(dirty, by):
    with pytest.raises(ReasonMissing):
        services.send_to_maintenance(vehicle=dirty, reason=" ", by=by)
    assert still_in_preparation(dirty)


def test_a_vehicle_with_a_renter_is_not_sent_away(by):
    vehicle = make_vehicle(condition=Condition.ON_RENTAL)
    with pytest.raises(VehicleWithRenter):
        services.send_to_maintenance(vehicle=vehicle, reason="Kính nứt", by=by)


def test_a_return_is_no_way_back_from_maintenance(by):
    vehicle = make_vehicle(condition=Condition.ON_RENTAL)
    with pytest.raises(IllegalTransition):
        services.back_from_maintenance(vehicle=vehicle, reason="Xong", by=by)
    with pytest.raises(IllegalTransition):
        services.back_to_preparation(vehicle=vehicle, reason="Bẩn", by=by)


def test_lifecycle_is_the_operators_matter(by, operator):
    vehicle = make_vehicle()
    with pytest.raises(NotAllowed):
        services.suspend_vehicle(vehicle=vehicle, reason="Kiểm định", by=by)
    services.suspend_vehicle(vehicle=vehicle, reason="Kiểm định", by=operator_actor(operator))
    services.put_into_service(vehicle=vehicle, by=operator_actor(operator))
    vehicle.refresh_from_db()
    assert vehicle.lifecycle == Lifecycle.IN_SERVICE


def test_a_vehicle_with_a_future_booking_is_not_retired(operator):
    vehicle = make_vehicle()
    make_allocation(vehicle=vehicle, period=a_period())
    with pytest.raises(VehicleIsPromised):
        services.retire_vehicle(vehicle=vehicle, reason="Bán", by=operator_actor(operator))
    vehicle.refresh_from_db()
    assert vehicle.lifecycle == Lifecycle.IN_SERVICE


def test_a_vehicle_without_a_future_is_retired(operator):
    vehicle = make_vehicle()
    services.retire_vehicle(vehicle=vehicle, reason="Bán", by=operator_actor(operator))
    vehicle.refresh_from_db()
    assert vehicle.lifecycle == Lifecycle.RETIRED
