from types import SimpleNamespace
from uuid import uuid4

import pytest
import redis
from django.urls import reverse
from rest_framework.throttling import SimpleRateThrottle, UserRateThrottle


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


def test_people_go_on_when_the_counter_is_away(client, renter, monkeypatch):
    def away(**_options):
        raise redis.ConnectionError

    monkeypatch.setattr(
        "voltgo.core.throttled.cache", SimpleNamespace(client=SimpleNamespace(get_client=away))
    )
    client.force_login(renter)
    address = reverse("rentals:booking-hold", args=[uuid4()])

    assert {client.post(address).status_code for _ in range(4)} == {404}


def test_looking_is_not_limited(client, renter):
    client.force_login(renter)
    address = reverse("rentals:quote-detail", args=[uuid4()])
    assert {client.get(address).status_code for _ in range(5)} == {404}


@pytest.fixture
def _codes_are_scarce(monkeypatch):
    rates = {"hold": "20/min", "quote": "20/min", "promotion": "2/hour", "user": "20/min", "anon": "20/min"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", rates)


@pytest.mark.usefixtures("_codes_are_scarce")
def test_nobody_guesses_promotion_codes_for_long(client, renter):
    client.force_login(renter)
    address = reverse("rentals:quote-options", args=[uuid4()])

    guesses = [client.post(address, {"promotion_code": f"CODE{number}"}).status_code for number in range(3)]

    assert guesses == [404, 404, 429]
    # Whoever tries no code is not held up.
    assert client.post(address, {"promotion_code": " "}).status_code == 404


@pytest.mark.usefixtures("_codes_are_scarce")
def test_nor_by_the_app(client, renter):
    client.force_login(renter)
    address = reverse("api-quote-create")
    guess = {"promotion_code": "CODE"}

    answers = [client.post(address, guess, content_type="application/json").status_code for _ in range(3)]

    assert answers == [422, 422, 429]
    assert client.post(address, {}, content_type="application/json").status_code == 422
