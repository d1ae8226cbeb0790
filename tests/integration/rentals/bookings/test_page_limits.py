from uuid import uuid4

import pytest
from django.urls import reverse
from rest_framework.throttling import UserRateThrottle


@pytest.fixture(autouse=True)
def _two_a_minute(monkeypatch):
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"hold": "2/min", "quote": "2/min"})


def test_one_person_cannot_ask_for_holds_without_end(client, renter, stranger):
    client.force_login(renter)
    address = reverse("rentals:booking-hold", args=[uuid4()])

    assert [client.post(address).status_code for _ in range(3)] == [404, 404, 429]
    assert int(client.post(address)["Retry-After"]) > 0

    client.force_login(stranger)
    assert client.post(address).status_code == 404


def test_one_address_cannot_fill_the_table_of_quotes(client):
    address = reverse("rentals:quote-create")
    assert [client.post(address).status_code for _ in range(3)] == [404, 404, 429]


def test_looking_is_not_limited(client, renter):
    client.force_login(renter)
    address = reverse("rentals:quote-detail", args=[uuid4()])
    assert {client.get(address).status_code for _ in range(5)} == {404}
