from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from payments.cash import services as cash
from payments.cash.models import CashMovement
from payments.cash.selectors import slip_of
from payments.intents import services as intents
from payments.intents.enums import DepositState, RefundReason, RefundState
from payments.intents.models import Deposit, Payment
from payments.intents.selectors import intents_of
from payments.ledger import chart
from payments.ledger import selectors as ledger
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers.services.walk_in import hold_at_counter
from tests.factories.cash import FLOAT
from tests.factories.payments import make_intent
from tests.factories.rentals import make_quote
from tests.factories.stations import make_post, make_station
from tests.integration.rentals.cashdesk.conftest import pressed, url
from tests.integration.rentals.cashdesk.test_drawer_pages import text_of
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period


@pytest.fixture
def paid(tablet, session, booking, intent):
    """The booking, paid in cash over the page."""
    answer = tablet.post(url("take", booking.code, intent.pk), pressed(intent.amount))
    assert answer.status_code == 302
    return CashMovement.objects.get(kind="payment")


def test_a_booking_is_found_by_its_code(tablet, session, booking):
    assert tablet.post(url("find"), {"code": booking.code.lower()}).url == url("booking", booking.code)
    assert tablet.post(url("find"), {"code": "VG-222222"}).status_code == 422


def test_the_pages_of_a_booking_offer_to_take_what_it_asks_for(tablet, session, booking, intent):
    take = url("take", booking.code, intent.pk)
    detail = tablet.get(reverse("station:booking-detail", args=[booking.code]))

    assert take in detail.content.decode()
    assert take in tablet.get(url("booking", booking.code)).content.decode()


def test_cash_confirms_the_booking_at_once(tablet, paid, booking, station):
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    due = booking.quote.due_amount
    assert ledger.balance(chart.cash_drawer(station.code)) == FLOAT + due
    payment = Payment.objects.get()
    assert (payment.provider, payment.amount, payment.account_ref) == ("cash", due, station.code)
    assert Deposit.objects.get().state == DepositState.HELD


def test_the_same_form_sent_twice_is_one_payment(tablet, session, booking, intent):
    values = pressed(intent.amount)
    first = tablet.post(url("take", booking.code, intent.pk), values)
    again = tablet.post(url("take", booking.code, intent.pk), values)

    assert first.url == again.url == url("slip", CashMovement.objects.get(kind="payment").pk)
    assert Payment.objects.count() == 1


def test_change_is_shown_and_never_kept(tablet, session, booking, intent, station):
    tablet.post(
        url("take", booking.code, intent.pk), pressed(intent.amount, tendered=str(intent.amount + 50_000))
    )

    movement = CashMovement.objects.get(kind="payment")
    assert (movement.amount, movement.tendered_amount) == (intent.amount, intent.amount + 50_000)
    assert "50.000" in text_of(tablet.get(url("slip", movement.pk)))


@pytest.mark.parametrize("change", [{"tendered": "1000"}, {"tendered": ""}, {"sure": ""}, {"key": "1"}])
def test_a_payment_that_is_not_confirmed_is_not_taken(tablet, session, booking, intent, change):
    answer = tablet.post(url("take", booking.code, intent.pk), pressed(intent.amount, **change))

    assert answer.status_code == 422
    assert not Payment.objects.exists()


def test_an_amount_from_the_browser_takes_nothing_else(tablet, session, booking, intent):
    answer = tablet.post(
        url("take", booking.code, intent.pk), pressed(intent.amount, shown="1000", amount="1000")
    )

    assert answer.url == url("booking", booking.code)
    assert not Payment.objects.exists()


def test_without_a_session_the_page_says_so_and_takes_nothing(tablet, booking, intent):
    page = tablet.get(url("take", booking.code, intent.pk))
    assert url("open") in page.content.decode()
    tablet.post(url("take", booking.code, intent.pk), pressed(intent.amount))

    assert not Payment.objects.exists()


def test_while_the_drawer_is_counted_nothing_is_taken(tablet, session, booking, intent, by):
    cash.start_count(session=session, by=by)
    tablet.post(url("take", booking.code, intent.pk), pressed(intent.amount))

    assert not Payment.objects.exists()


def test_another_stations_booking_is_not_there(client, booking, intent, other_attendant):
    make_post(user=other_attendant, station=make_station())
    client.force_login(other_attendant)

    assert client.get(url("booking", booking.code)).status_code == 404
    assert client.get(url("take", booking.code, intent.pk)).status_code == 404
    answer = client.post(url("take", booking.code, intent.pk), pressed(intent.amount))
    assert answer.status_code == 404
    assert not Payment.objects.exists()


def test_somebody_elses_request_is_not_taken_through_a_booking(tablet, session, booking, stranger):
    other = make_intent(payer=stranger)

    assert tablet.post(url("take", booking.code, other.pk), pressed(other.amount)).status_code == 404
    assert not Payment.objects.exists()


def test_a_debt_of_the_renter_from_elsewhere_is_paid_here(tablet, session, booking, renter):
    debt = make_intent(payer=renter, purpose="balance", prepayment_amount=300_000, deposit_amount=0)
    assert url("take", booking.code, debt.pk) in tablet.get(url("booking", booking.code)).content.decode()
    tablet.post(url("take", booking.code, debt.pk), pressed(300_000))

    debt.refresh_from_db()
    assert debt.state == "succeeded"


def test_businesses_are_warned_from_five_million(tablet, session, booking, renter):
    small = make_intent(payer=renter, purpose="fine", prepayment_amount=4_999_999, deposit_amount=0)
    large = make_intent(
        payer=renter, purpose="fine", prepayment_amount=5_000_000, deposit_amount=0, reference="order:X"
    )

    assert "khấu trừ thuế GTGT" not in text_of(tablet.get(url("take", booking.code, small.pk)))
    assert "khấu trừ thuế GTGT" in text_of(tablet.get(url("take", booking.code, large.pk)))


def test_a_booking_that_ran_out_takes_no_cash(tablet, session, booking, intent, traveller):
    traveller.shift(3600 * 24)
    answer = tablet.post(url("take", booking.code, intent.pk), pressed(intent.amount))

    assert answer.status_code == 409
    assert not Payment.objects.exists()
    assert Booking.objects.get().state != BookingState.CONFIRMED


def test_a_walk_in_pays_cash_and_the_vehicle_may_go_at_once(tablet, session, renter, vehicle, by):
    period = Period(clock.now(), clock.now() + timedelta(hours=2))
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle)
    booking = hold_at_counter(
        renter=renter,
        vehicle=vehicle,
        period=period,
        expected_total=quote.total_amount,
        key="walk-in",
        by=by,
    )
    intent = intents_of(booking.reference).get()
    waiting = tablet.get(reverse("station:walk-in-booking", args=[booking.code])).content.decode()
    take = url("take", booking.code, intent.pk)
    assert take in waiting
    tablet.post(take, pressed(intent.amount))

    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    paid = tablet.get(reverse("station:walk-in-booking", args=[booking.code])).content.decode()
    assert reverse("station:handover-open", args=[booking.code]) in paid


# --- Back ---------------------------------------------------------------------------------------
def test_what_was_paid_in_cash_is_paid_out_here(tablet, paid, booking, station):
    refund = intents.refund(
        reference=booking.reference,
        prepayment_amount=50_000,
        deposit_amount=0,
        reason=RefundReason.ADJUSTMENT,
        idempotency_key="back",
        by=SYSTEM,
    )
    intents.submit_refund(refund_id=refund.pk)
    before = ledger.balance(chart.cash_drawer(station.code))
    address = url("refund", booking.code, refund.pk)
    assert address in tablet.get(url("booking", booking.code)).content.decode()
    assert tablet.post(address, {}).status_code == 422
    assert tablet.post(address, {"sure": "on"}).status_code == 302

    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert ledger.balance(chart.cash_drawer(station.code)) == before - 50_000
    # Paid out once: for a second press there is nothing any more.
    assert tablet.post(address, {"sure": "on"}).status_code == 404


# --- Slips --------------------------------------------------------------------------------------
def test_the_slip_says_what_was_paid(tablet, paid, booking, renter):
    page = text_of(tablet.get(url("slip", paid.pk)))

    assert renter.full_name in page
    assert slip_of(paid).number in page


def test_the_slip_has_a_pdf_and_is_mailed_once(tablet, paid, renter):
    assert tablet.get(url("slip-pdf", paid.pk)).status_code == 404
    tablet.post(url("slip-mail", paid.pk))
    tablet.post(url("slip-mail", paid.pk))
    cash.send_slip(movement_id=paid.pk)
    cash.send_slip(movement_id=paid.pk)
    outbox.run_all()

    number = slip_of(paid).number
    sent = [message for message in mail.outbox if number in message.subject]
    assert len(sent) == 1
    assert renter.email in sent[0].to[0]
    assert sent[0].attachments[0][0].startswith(number)
    answer = tablet.get(url("slip-pdf", paid.pk))
    assert b"".join(answer.streaming_content).startswith(b"%PDF")


def test_another_stations_slip_is_not_there(client, paid, other_attendant):
    make_post(user=other_attendant, station=make_station())
    client.force_login(other_attendant)

    for name in ("slip", "slip-pdf"):
        assert client.get(url(name, paid.pk)).status_code == 404
    assert client.post(url("slip-mail", paid.pk)).status_code == 404
