from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from accounts.access.actors import operator_actor, staff_actor
from accounts.users.models import User
from stations.bays.models import Bay
from stations.charging_queue import services as charging
from stations.charging_queue.models import ChargingStint
from stations.fleet import services as fleet
from stations.fleet.models import Vehicle
from stations.maintenance.models import MaintenanceTicket
from stations.network.models import Station
from stations.timeline import services as timeline
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from stations.transfers import services as transfers
from stations.transfers.models import VehicleTransfer
from tests.concurrency.racing import race
from tests.factories.rentals import a_period
from tests.factories.stations import make_car_model, make_station, make_vehicle
from tests.factories.yard import approved, make_staff, make_transfer, report
from voltgo.core import clock

RIVALS = 8


@pytest.fixture
def station(db: None) -> Station:
    return make_station()


@pytest.fixture
def vehicle(station: Station) -> Vehicle:
    return make_vehicle(station=station)


@pytest.fixture
def attendant(station: Station) -> User:
    return make_staff(station)


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


def test_one_bay_goes_to_one_of_many_vehicles(station: Station, attendant: User) -> None:
    model = make_car_model()
    cars = [make_vehicle(station=station, model=model) for _ in range(RIVALS)]
    bay = Bay.objects.get(station=station, number=1)

    results = race(
        RIVALS, lambda number: fleet.park_in_bay(vehicle=cars[number], bay=bay, by=staff_actor(attendant))
    )

    assert kinds(results) == {"Vehicle": 1, "BayTaken": RIVALS - 1}
    assert Vehicle.objects.filter(bay=bay).count() == 1


def test_a_transfer_and_renters_after_one_vehicle_leave_one_of_the_two(
    vehicle: Vehicle, attendant: User
) -> None:
    transfer = make_transfer(vehicle, make_station(), attendant)
    period = a_period(starts_at=(clock.now() + timedelta(days=1)).replace(microsecond=0), hours=3)

    def attempt(number: int) -> Any:
        if number == 0:
            return transfers.approve(transfer=transfer, by=operator_actor(attendant))
        return timeline.hold_vehicle(
            vehicle=vehicle, period=period, claimant=f"booking:VG-{number}", hold_expires_at=None
        )

    counts = kinds(race(RIVALS, attempt))

    assert counts["VehicleTransfer"] + counts["VehicleAllocation"] == 1
    state = VehicleTransfer.objects.get().state
    assert VehicleAllocation.objects.live(clock.now()).count() == 1
    assert (state == "approved") == (counts["VehicleTransfer"] == 1)


def test_nobody_books_a_vehicle_at_the_station_that_it_has_left(vehicle: Vehicle, attendant: User) -> None:
    origin, destination = vehicle.station, make_station()
    receiver = make_staff(destination)
    transfer = approved(vehicle, destination, attendant)
    read: dict[str, Any] = {"odometer_km": 12_000, "battery_percent": 80}
    transfers.pick_up(transfer=transfer, user=attendant, by=staff_actor(attendant), **read)
    period = a_period(starts_at=(clock.now() + timedelta(days=1)).replace(microsecond=0), hours=3)

    def attempt(number: int) -> Any:
        if number == 0:
            return transfers.deliver(transfer=transfer, user=receiver, by=staff_actor(receiver), **read)
        return timeline.hold_any(
            station=origin,
            model=vehicle.model,
            period=period,
            claimant=f"booking:VG-{number}",
            hold_expires_at=None,
        )

    results = race(RIVALS, attempt)

    assert kinds(results) == {"VehicleTransfer": 1, VehicleUnavailable.__name__: RIVALS - 1}
    assert not VehicleAllocation.objects.live(clock.now()).exists()


def test_both_buttons_of_two_tablets_take_a_vehicle_over_once(vehicle: Vehicle, attendant: User) -> None:
    transfer = approved(vehicle, make_station(), attendant)
    by = staff_actor(attendant)

    results = race(
        RIVALS,
        lambda _number: transfers.pick_up(
            transfer=transfer, odometer_km=12_000, battery_percent=80, user=attendant, by=by
        ),
    )

    assert kinds(results) == {"VehicleTransfer": RIVALS}
    vehicle.refresh_from_db()
    assert vehicle.condition == "in_transfer"


def test_one_command_sent_at_once_is_one_stint_and_one_ticket(vehicle: Vehicle, attendant: User) -> None:
    by = staff_actor(attendant)

    def attempt(_number: int) -> Any:
        charging.plug_in(vehicle=vehicle, percent=40, user=attendant, by=by, key="one")
        return report(vehicle, attendant, key="one").pk

    results = race(RIVALS, attempt)

    assert len(set(results)) == 1
    assert (ChargingStint.objects.count(), MaintenanceTicket.objects.count()) == (1, 1)


def test_different_hands_at_one_plug_make_one_stint(vehicle: Vehicle, attendant: User) -> None:
    by = staff_actor(attendant)

    results = race(
        RIVALS,
        lambda number: charging.plug_in(vehicle=vehicle, percent=40, user=attendant, by=by, key=f"k{number}"),
    )

    assert kinds(results) == {"ChargingStint": 1, "AlreadyPlugged": RIVALS - 1}
