"""What the tests of the waitlist share: a Monday morning, one car, taken all day."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.services import join_waitlist
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from tests.factories.accounts import make_renter
from tests.factories.rentals import make_booking, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period

MORNING = datetime.fromisoformat("2026-11-23T09:00:00+07:00")


@pytest.fixture(autouse=True)
def morning() -> Iterator[time_machine.Traveller]:
    """Stop the clock at nine on a Monday."""
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def station() -> Station:
    return make_station(name="Bến Thành", slug="ben-thanh")


@pytest.fixture
def model() -> VehicleModel:
    """A car at 100,000 an hour, deposit 3,000,000."""
    model = make_car_model(name="VF 5", slug="vf-5")
    make_tariff(model=model)
    return model


@pytest.fixture
def car(station: Station, model: VehicleModel) -> Vehicle:
    return make_vehicle(station=station, model=model)


@pytest.fixture
def tomorrow() -> Period:
    """Tomorrow from ten to two."""
    start = MORNING + timedelta(days=1, hours=1)
    return Period(start, start + timedelta(hours=4))


@pytest.fixture
def taken(car: Vehicle, tomorrow: Period) -> Booking:
    """The only car, booked by somebody else."""
    return make_booking(renter=make_renter(), vehicle=car, period=tomorrow)


def wait(renter: User, station: Station, model: VehicleModel, period: Period) -> WaitlistEntry:
    return join_waitlist(renter=renter, station=station, model=model, period=period, by=SYSTEM)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def in_minutes(count: int) -> datetime:
    return clock.now() + timedelta(minutes=count)
