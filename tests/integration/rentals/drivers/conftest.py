from datetime import timedelta

import pytest
import time_machine

from accounts.access.actors import renter_actor
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.drivers.models import AdditionalDriver
from rentals.drivers.services import invite_driver
from tests.factories.accounts import make_renter
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock

MORNING = "2026-11-24T08:00:00+07:00"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def station():
    return make_station(name="Trạm Bến Thành")


@pytest.fixture
def attendant(attendant: User, station) -> User:
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def booking(renter: User, station) -> Booking:
    model = make_car_model(maker="VinFast", name="VF 6")
    make_tariff(model=model)
    vehicle = make_vehicle(model=model, station=station, plate="51K-123.45")
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10)
    return paid_booking(renter=renter, vehicle=vehicle, period=period)


@pytest.fixture
def friend() -> User:
    """Somebody with papers for a car."""
    return make_renter(email="ha@example.vn", full_name="Trần Thu Hà", phone="0900000077")


@pytest.fixture
def invitation(booking: Booking, renter: User, friend: User) -> AdditionalDriver:
    return invite_driver(booking=booking, email=friend.email, by=renter_actor(renter))
