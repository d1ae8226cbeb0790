import pytest

from accounts.access.actors import staff_actor
from accounts.users.models import User
from payments.cash.models import CashSession
from payments.intents.models import PaymentIntent
from tests.factories.accounts import make_user
from tests.factories.cash import open_session
from tests.factories.payments import make_intent
from voltgo.core.actors import Actor


@pytest.fixture
def cashier(attendant: User) -> Actor:
    """Who opened the session: Quang Huy."""
    return staff_actor(attendant)


@pytest.fixture
def colleague(other_attendant: User) -> Actor:
    """Another member of staff: Khánh Linh."""
    return staff_actor(other_attendant)


@pytest.fixture
def supervisor() -> Actor:
    user = make_user(email="chief@example.vn", full_name="Phạm Thu Trang")
    return staff_actor(user, supervisor=True)


@pytest.fixture
def session(attendant: User) -> CashSession:
    """An open session with a float of 1,000,000."""
    return open_session(attendant)


@pytest.fixture
def intent(renter: User) -> PaymentIntent:
    """1,200,000 of rent and 3,000,000 of deposit."""
    return make_intent(payer=renter)
