import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from tests.factories.stations import make_post, make_station


def led_to(client: Client, user: User) -> str:
    client.force_login(user, backend="accounts.users.backends.AuthenticationBackend")
    return str(client.get(reverse("rentals:start"))["Location"])


@pytest.mark.parametrize(
    ("fixture", "name"),
    [("renter", "rentals:booking-list"), ("attendant", "station:board"), ("operator", "admin:index")],
)
def test_everybody_is_led_to_where_they_work(
    client: Client, request: pytest.FixtureRequest, fixture: str, name: str
) -> None:
    user = request.getfixturevalue(fixture)
    if fixture == "attendant":
        make_post(user=user, station=make_station())
    assert led_to(client, user) == reverse(name)


def test_without_a_sign_in_there_is_nowhere_to_lead(client: Client) -> None:
    assert reverse("account_login") in client.get(reverse("rentals:start"))["Location"]
