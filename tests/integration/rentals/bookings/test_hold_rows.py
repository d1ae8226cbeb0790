"""A hold writes its rows in one statement; they must be those that the plain services write."""

from datetime import timedelta

from django.db import connection
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext

from accounts.access.actors import renter_actor
from payments.intents.enums import DEPOSIT, INTENT
from payments.intents.models import Deposit, PaymentIntent
from payments.intents.services import create_intent
from rentals.bookings.enums import BOOKING
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_and_ask, hold_booking
from stations.timeline.enums import AllocationState
from stations.timeline.models import VehicleAllocation
from tests.factories.rentals import a_period, make_quote, make_tariff
from tests.factories.stations import make_allocation, make_car_model, make_station, make_vehicle
from voltgo.core import clock, states

LATER = timedelta(days=3)
# Two for the person and the quote; the lock, the facts, the claim with all rows; begin and commit.
STATEMENTS = 7


def a_quote():
    model = make_car_model()
    make_tariff(model=model)
    vehicle = make_vehicle(station=make_station(), model=model)
    period = a_period(starts_at=(clock.now() + LATER).replace(microsecond=0), hours=5)
    return make_quote(model=model, station=vehicle.station, period=period), vehicle


def columns(row, *without):
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {name: value for name, value in values.items() if name not in without}


def events(machine, row):
    rows = [model_to_dict(event, exclude=["id", "subject"]) for event in states.events_of(machine, row)]
    assert all(event.at is not None for event in states.events_of(machine, row))
    return rows


def test_the_rows_of_the_payment_are_those_that_payments_would_write_itself(renter):
    quote, _vehicle = a_quote()
    by = renter_actor(renter)
    held = hold_and_ask(renter=renter, quote=quote, idempotency_key="1", by=by)
    fast = PaymentIntent.objects.get()

    plain = create_intent(
        payer=renter,
        reference="booking:VG-PLAIN1",
        purpose="booking",
        prepayment_amount=quote.total_amount,
        deposit_amount=quote.deposit_amount,
        expires_at=fast.expires_at,
        idempotency_key="booking:VG-PLAIN1:1",
        by=by,
        description=f"VoltGo {held.booking.code}",
    )

    names = ("id", "reference", "idempotency_key", "created_at")
    assert held.intent.pk == fast.pk
    assert columns(fast, *names) == columns(PaymentIntent.objects.get(pk=plain.pk), *names)
    deposits = [Deposit.objects.get(reference=name) for name in (fast.reference, plain.reference)]
    assert columns(deposits[0], "id", "reference", "created_at") == columns(
        deposits[1], "id", "reference", "created_at"
    )
    assert events(INTENT, fast) == events(INTENT, plain)
    assert events(DEPOSIT, deposits[0]) == events(DEPOSIT, deposits[1])


def test_the_booking_that_is_returned_is_the_one_that_was_written(renter):
    quote, vehicle = a_quote()

    booking = hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))

    assert columns(booking) == columns(Booking.objects.get())
    claim = VehicleAllocation.objects.get()
    assert columns(booking.allocation, "created_at") == columns(claim, "created_at")
    assert claim.vehicle == vehicle
    assert events(BOOKING, booking) == [
        {
            "machine": "booking",
            "source": "",
            "target": "held",
            "actor_kind": "renter",
            "actor_ref": renter.public_id,
            "actor_label": renter.full_name,
            "reason": "",
        }
    ]


def test_a_renter_holds_with_seven_statements(client, renter):
    client.force_login(renter)
    quotes = [a_quote()[0] for _ in range(2)]
    client.post(f"/quotes/{quotes[0].pk}/hold/")

    with CaptureQueriesContext(connection) as captured:
        response = client.post(f"/quotes/{quotes[1].pk}/hold/")

    assert response.status_code == 302
    statements = [query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]]
    # A test runs in a transaction: begin and commit are savepoints here.
    assert len(statements) == STATEMENTS - 2, statements


def test_a_stale_hold_is_swept_once_and_its_vehicle_given(renter):
    quote, vehicle = a_quote()
    stale = make_allocation(
        vehicle=vehicle,
        period=quote.period,
        state=AllocationState.HELD,
        hold_expires_at=clock.now() - timedelta(seconds=1),
    )

    booking = hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))

    stale.refresh_from_db()
    assert stale.state == AllocationState.EXPIRED
    assert booking.allocation.vehicle == vehicle
