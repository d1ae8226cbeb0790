"""Signed-in people for the tests of the admin."""

import pytest
from django.test import Client

from accounts.users.models import User


@pytest.fixture
def at_work(client: Client, operator: User) -> Client:
    """The operator's browser."""
    return browser_of(client, operator)


def browser_of(client: Client, user: User) -> Client:
    client.force_login(user, backend="accounts.users.backends.AuthenticationBackend")
    return client
