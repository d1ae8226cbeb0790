import pytest
import time_machine

from tests.factories.accounts import make_user
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from tests.factories.yard import make_staff, make_technician
from tests.integration.admin.conftest import browser_of

# A Tuesday morning in Vietnam.
MORNING = "2026-11-24T08:00:00+07:00"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def station():
    return make_station(name="Trạm Quận 1")


@pytest.fixture
def elsewhere(station):
    return make_station(name="Trạm Thủ Đức")


@pytest.fixture
def model():
    return make_car_model(maker="VinFast", name="VF 5")


@pytest.fixture
def vehicle(station, model):
    return make_vehicle(model=model, station=station, plate="51K-000.01")


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def supervisor(station):
    user = make_user(email="supervisor@example.vn", full_name="Phạm Hồng Nhung")
    make_post(user=user, station=station, role="supervisor")
    return user


@pytest.fixture
def technician(station):
    return make_technician(station, full_name="Lâm Quốc Việt")


@pytest.fixture
def outsider(elsewhere):
    """Somebody who works at another station."""
    return make_staff(elsewhere)


@pytest.fixture
def at(client):
    """Return a browser of somebody."""

    def browser(user):
        return browser_of(client, user)

    return browser
