"""The people that tests speak of. Each is a fixture; ask for the ones that the test is about."""

import pytest

from accounts.access.roles import sync_groups
from accounts.users.models import User
from tests.factories.accounts import make_renter, make_user


@pytest.fixture
def renter() -> User:
    """A verified renter with classes A1 and B: Minh Anh."""
    return make_renter(email="anh@example.vn", full_name="Nguyễn Minh Anh", phone="0900000001")


@pytest.fixture
def stranger() -> User:
    """Another verified renter, who has nothing to do with the first: Công Thành."""
    return make_renter(email="thanh@example.vn", full_name="Đinh Công Thành", phone="0900000020")


@pytest.fixture
def newcomer() -> User:
    """Somebody who has just signed up and sent no papers: Hoài An."""
    return make_user(email="an@example.vn", full_name="Võ Hoài An", phone="0900000005")


@pytest.fixture
def operator() -> User:
    """Somebody of the operations team, who may use the admin and review papers: Thu Hà."""
    return _member("operator", email="operator@example.vn", full_name="Đặng Thu Hà")


@pytest.fixture
def reviewer() -> User:
    """Somebody who reviews papers and nothing else: Mai Lan."""
    return _member("reviewer", email="reviewer@example.vn", full_name="Lý Mai Lan")


@pytest.fixture
def attendant() -> User:
    """Staff without a post yet; give one with tests.factories.stations.make_post: Quang Huy."""
    return make_user(email="staff@example.vn", full_name="Bùi Quang Huy", phone="0900001001")


@pytest.fixture
def other_attendant() -> User:
    """Staff of some other station: Khánh Linh."""
    return make_user(email="other-staff@example.vn", full_name="Ngô Khánh Linh", phone="0900001002")


def _member(group: str, *, email: str, full_name: str) -> User:
    user = make_user(email=email, full_name=full_name, is_staff=True)
    user.groups.add(sync_groups()[group])
    return user
