import uuid
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.access.actors import renter_actor, staff_actor
from payments.cash import services as cash
from payments.intents.selectors import intents_of
from rentals.bookings.services import hold_booking
from rentals.cashdesk.place import drawer_of
from stations.network.models import StaffPost
from tests.factories.accounts import make_user
from tests.factories.cash import FLOAT, notes_for
from tests.factories.rentals import a_period, make_quote, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock

MORNING = "2026-11-24T08:00:00+07:00"


def url(name, *args):
    return reverse(f"station:cash{'-' if name else ''}{name}", args=args)


def counted(amount, **fields):
    """Return the fields of a count."""
    return {f"note_{note}": number for note, number in notes_for(amount).items()} | fields


def pressed(asked, **fields):
    """Return what the form of a payment sends."""
    values = {
        "shown": asked,
        "tendered": f"{asked:,}".replace(",", "."),
        "sure": "on",
        "key": uuid.uuid4().hex,
    }
    return values | fields


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def station():
    return make_station(name="Trạm Quận 1")


@pytest.fixture
def vehicle(station):
    model = make_car_model()
    make_tariff(model=model)
    return make_vehicle(model=model, station=station)


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def by(attendant):
    return staff_actor(attendant)


@pytest.fixture
def chief(station):
    """The station's supervisor."""
    user = make_user(email="chief@example.vn", full_name="Phạm Thu Trang")
    make_post(user=user, station=station, role=StaffPost.Role.SUPERVISOR)
    return user


@pytest.fixture
def tablet(client, attendant):
    client.force_login(attendant)
    return client


@pytest.fixture
def chiefs_tablet(client, chief):
    client.force_login(chief)
    return client


@pytest.fixture
def session(station, by):
    """An open session with a float of 1,000,000."""
    return cash.open_session(drawer=drawer_of(station), counts=notes_for(FLOAT), float_in=FLOAT, by=by)


@pytest.fixture
def booking(renter, vehicle):
    """Held, to be paid within the hour: in cash, perhaps."""
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle)
    return hold_booking(renter=renter, quote=quote, idempotency_key="test", by=renter_actor(renter))


@pytest.fixture
def intent(booking):
    return intents_of(booking.reference).get()
