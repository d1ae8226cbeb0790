"""Who pays, and a provider of cards in this process."""

from collections.abc import Iterator

import pytest

from accounts.users.models import User
from tests.factories.accounts import make_user
from tests.fakes.cards import Cards, registered


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def cards() -> Iterator[Cards]:
    with registered(Cards()) as fake:
        yield fake
