from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from rentals.changes.models import BookingChange
from rentals.pricing.models import Quote
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period
from tests.integration.rentals.changes.conftest import pay

HOUR = timedelta(hours=1)


@pytest.fixture
def api(renter):
    client = APIClient()
    client.force_authenticate(renter)
    return client


def address(booking, *rest):
    return "/".join([f"/api/v1/bookings/{booking.code}", *rest])


def ask(api, booking, quote, what="changes", key="k1"):
    return api.post(address(booking, what), {"quote": quote}, format="json", headers={"Idempotency-Key": key})


def previewed(api, booking, hours=3):
    wish = {"ends_at": (booking.ends_at + hours * HOUR).isoformat()}
    return api.post(address(booking, "changes", "preview"), wish, format="json")


def test_a_change_is_previewed_asked_for_paid_and_listed(api, booking, hand):
    hand.shift(timedelta(minutes=1))
    preview = previewed(api, booking)
    assert preview.status_code == 201
    assert preview.json()["difference"] == {
        "rent": 300_000, "deposit": 0, "fee": 0, "due": 300_000, "back": 0,
    }  # fmt: skip

    answer = ask(api, booking, preview.json()["after"]["id"])
    assert answer.status_code == 201
    assert (answer.json()["state"], answer.json()["due_amount"]) == ("awaiting_payment", 300_000)
    assert ask(api, booking, preview.json()["after"]["id"]).json()["code"] == answer.json()["code"]

    payment = api.post(address(booking, "payment"), {}, format="json").json()
    assert payment["amount"] == 300_000
    pay(BookingChange.objects.get())
    listed = api.get(address(booking, "changes")).json()
    assert [row["state"] for row in listed] == ["applied"]


def test_a_change_can_be_taken_back(api, booking):
    code = ask(api, booking, previewed(api, booking).json()["after"]["id"]).json()["code"]

    assert api.delete(address(booking, "changes", code)).json()["state"] == "withdrawn"
    assert api.get(address(booking, "changes", code)).json()["state"] == "withdrawn"


def test_a_key_is_required(api, booking):
    quote = previewed(api, booking).json()["after"]["id"]

    assert api.post(address(booking, "changes"), {"quote": quote}, format="json").status_code == 422
    assert BookingChange.objects.count() == 0


def test_a_new_bookings_quote_changes_nothing(api, booking):
    assert ask(api, booking, str(booking.quote_id)).status_code == 404


def test_an_end_before_the_start_is_refused(api, booking):
    assert previewed(api, booking, hours=-30).status_code == 422
    assert Quote.objects.count() == 1


def test_a_rental_is_extended(api, rental):
    booking = rental.booking
    wish = {"ends_at": (rental.due_at + HOUR).isoformat()}
    preview = api.post(address(booking, "extensions", "preview"), wish, format="json")
    assert preview.json()["difference"]["due"] == 100_000

    answer = ask(api, booking, preview.json()["after"]["id"], "extensions")
    assert (answer.status_code, answer.json()["kind"]) == (201, "extension")


def test_the_longest_extension_is_told(api, rental, stranger, vehicle):
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + 3 * HOUR, hours=4)
    )
    longest = api.get(address(rental.booking, "extensions")).json()["longest"]
    assert longest == "2026-11-24T14:00:00+07:00"

    wish = {"ends_at": (rental.due_at + 6 * HOUR).isoformat()}
    refusal = api.post(address(rental.booking, "extensions", "preview"), wish, format="json")
    assert (refusal.status_code, refusal.json()["code"]) == (409, "extension_blocked")


def test_what_is_not_out_cannot_be_extended(api, booking):
    assert api.get(address(booking, "extensions")).json()["code"] == "cannot_extend"


def test_a_stranger_finds_nothing(booking, stranger, change):
    asked = change(booking, end=3)
    api = APIClient()
    api.force_authenticate(stranger)

    assert previewed(api, booking).status_code == 404
    assert api.get(address(booking, "changes")).status_code == 404
    assert api.delete(address(booking, "changes", asked.code)).status_code == 404
    assert ask(api, booking, str(asked.after_quote_id)).status_code == 404


def test_nobody_pays_a_fee_that_the_preview_did_not_show(api, booking, hand):
    hand.shift(timedelta(hours=23, minutes=55))
    preview = previewed(api, booking, hours=-20).json()
    assert preview["difference"]["fee"] == 0
    hand.shift(timedelta(minutes=8))

    answer = ask(api, booking, preview["after"]["id"])

    assert (answer.status_code, answer.json()["code"]) == (409, "preview_over")
    assert not BookingChange.objects.exists()
    # A new preview names the fee; who asks for that one has seen it.
    again = previewed(api, booking, hours=-20).json()
    assert again["difference"]["fee"] == 100_000
    assert ask(api, booking, again["after"]["id"], key="k2").json()["fee_amount"] == 100_000
