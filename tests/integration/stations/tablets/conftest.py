import pytest

from accounts.access.actors import operator_actor, staff_actor
from stations.network.models import StaffPost
from tests.factories.devices import make_pin, make_tablet
from tests.factories.stations import make_post, make_station


@pytest.fixture
def station():
    return make_station(name="Trạm Quận 1")


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def supervisor(other_attendant, station):
    make_post(user=other_attendant, station=station, role=StaffPost.Role.SUPERVISOR)
    return other_attendant


@pytest.fixture
def enrolment(station, supervisor):
    return make_tablet(station=station, user=supervisor, name="Quầy 1")


@pytest.fixture
def tablet(enrolment):
    return enrolment.tablet


@pytest.fixture
def with_pin(attendant):
    make_pin(attendant)
    return attendant


@pytest.fixture
def by_supervisor(supervisor):
    return staff_actor(supervisor, supervisor=True)


@pytest.fixture
def by_operator(operator):
    return operator_actor(operator)
