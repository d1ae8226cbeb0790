import hashlib
from datetime import timedelta

import pytest
import time_machine

from accounts.access.actors import staff_actor
from tests.factories.handovers import handed_over, paid_booking
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock, pdf

# A Tuesday morning in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-24T08:00:00+07:00"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _quick_paper(monkeypatch):
    """Spare these tests the half second that each rendering takes."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)


@pytest.fixture
def station():
    return make_station(name="Trạm Quận 1")


@pytest.fixture
def model():
    """600,000 a day, 5 seats, 326 km."""
    model = make_car_model(maker="VinFast", name="VF 5")
    make_tariff(model=model)
    return model


@pytest.fixture
def vehicle(station, model):
    return make_vehicle(model=model, station=station, plate="51K-000.01")


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def supervisor(station):
    from tests.factories.accounts import make_user

    user = make_user(email="supervisor@example.vn", full_name="Phạm Hồng Nhung")
    make_post(user=user, station=station, role="supervisor")
    return user


@pytest.fixture
def by(attendant):
    return staff_actor(attendant)


@pytest.fixture
def booking(renter, vehicle):
    """Confirmed, 08:30 to 18:30 today."""
    return paid_booking(
        renter=renter,
        vehicle=vehicle,
        period=a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10),
    )


@pytest.fixture
def rental(booking, attendant):
    """With the renter since 08:00, due at 18:30."""
    return handed_over(booking=booking, attendant=attendant)
