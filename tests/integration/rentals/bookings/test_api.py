from datetime import timedelta
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from payments.intents.enums import AdjustmentKind
from payments.intents.models import PaymentAttempt
from payments.intents.services import adjust
from rentals.bookings.models import Booking
from rentals.pricing.models import Quote
from tests.factories.money import pay
from tests.factories.offers import make_add_on, make_one_way_fee, make_promotion
from tests.factories.rentals import make_tariff, next_half_hour
from tests.factories.stations import make_car_model, make_station, make_vehicle
from tests.fakes.cards import Cards, registered
from tests.fakes.payos import running_payos
from voltgo.core import clock
from voltgo.core.actors import Actor, ActorKind

RENT = 500_000
DEPOSIT = 3_000_000


@pytest.fixture
def station():
    return make_station(slug="ben-thanh")


@pytest.fixture
def vehicle(station):
    model = make_car_model(slug="vf-5")
    make_tariff(model=model)
    return make_vehicle(station=station, model=model)


@pytest.fixture
def api(renter):
    client = APIClient()
    client.force_authenticate(renter)
    return client


@pytest.fixture
def period():
    start = next_half_hour(clock.now() + timedelta(days=2))
    return {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=5)).isoformat()}


def a_quote(api, period, **what):
    return api.post(
        "/api/v1/quotes", {"station": "ben-thanh", **(what or {"model": "vf-5"}), **period}, format="json"
    )


def a_booking(api, period, key="k1"):
    quote = a_quote(api, period).json()
    return api.post(
        "/api/v1/bookings", {"quote": quote["id"]}, format="json", headers={"Idempotency-Key": key}
    )


def give_credit(user, amount):
    by = Actor(ActorKind.OPERATOR, "operator", "Operator")
    adjust(
        kind=AdjustmentKind.CREDIT, person=user, amount=amount, reason="sorry", idempotency_key="gift", by=by
    )


def test_anybody_finds_what_is_free_and_what_it_costs(vehicle, period):
    answer = APIClient().get("/api/v1/stations", {"latitude": 10.77, "longitude": 106.70, **period})

    assert answer.status_code == 200
    (found,) = answer.json()
    assert found["station"]["slug"] == "ben-thanh"
    assert found["cheapest_amount"] == RENT
    assert [
        (o["model"]["slug"], o["free"], o["total_amount"], o["deposit_amount"]) for o in found["offers"]
    ] == [("vf-5", 1, RENT, DEPOSIT)]


def test_a_search_without_a_place_says_what_is_missing(period):
    answer = APIClient().get("/api/v1/stations", period)

    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["city"]


def test_a_quote_names_each_line_and_keeps_the_deposit_apart(api, vehicle, period):
    answer = a_quote(api, period)

    assert answer.status_code == 201
    quote = answer.json()
    assert (quote["total_amount"], quote["deposit_amount"], quote["due_amount"]) == (
        RENT,
        DEPOSIT,
        RENT + DEPOSIT,
    )
    assert quote["net_amount"] + quote["vat_amount"] == RENT
    assert [(line["code"], line["gross_amount"], line["text"]) for line in quote["lines"]] == [
        ("rent_hours", RENT, "Thuê 5 giờ × 100.000\u00a0₫")
    ]
    assert api.get(f"/api/v1/quotes/{quote['id']}").json()["sha256"] == quote["sha256"]


def test_a_quote_takes_options_a_promotion_and_another_place_to_return(api, vehicle, period):
    there = make_station(name="Ga Sài Gòn", slug="ga-sai-gon")
    make_one_way_fee(150_000)
    make_add_on()
    make_promotion(amount=50_000, valid_from=clock.now() - timedelta(days=400))

    answer = a_quote(
        api,
        period,
        model="vf-5",
        return_station=there.slug,
        options=[{"slug": "helmet", "quantity": 2}],
        promotion_code="chao",
    )

    quote = answer.json()
    assert [(line["code"], line["gross_amount"]) for line in quote["lines"]] == [
        ("rent_hours", RENT),
        ("add_on", 40_000),
        ("one_way", 150_000),
        ("promotion", -50_000),
    ]
    assert quote["total_amount"] == RENT + 140_000
    assert (quote["return_station"], quote["promotion"]) == ("ga-sai-gon", "CHAO")
    assert quote["policy"]["free_cancel_hours"] == 24


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ({"options": [{"slug": "parasol"}]}, "option_not_offered"),
        ({"promotion_code": "GI"}, "promotion_refused"),
        ({"options": [{"slug": "helmet", "quantity": 0}]}, "invalid_input"),
    ],
)
def test_a_quote_with_what_is_not_offered_is_refused(api, vehicle, period, what, code):
    answer = a_quote(api, period, model="vf-5", **what)

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert Quote.objects.count() == 0


def test_prices_come_from_the_tariff_whatever_the_app_sends(api, vehicle, period):
    answer = a_quote(api, period, model="vf-5", total_amount=1, deposit_amount=0)
    assert answer.json()["total_amount"] == RENT


@pytest.mark.parametrize(
    ("what", "field"), [({}, "model"), ({"model": "vf-5", "vehicle": "X-1"}, "model"), ({"model": 7}, "")]
)
def test_a_quote_needs_one_model_or_one_vehicle(api, vehicle, period, what, field):
    answer = api.post("/api/v1/quotes", {"station": "ben-thanh", **what, **period}, format="json")
    assert answer.status_code == (422 if field else 404)
    assert Quote.objects.count() == 0


def test_a_hold_blocks_and_a_repeat_with_the_same_key_is_the_same_booking(api, vehicle, period):
    first, second = a_booking(api, period), a_booking(api, period)

    assert first.status_code == second.status_code == 201
    assert first.json()["code"] == second.json()["code"]
    assert first.json()["state"] == "held"
    assert first.json()["money"]["due"] == RENT + DEPOSIT
    assert Booking.objects.count() == 1


def test_a_hold_without_a_key_is_refused(api, vehicle, period):
    quote = a_quote(api, period).json()
    answer = api.post("/api/v1/bookings", {"quote": quote["id"]}, format="json")
    assert (answer.status_code, Booking.objects.count()) == (422, 0)


def test_a_hold_needs_a_sign_in(vehicle, period):
    quote = a_quote(APIClient(), period).json()
    answer = APIClient().post(
        "/api/v1/bookings", {"quote": quote["id"]}, format="json", headers={"Idempotency-Key": "1"}
    )
    assert (answer.status_code, Booking.objects.count()) == (401, 0)


def test_the_last_vehicle_is_just_taken(api, stranger, vehicle, period):
    mine, theirs = a_quote(api, period).json(), a_quote(api, period).json()
    other = APIClient()
    other.force_authenticate(stranger)
    other.post("/api/v1/bookings", {"quote": theirs["id"]}, format="json", headers={"Idempotency-Key": "1"})

    answer = api.post(
        "/api/v1/bookings", {"quote": mine["id"]}, format="json", headers={"Idempotency-Key": "1"}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "vehicle_unavailable")


def test_somebody_without_papers_learns_why(newcomer, vehicle, period):
    client = APIClient()
    client.force_authenticate(newcomer)
    answer = a_booking(client, period)

    assert (answer.status_code, answer.json()["code"]) == (409, "not_eligible")
    assert [reason["code"] for reason in answer.json()["reasons"]] == [
        "identity_missing",
        "licence_missing",
        "selfie_missing",
    ]


def test_paying_leads_to_the_provider_and_only_its_word_confirms(api, vehicle, period):
    code = a_booking(api, period).json()["code"]

    answer = api.post(f"/api/v1/bookings/{code}/payment", {"language": "en"}, format="json")
    assert answer.status_code == 200
    assert "vnp_SecureHash=" in answer.json()["url"]
    assert (answer.json()["amount"], answer.json()["held"]) == (RENT + DEPOSIT, 0)
    assert api.get(f"/api/v1/bookings/{code}").json()["state"] == "held"

    pay(Booking.objects.get(code=code))
    booking = api.get(f"/api/v1/bookings/{code}").json()
    assert booking["state"] == "confirmed"
    assert (booking["money"]["paid"], booking["money"]["deposit_held"], booking["money"]["due"]) == (
        RENT,
        DEPOSIT,
        0,
    )


def test_paying_by_card_tells_what_is_only_held(api, vehicle, period):
    code = a_booking(api, period).json()["code"]

    with registered(Cards()):
        answer = api.post(
            f"/api/v1/bookings/{code}/payment", {"method": "stripe", "amount": 1}, format="json"
        )

    assert answer.status_code == 200
    assert (answer.json()["amount"], answer.json()["held"]) == (RENT + DEPOSIT, DEPOSIT)


def test_the_ways_to_pay_are_listed_with_what_each_takes_and_holds(api, renter, vehicle, period):
    give_credit(renter, 200_000)
    code = a_booking(api, period).json()["code"]

    with registered(Cards()):
        told = api.get(f"/api/v1/bookings/{code}/payment").json()

    assert (told["missing"], told["available_credit"], told["is_payable"]) == (RENT + DEPOSIT, 200_000, True)
    ways = {way["code"]: (way["takes"], way["holds"]) for way in told["ways"]}
    assert ways["stripe"] == (RENT, DEPOSIT)
    assert ways["credit"] == (200_000, 0)
    assert all(way["label"] for way in told["ways"])


def test_credit_pays_as_far_as_it_reaches_and_says_what_is_left(api, renter, vehicle, period):
    give_credit(renter, 200_000)
    code = a_booking(api, period).json()["code"]
    address = f"/api/v1/bookings/{code}/payment"

    answer = api.post(address, {"method": "credit"}, format="json")

    assert answer.status_code == 200
    told = answer.json()
    assert (told["paid_by_credit"], told["missing"]) == (200_000, RENT + DEPOSIT - 200_000)
    assert (told["url"], told["transfer"]) == ("", None)
    assert api.post(address, {"method": "credit"}, format="json").json()["code"] == "credit_too_small"
    assert api.get(address).json()["received"] == 200_000


def test_another_way_ends_the_transfer_that_was_asked_for(api, vehicle, period, settings):
    settings.PAYMENT_METHODS = ["vnpay", "payos"]
    code = a_booking(api, period).json()["code"]
    address = f"/api/v1/bookings/{code}/payment"

    with running_payos():
        assert api.post(address, {"method": "payos"}, format="json").json()["transfer"]["memo"]
        assert api.post(address, {"method": "vnpay"}, format="json").status_code == 200

    transfer, page = PaymentAttempt.objects.order_by("created_at")
    assert (transfer.provider, transfer.outcome) == ("payos", "failed")
    assert (page.provider, page.outcome) == ("vnpay", "started")


def test_a_cancellation_shows_the_refund_before_it_happens(api, vehicle, period):
    code = a_booking(api, period).json()["code"]
    pay(Booking.objects.get(code=code))

    shown = api.get(f"/api/v1/bookings/{code}/cancellation").json()
    assert shown == {
        "rent_refund": RENT,
        "fee": 0,
        "deposit_refund": DEPOSIT,
        "deposit_freed": 0,
        "deposit_planned": 0,
        "total": RENT + DEPOSIT,
    }
    assert Booking.objects.get(code=code).state == "confirmed"
    assert api.post(f"/api/v1/bookings/{code}/cancellation").json() == shown
    assert Booking.objects.get(code=code).state == "cancelled"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("get", "/payment"),
        ("post", "/payment"),
        ("get", "/cancellation"),
        ("post", "/cancellation"),
    ],
)
def test_a_strangers_booking_does_not_exist(api, stranger, vehicle, period, method, path):
    code = a_booking(api, period).json()["code"]
    other = APIClient()
    other.force_authenticate(stranger)

    assert getattr(other, method)(f"/api/v1/bookings/{code}{path}", format="json").status_code == 404
    assert Booking.objects.get().state == "held"


def test_my_bookings_come_newest_first_in_few_queries(
    api, station, vehicle, period, django_assert_max_num_queries
):
    make_vehicle(station=station, model=vehicle.model)
    codes = [a_booking(api, period, key=str(n)).json()["code"] for n in range(2)]

    with django_assert_max_num_queries(3):
        answer = api.get("/api/v1/bookings")

    assert [row["code"] for row in answer.json()["results"]] == codes[::-1]


def test_the_schema_describes_every_endpoint(api):
    schema = api.get("/api/v1/schema/", {"format": "json"})
    assert schema.status_code == 200
    assert "/api/v1/bookings/{code}/payment" in schema.content.decode()


def test_an_unknown_quote_is_not_found(api):
    answer = api.post(
        "/api/v1/bookings", {"quote": str(uuid4())}, format="json", headers={"Idempotency-Key": "1"}
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
