import hashlib
from datetime import timedelta

import pytest
import time_machine

from accounts.access.actors import staff_actor
from stations.network.models import StaffPost
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from tests.factories.tablets import make_mobile
from voltgo.core import clock, pdf, sealing

# A Tuesday morning in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-24T08:00:00+07:00"


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
def supervisor(other_attendant, station):
    make_post(user=other_attendant, station=station, role=StaffPost.Role.SUPERVISOR)
    return other_attendant


@pytest.fixture
def by(attendant):
    return staff_actor(attendant)


@pytest.fixture
def mobile(station, attendant):
    """An enrolled tablet in the attendant's hands."""
    return make_mobile(station=station, user=attendant)


@pytest.fixture
def other_mobile(station, attendant):
    """A second tablet of the same station."""
    return make_mobile(station=station, user=attendant)


@pytest.fixture
def booking(renter, vehicle):
    """Confirmed, 08:30 to 18:30 today: the handover may begin now."""
    return paid_booking(
        renter=renter,
        vehicle=vehicle,
        period=a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10),
    )


@pytest.fixture
def quick_paper(monkeypatch):
    """Spare tests that are not about documents the half second that each rendering takes."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)
    # What is no document cannot be sealed.
    monkeypatch.setattr(sealing, "is_on", lambda: False)
