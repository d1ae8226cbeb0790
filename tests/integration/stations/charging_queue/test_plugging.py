from datetime import timedelta

import pytest

from accounts.access.actors import staff_actor
from stations.bays.models import Bay
from stations.charging_queue import services
from stations.charging_queue.errors import AlreadyPlugged, NotPlugged
from stations.charging_queue.models import ChargingStint
from stations.charging_queue.selectors import chargings_at
from stations.fleet import services as fleet
from stations.fleet.errors import BatteryOutOfRange, NotAtStation
from tests.factories.stations import make_station, make_vehicle
from tests.factories.yard import make_staff
from voltgo.core import clock


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def vehicle(station):
    return make_vehicle(
        station=station, condition="preparation", battery_percent=20, facts_at=clock.now() - timedelta(days=1)
    )


@pytest.fixture
def told(station, vehicle):
    user = make_staff(station)
    return {"vehicle": vehicle, "user": user, "by": staff_actor(user)}


def test_a_stint_keeps_where_and_when_and_how_much(vehicle, told, station):
    fleet.park_in_bay(vehicle=vehicle, bay=Bay.objects.get(station=station, number=3), by=told["by"])
    plugged = clock.now() - timedelta(hours=3)

    services.plug_in(**told, percent=18, at=plugged)
    services.unplug(**told, percent=75, at=plugged + timedelta(hours=2))

    stint = ChargingStint.objects.get()
    assert (stint.plugged_percent, stint.unplugged_percent, stint.bay.number) == (18, 75, 3)
    assert stint.unplugged_at is not None
    assert stint.unplugged_at - stint.plugged_at == timedelta(hours=2)
    assert stint.plugged_by == told["user"].full_name
    vehicle.refresh_from_db()
    assert vehicle.battery_percent == 75


def test_a_command_sent_twice_is_one_stint(told):
    first = services.plug_in(**told, percent=18, key="a")
    assert services.plug_in(**told, percent=18, key="a") == first
    ended = services.unplug(**told, percent=70, key="b")
    assert services.unplug(**told, percent=99, key="b") == ended

    assert ChargingStint.objects.get().unplugged_percent == 70


def test_what_is_plugged_in_is_not_plugged_in_again(told):
    services.plug_in(**told, percent=18)

    with pytest.raises(AlreadyPlugged):
        services.plug_in(**told, percent=18)

    assert ChargingStint.objects.count() == 1


def test_refusals_write_nothing(told, vehicle):
    with pytest.raises(NotPlugged):
        services.unplug(**told, percent=50)
    with pytest.raises(BatteryOutOfRange):
        services.plug_in(**told, percent=101)
    vehicle.condition = "on_rental"
    vehicle.save()
    with pytest.raises(NotAtStation):
        services.plug_in(**told, percent=50)

    assert ChargingStint.objects.count() == 0


def test_a_figure_that_is_older_than_the_last_reading_changes_nothing(told, vehicle):
    fleet.record_readings(vehicle=vehicle, battery_percent=60, by=told["by"])

    services.plug_in(**told, percent=18, at=clock.now() - timedelta(hours=5))

    vehicle.refresh_from_db()
    assert vehicle.battery_percent == 60


def test_a_clock_that_went_back_makes_no_stint_of_negative_length(told):
    stint = services.plug_in(**told, percent=18)

    services.unplug(**told, percent=20, at=clock.now() - timedelta(hours=1))

    stint.refresh_from_db()
    assert stint.unplugged_at == stint.plugged_at


def test_a_vehicle_that_leaves_is_plugged_in_no_longer(told, vehicle):
    services.plug_in(**told, percent=90)
    vehicle.condition = "ready"
    vehicle.save()

    fleet.change_condition(vehicle=vehicle, to="on_rental", by=told["by"])

    stint = ChargingStint.objects.get()
    assert (stint.unplugged_percent, stint.unplugged_at is not None) == (90, True)


def test_the_charge_to_expect_grows_while_it_is_plugged_in(told, station, vehicle):
    # 7.4 kW at 90 % into 37.23 kWh: 17.9 % an hour.
    services.plug_in(**told, percent=20, at=clock.now() - timedelta(hours=1))
    idle = make_vehicle(station=station, model=vehicle.model, battery_percent=20)
    now = clock.now()

    vehicle.refresh_from_db()
    plugged, unplugged = chargings_at(station, [vehicle, idle], now)

    assert (plugged.percent, unplugged.percent, plugged.wanted) == (37, 20, 50)
    assert round((plugged.enough_at - now).total_seconds() / 60) == 44
    # Thirty percent to go, and a quarter of an hour until somebody plugs it in.
    assert round((unplugged.enough_at - now).total_seconds() / 60) == 116
