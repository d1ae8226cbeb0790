"""A renter with a car that has been booked and paid."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from accounts.access.actors import renter_actor
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.handovers.models import Rental
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle
from tests.factories.handovers import handed_over, paid_booking
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock, pdf, sealing

# A Tuesday morning in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-24T08:00:00+07:00"


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def quick_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare these tests the half second that each rendering takes."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)
    # What is no document cannot be sealed.
    monkeypatch.setattr(sealing, "is_on", lambda: False)


@pytest.fixture
def vehicle() -> Vehicle:
    model = make_car_model(name="VF 5")
    make_tariff(model=model)
    return make_vehicle(model=model, station=make_station(name="Bến Thành"))


@pytest.fixture
def booking(renter: User, vehicle: Vehicle) -> Booking:
    """Confirmed, 08:30 to 18:30 today: 600,000 of rent and 3,000,000 of deposit are paid."""
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10)
    return paid_booking(renter=renter, vehicle=vehicle, period=period)


@pytest.fixture
def attendant(attendant: User, vehicle: Vehicle) -> User:
    make_post(user=attendant, station=vehicle.station)
    return attendant


@pytest.fixture
def rental(booking: Booking, attendant: User) -> Rental:
    """With the renter since 08:00, due at 18:30."""
    return handed_over(booking=booking, attendant=attendant)


@pytest.fixture
def member(client: Client, renter: User) -> Client:
    client.force_login(renter)
    return client


@pytest.fixture
def held(renter: User, vehicle: Vehicle) -> Booking:
    """Held and not paid: tomorrow, ten hours."""
    period = a_period(starts_at=clock.now() + timedelta(days=1), hours=10)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period)
    return hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))
