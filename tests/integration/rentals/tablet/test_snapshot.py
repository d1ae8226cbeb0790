"""What a tablet is given for a day without the server."""

import base64
import json
from datetime import datetime, timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.access.actors import staff_actor
from payments.cash.services import open_session
from rentals.cashdesk.place import drawer_of
from rentals.handovers.deposits import standing_of
from rentals.handovers.services.pickup import missing_money
from rentals.pricing.services import make_quote
from rentals.sync.versions import TICKET_SALT, booking_version
from rentals.tablet import signing as tablet_signing
from rentals.tablet.snapshot import snapshot_of
from stations.tablets import services as tablets
from tests.factories.accounts import make_user
from tests.factories.devices import PIN, browser_of, make_pin, make_tablet
from tests.factories.handovers import handed_over, paid_booking
from tests.factories.rentals import a_period, make_booking, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.clock import Period

# A Tuesday morning in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-24T08:00:00+07:00"
SNAPSHOT = "/station/api/snapshot"


@pytest.fixture(autouse=True)
def traveller():
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def station():
    return make_station(name="Bến Thành", code="HCM-01")


@pytest.fixture
def model():
    model = make_car_model()
    make_tariff(model=model)
    return model


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    make_pin(attendant)
    return attendant


def in_hours(hours, length=10):
    return a_period(starts_at=clock.now() + timedelta(hours=hours), hours=length)


@pytest.fixture
def booking(renter, model, station):
    vehicle = make_vehicle(model=model, station=station)
    return paid_booking(renter=renter, vehicle=vehicle, period=in_hours(0.5))


def body_of(station):
    return json.loads(snapshot_of(station).body)


def codes(rows, name="code"):
    return [row[name] for row in rows]


class TestBookings:
    def test_has_what_goes_out_until_the_end_of_tomorrow(self, station, model, renter):
        due = [make_booking(renter=renter, vehicle=make_vehicle(model=model, station=station), period=in_hours(hours))
               for hours in (-11, 1, 39)]  # fmt: skip
        for hours in (-13, 41):
            make_booking(
                renter=renter, vehicle=make_vehicle(model=model, station=station), period=in_hours(hours)
            )
        make_booking(renter=renter, vehicle=make_vehicle(model=model, station=make_station()))
        assert codes(body_of(station)["bookings"]) == [row.code for row in due]

    def test_says_what_the_counter_decides_by(self, station, booking):
        (found,) = body_of(station)["bookings"]
        assert found["renter"]["eligible"] is True
        assert found["renter"]["reasons"] == []
        assert found["renter"]["papers"]["licence"]["classes"] == "A1, B"
        assert found["missing_money"] == missing_money(booking) == 0
        assert found["deposit_standing"] == standing_of(booking).standing == "held"
        assert found["version"] == booking_version(booking)
        assert found["vehicle"]["minimum_battery"] == booking.model.minimum_battery_percent
        assert found["vehicle"]["checklists"]["pickup"] in body_of(station)["checklists"]

    def test_an_unpaid_deposit_is_missing_money(self, station, model, renter):
        vehicle = make_vehicle(model=model, station=station)
        booking = make_booking(renter=renter, vehicle=vehicle, period=in_hours(1))
        (found,) = body_of(station)["bookings"]
        assert found["missing_money"] == missing_money(booking) == 3_600_000
        assert found["version"] == booking_version(booking)

    def test_says_why_somebody_may_not_drive(self, station, model, newcomer):
        make_booking(renter=newcomer, vehicle=make_vehicle(model=model, station=station), period=in_hours(1))
        renter = body_of(station)["bookings"][0]["renter"]
        assert renter["eligible"] is False
        reasons = {reason["code"]: reason for reason in renter["reasons"]}
        assert reasons["licence_missing"]["en"] == "Your driving licence is missing."
        assert reasons["licence_missing"]["vi"] == "Chưa có giấy phép lái xe."

    def test_shows_no_number_in_full(self, station, booking, renter):
        numbers = [paper.number for paper in renter.documents.all() if paper.number_encrypted]
        assert numbers
        text = json.dumps(body_of(station))
        assert not [number for number in numbers if number in text]

    def test_carries_the_words_of_the_contract(self, station, booking):
        contract = body_of(station)["bookings"][0]["contract"]
        assert contract["number"]
        assert contract["text"]["sections"]
        assert len(contract["text_sha256"]) == 64

    def test_a_ticket_proves_what_was_offered(self, station, booking):
        found = body_of(station)
        said = signing.loads(found["bookings"][0]["ticket"], salt=TICKET_SALT)
        assert said == {
            "s": booking.reference,
            "v": found["bookings"][0]["version"],
            "st": "HCM-01",
            "sn": found["id"],
        }


class TestRentals:
    def test_has_what_the_charges_are_computed_from(self, station, booking, attendant):
        rental = handed_over(booking=booking, attendant=attendant)
        (found,) = body_of(station)["rentals"]
        assert found["booking"] == booking.code
        assert found["deposit"] == 3_000_000
        assert found["prepaid"]["total"] == booking.quote.total_amount
        assert found["terms"]["late_grace_minutes"] == 29
        assert found["pickup"]["odometer_km"] == 12_000
        assert len(found["pickup"]["photos"]) == 6
        assert found["included_km"] == 125
        assert rental.presented_at is None
        assert found["presented_at"] is None

    def test_a_rental_due_elsewhere_is_not_ours(self, station, booking, attendant):
        handed_over(booking=booking, attendant=attendant)
        assert body_of(make_station())["rentals"] == []


class TestWalkIns:
    def test_prices_are_those_that_a_quote_would_have(self, station, model):
        vehicle = make_vehicle(model=model, station=station)
        table = body_of(station)["walk_in"]
        assert table["from"] == "2026-11-24T01:00:00Z"
        for number in ("0", "5", "17"):
            slot = table["slots"][int(number)]
            start = datetime.fromisoformat(slot["at"])
            for (_key, minutes), total in zip(
                slot["ends"], table["models"][model.slug]["totals"][number], strict=True
            ):
                period = Period(start, start + timedelta(minutes=minutes))
                quote = make_quote(model=model, station=station, period=period, vehicle=vehicle)
                assert (total, table["models"][model.slug]["deposit"]) == (
                    quote.total_amount,
                    quote.deposit_amount,
                )

    def test_a_young_driver_pays_what_the_engine_says(self, station):
        model = make_car_model()
        make_tariff(model=model, young_driver_day_amount=70_000, young_driver_age=23)
        make_vehicle(model=model, station=station)
        entry = body_of(station)["walk_in"]["models"][model.slug]
        assert entry["young"] == {"below_age": 23, "day_amount": 70_000}

    def test_the_table_is_small(self, station):
        for number in range(8):
            each = make_car_model(slug=f"mau-{number}")
            make_tariff(model=each, weekend_bp=12_000)
            make_vehicle(model=each, station=station)
        table = json.dumps(body_of(station)["walk_in"], separators=(",", ":"))
        assert len(table) <= 60_000

    def test_a_vehicle_is_free_until_its_next_booking_less_the_turnaround(self, station, model, renter):
        vehicle = make_vehicle(model=model, station=station)
        make_booking(renter=renter, vehicle=vehicle, period=in_hours(6))
        other = make_vehicle(model=model, station=station)
        found = {row["code"]: row["free_until"] for row in body_of(station)["vehicles"]}
        assert found[vehicle.code] == "2026-11-24T06:30:00Z"
        assert found[other.code] == "2026-11-27T01:00:00Z"


class TestCash:
    def test_names_the_session_and_never_what_lies_in_the_drawer(self, station, attendant):
        session = open_session(
            drawer=drawer_of(station), counts={"500000": 3, "1000": 7}, float_in=1_507_000, by=staff_actor(attendant)
        )  # fmt: skip
        cash = body_of(station)["cash"]
        assert cash["session"]["id"] == str(session.pk)
        assert "1507000" not in json.dumps(cash)


class TestSigning:
    def test_the_page_has_the_key_that_verifies(self, station):
        sent = snapshot_of(station).signed()
        key_id, _colon, public = tablet_signing.public_keys().split(" ")[0].partition(":")
        assert sent["key"] == key_id
        key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(f"{public}="))
        key.verify(base64.urlsafe_b64decode(f"{sent['signature']}=="), sent["body"].encode())

    def test_a_key_of_the_settings_signs_and_former_ones_are_named(self, station, settings):
        settings.TABLET_SIGNING_KEY = [base64.b64encode(letter * 32).decode() for letter in (b"a", b"b")]
        named = dict(each.split(":") for each in tablet_signing.public_keys().split(" "))
        assert len(named) == 2
        assert snapshot_of(station).signed()["key"] == next(iter(named))


class TestTheAddress:
    @pytest.fixture
    def enrolment(self, station, attendant):
        return make_tablet(station=station, user=attendant)

    @pytest.fixture
    def tablet(self, enrolment, attendant):
        client = browser_of(enrolment)
        answer = client.post(
            "/station/api/unlock",
            {"user": attendant.public_id, "pin": PIN},
            content_type="application/json",
        )
        assert answer.status_code == 200
        return client

    def test_gives_the_snapshot_to_who_is_signed_in(self, tablet):
        answer = tablet.get(SNAPSHOT)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        assert json.loads(answer.json()["body"])["station"]["code"] == "HCM-01"

    def test_says_nothing_new_while_nothing_has_changed(self, tablet, traveller, model, station):
        traveller.shift(timedelta(minutes=1))
        tag = tablet.get(SNAPSHOT).headers["ETag"]
        traveller.shift(timedelta(minutes=8))
        assert tablet.get(SNAPSHOT, headers={"If-None-Match": tag}).status_code == 304
        make_vehicle(model=model, station=station)
        assert tablet.get(SNAPSHOT, headers={"If-None-Match": tag}).status_code == 200

    def test_is_not_for_a_tablet_on_which_nobody_is_signed_in(self, enrolment):
        answer = browser_of(enrolment).get(SNAPSHOT)
        assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")

    def test_is_not_for_other_devices(self, client, attendant):
        client.force_login(attendant)
        answer = client.get(SNAPSHOT)
        assert (answer.status_code, answer.json()["code"]) == (401, "tablet_unknown")

    def test_a_revoked_tablet_hears_that_it_is_one(self, enrolment, attendant, tablet):
        tablets.revoke_tablet(
            tablet=enrolment.tablet, reason="Mất máy", by=staff_actor(attendant, supervisor=True)
        )
        answer = tablet.get(SNAPSHOT)
        assert (answer.status_code, answer.json()["code"]) == (410, "tablet_revoked")


def test_the_number_of_queries_does_not_depend_on_how_much_there_is(station, model, attendant):
    def fill(number, hours):
        for each in range(number):
            renter = make_user(email=f"r{hours}{each}@example.vn", full_name="Lê An")
            vehicle = make_vehicle(model=model, station=station)
            make_booking(renter=renter, vehicle=vehicle, period=in_hours(hours))

    fill(1, 1)
    with CaptureQueriesContext(connection) as few:
        snapshot_of(station)
    fill(6, 2)
    with CaptureQueriesContext(connection) as many:
        snapshot_of(station)
    # The price table is kept from the first time.
    assert len(many) <= len(few)
    assert len(few) <= 34
