import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from rentals.fines.models import TrafficFine
from tests.factories.accounts import make_user
from tests.integration.rentals.fines.conftest import told

pytestmark = pytest.mark.django_db


@pytest.fixture
def fine(rental, operator) -> TrafficFine:
    return told(rental, operator)


@pytest.fixture
def app(renter) -> APIClient:
    client = APIClient()
    client.force_authenticate(renter)
    return client


def url(name: str, fine: TrafficFine, *more: object) -> str:
    return reverse(name, args=[fine.code, *more])


def test_the_app_lists_shows_and_accepts(app, fine) -> None:
    listed = app.get(reverse("api-fines")).json()["results"]
    assert [row["code"] for row in listed] == [fine.code]
    assert listed[0]["amount"] == 1_000_000
    picture = app.get(listed[0]["evidence"][0])
    assert b"".join(picture.streaming_content).startswith(b"\xff\xd8")

    accepted = app.post(url("api-fine-acceptance", fine)).json()
    assert (accepted["state"], accepted["debt_amount"]) == ("accepted", 1_000_000)
    assert accepted["payment_url"].startswith("/payments/")


def test_the_app_contests_once(app, fine) -> None:
    words = {"objection": "Lúc đó xe đang ở trạm sạc."}
    assert app.post(url("api-fine-objection", fine), {"objection": "sai"}, format="json").status_code == 422
    assert app.post(url("api-fine-objection", fine), words, format="json").json()["state"] == "contested"
    assert app.post(url("api-fine-objection", fine), words, format="json").status_code == 409


def test_a_strangers_app_finds_nothing(fine) -> None:
    stranger = APIClient()
    stranger.force_authenticate(make_user())
    picture = fine.evidence.get().pk
    assert stranger.get(reverse("api-fines")).json()["results"] == []
    assert stranger.get(url("api-fine", fine)).status_code == 404
    assert stranger.get(url("api-fine-evidence", fine, picture)).status_code == 404
    assert stranger.post(url("api-fine-acceptance", fine)).status_code == 404
    assert (
        stranger.post(url("api-fine-objection", fine), {"objection": "x" * 20}, format="json").status_code
        == 404
    )
