"""A rental whose deposit is held on a card: planned, at the counter, settled, kept back, cancelled."""

from datetime import date, timedelta

import pytest

from accounts.access.actors import renter_actor, staff_actor
from accounts.notifications.models import Delivery
from payments.gateways.base import FactKind, ProviderFact
from payments.intents.enums import DepositState, HoldState, IntentState, Purpose
from payments.intents.models import Deposit, DepositHold, Payment, PaymentIntent, Refund
from payments.intents.selectors import balance_of, debt_of, intents_of, money_of
from payments.intents.services import apply_fact, mind_holds, release_retained, start_payment
from payments.invoices.models import Receipt
from payments.ledger.selectors import prove
from rentals.bookings.enums import CancelReason
from rentals.bookings.services import cancel_booking, expire_due_holds, hold_booking
from rentals.handovers import services
from rentals.handovers.deposits import Standing, standing_of
from rentals.handovers.enums import RentalState
from rentals.handovers.errors import NotPaid
from rentals.handovers.services.pickup import missing_money
from rentals.policies.models import BookingPolicy
from rentals.pricing.services import make_quote as price_and_freeze
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import (
    accepted_on_the_glass,
    handed_over,
    opened,
    presented,
    ready_to_sign,
    return_of,
    returned,
    sign_both,
)
from tests.factories.money import pay
from tests.factories.rentals import a_period, make_quote
from tests.fakes.cards import CARD, CODE, Cards, registered
from tests.integration.payments.intents.holding import run_jobs
from tests.integration.rentals.handovers.pages import text_of, url
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

pytestmark = pytest.mark.usefixtures("quick_paper")

RENT, DEPOSIT = 600_000, 3_000_000
KEPT = 500_000


@pytest.fixture
def cards():
    with registered(Cards()) as fake:
        yield fake
    assert prove().problems == []


KEEPS_BACK = {"fine_retention_amount": KEPT, "fine_retention_days": 30}


@pytest.fixture
def supervisor(attendant, station):
    attendant.staff_posts.filter(station=station).update(role="supervisor")
    return attendant


def booked_with_card(renter, vehicle, *, hours_ahead=0.5, keeps=True, policy=None):
    period = a_period(starts_at=clock.now() + timedelta(hours=hours_ahead), hours=10)
    quote = make_quote(
        model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle, policy=policy or {}
    )
    booking = hold_booking(renter=renter, quote=quote, idempotency_key="card", by=renter_actor(renter))
    intent = intents_of(booking.reference).get()
    start_payment(
        intent=intent, method=CODE, origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
    )
    intent.refresh_from_db()
    assert intent.merchant_ref is not None
    fact = ProviderFact(
        CODE,
        FactKind.SUCCEEDED,
        intent.merchant_ref,
        provider_ref=f"pi_{intent.merchant_ref}",
        amount=RENT,
        instrument=CARD if keeps else None,
    )
    apply_fact(fact)
    booking.refresh_from_db()
    return booking


def the_deposit():
    return Deposit.objects.get()


def with_damage(rental, attendant, by, amount):
    presented(rental, attendant)
    services.add_damage(
        inspection=return_of(rental),
        part="hood",
        kind="dent",
        upload=photo_bytes(),
        charge_amount=amount,
        by=by,
    )
    services.finish_return(rental=rental, by=by)
    rental.refresh_from_db()


# --- Before pickup ------------------------------------------------------------------------------
def test_paying_the_rent_by_card_confirms_and_plans_the_hold_a_day_ahead(renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle, hours_ahead=72)
    run_jobs()
    hold = DepositHold.objects.get()
    assert (booking.state, hold.state, the_deposit().state) == ("confirmed", "planned", "due")
    assert hold.place_at == booking.starts_at - timedelta(hours=24)
    standing = standing_of(booking)
    assert (standing.standing, standing.missing) == (Standing.PLANNED, DEPOSIT)


def test_the_renter_reads_that_it_is_held_and_not_charged(renter, vehicle, cards, client, traveller):
    booking = booked_with_card(renter, vehicle, hours_ahead=72)
    client.force_login(renter)
    words = text_of(client.get(booking.get_absolute_url()))
    assert "3.000.000 ₫ sẽ được giữ trên thẻ của bạn từ" in words
    traveller.shift(timedelta(hours=49))
    mind_holds()
    run_jobs()
    words = text_of(client.get(booking.get_absolute_url()))
    assert "3.000.000 ₫ đang được giữ trên thẻ của bạn, chưa bị trừ." in words


def test_a_declined_hold_is_told_and_paid_on_the_booking_page(renter, vehicle, cards, client):
    cards.failing = [("hold", "declined")]
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    asked = PaymentIntent.objects.get(purpose=Purpose.DEPOSIT)
    mail = Delivery.objects.get(kind="deposit_needed")
    assert (mail.recipient, mail.reference) == (renter, booking.reference)
    client.force_login(renter)
    page = client.get(booking.get_absolute_url())
    assert page.context["next"].href == asked.get_absolute_url()
    assert "Ngân hàng không giữ được 3.000.000 ₫ trên thẻ. Thẻ không bị trừ." in text_of(page)


# --- At the counter -----------------------------------------------------------------------------
def test_keys_wait_for_the_deposit_and_a_hold_is_enough(renter, vehicle, attendant, cards):
    booking = booked_with_card(renter, vehicle)
    rental = ready_to_sign(booking=booking, attendant=attendant)
    sign_both(rental, attendant)
    # No job has run: the hold is not there yet.
    assert missing_money(booking) == DEPOSIT
    with pytest.raises(NotPaid):
        services.hand_over_keys(rental=rental, by=staff_actor(attendant))
    run_jobs()
    assert services.hand_over_keys(rental=rental, by=staff_actor(attendant)).state == RentalState.ACTIVE


def test_the_counter_holds_the_deposit_now(tablet, renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle, hours_ahead=30)
    page = text_of(tablet.get(url("deposit", booking.code)))
    assert "Sẽ giữ 3.000.000 ₫ trên thẻ từ" in page
    assert "Giữ 3.000.000 ₫ trên thẻ" in page
    answer = tablet.post(url("deposit-place", booking.code), follow=True)
    assert "Tiền cọc đang được giữ trên thẻ, chưa thu." in text_of(answer)
    assert "Đang giữ 3.000.000 ₫ trên thẻ, chưa thu" in text_of(answer)
    assert (the_deposit().state, missing_money(booking)) == (DepositState.HELD, 0)
    assert "Đang giữ 3.000.000 ₫ trên thẻ" in text_of(tablet.get(url("booking-detail", booking.code)))


def test_the_counter_asks_for_it_when_the_bank_declines(tablet, renter, vehicle, cards):
    cards.failing = [("hold", "declined"), ("hold", "declined")]
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    answer = tablet.post(url("deposit-place", booking.code), follow=True)
    assert "Ngân hàng không đồng ý giữ." in text_of(answer)
    tablet.post(url("deposit-ask", booking.code))
    tablet.post(url("deposit-ask", booking.code))
    asked = PaymentIntent.objects.filter(purpose=Purpose.DEPOSIT)
    assert [(row.amount, row.state) for row in asked] == [(DEPOSIT, IntentState.CREATED)]


def test_a_card_that_was_not_kept_offers_no_hold(tablet, renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle, keeps=False)
    page = text_of(tablet.get(url("deposit", booking.code)))
    assert "Chưa có cọc" in page
    assert "Giữ trên thẻ ngay" not in page
    answer = tablet.post(url("deposit-place", booking.code))
    assert answer.status_code == 409


def test_only_a_supervisor_waives_and_says_why(tablet, renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle, keeps=False)
    answer = tablet.post(url("deposit", booking.code), {"reason": "Khách quen"})
    assert (answer.status_code, the_deposit().state) == (403, DepositState.DUE)


def test_a_waived_deposit_lets_the_keys_go_and_settles_without_one(
    tablet, renter, vehicle, supervisor, cards
):
    booking = booked_with_card(renter, vehicle, keeps=False)
    assert tablet.post(url("deposit", booking.code), {"reason": ""}).status_code == 422
    assert tablet.post(url("deposit", booking.code), {"reason": "Khách quen"}).status_code == 302
    assert (the_deposit().state, missing_money(booking)) == (DepositState.WAIVED, 0)
    assert PaymentIntent.objects.get(purpose=Purpose.DEPOSIT).state == IntentState.CANCELLED
    rental = handed_over(booking=booking, attendant=supervisor)
    with_damage(rental, supervisor, staff_actor(supervisor), 500_000)
    settlement = accepted_on_the_glass(rental, supervisor)
    assert (settlement.deposit_amount, settlement.captured_amount, settlement.debt_amount) == (0, 0, 500_000)
    assert debt_of(renter) == 500_000


def test_another_stations_staff_see_no_deposit(other_tablet, renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle)
    for name in ("deposit", "deposit-place", "deposit-ask"):
        assert other_tablet.post(url(name, booking.code), {"reason": "x"}).status_code == 404
    assert the_deposit().state == DepositState.DUE


# --- Settling -----------------------------------------------------------------------------------
def test_damage_is_taken_from_the_card_with_a_receipt_without_vat_and_the_rest_is_freed(
    renter, vehicle, attendant, by, cards
):
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    rental = handed_over(booking=booking, attendant=attendant)
    with_damage(rental, attendant, by, 500_000)
    settlement = accepted_on_the_glass(rental, attendant)
    run_jobs()
    hold = DepositHold.objects.get()
    assert (hold.state, hold.captured, cards.holds[hold.merchant_ref].captured) == (
        "captured",
        500_000,
        500_000,
    )
    line = settlement.lines.get(code="damage")
    assert (line.gross_amount, line.vat_amount) == (500_000, 0)
    assert balance_of(booking.reference).is_zero
    assert the_deposit().state == DepositState.RELEASED
    assert Payment.objects.get(provider_ref=hold.provider_ref).amount == 500_000


def test_lateness_taken_from_the_card_carries_vat(renter, vehicle, attendant, cards, traveller):
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    rental = handed_over(booking=booking, attendant=attendant)
    traveller.shift(timedelta(hours=12, minutes=30))
    returned(rental, attendant)
    settlement = accepted_on_the_glass(rental, attendant)
    run_jobs()
    lines = settlement.lines.filter(is_prepaid=False)
    assert lines.filter(code="late_fee", vat_amount__gt=0).exists()
    assert DepositHold.objects.get().captured == settlement.extra_amount == settlement.captured_amount


def test_a_part_is_kept_back_for_fines_and_goes_back_by_itself(
    renter, vehicle, attendant, cards, client, traveller
):
    booking = booked_with_card(renter, vehicle, policy=KEEPS_BACK)
    run_jobs()
    rental = handed_over(booking=booking, attendant=attendant)
    settlement = returned(rental, attendant)
    until = date(2026, 12, 24)
    assert (settlement.retained_amount, settlement.retained_until) == (KEPT, until)
    accepted_on_the_glass(rental, attendant)
    run_jobs()
    deposit, hold = the_deposit(), DepositHold.objects.get()
    assert (deposit.retained, deposit.money, deposit.on_hold, hold.captured) == (KEPT, KEPT, 0, KEPT)
    client.force_login(renter)
    words = text_of(client.get(booking.get_absolute_url()))
    assert "Trả lại 2.500.000 ₫. Giữ 500.000 ₫ đến 24/12/2026 chờ phạt nguội rồi tự trả lại." in words
    traveller.shift(timedelta(days=29))
    assert release_retained() == 0
    traveller.shift(timedelta(days=1))
    assert release_retained() == 1
    assert (Refund.objects.get().amount, balance_of(booking.reference).is_zero) == (KEPT, True)


def test_charged_money_is_kept_back_the_same_way(renter, vehicle, attendant):
    period = a_period(starts_at=clock.now() + timedelta(minutes=30))
    quote = make_quote(
        model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle, policy=KEEPS_BACK
    )
    booking = hold_booking(renter=renter, quote=quote, idempotency_key="money", by=renter_actor(renter))
    pay(booking)
    booking.refresh_from_db()
    rental = handed_over(booking=booking, attendant=attendant)
    returned(rental, attendant)
    accepted_on_the_glass(rental, attendant)
    assert (Refund.objects.get().amount, the_deposit().retained) == (DEPOSIT - KEPT, KEPT)
    assert Receipt.objects.get(reference=booking.reference).content["deposit"] == {
        "held": DEPOSIT,
        "captured": 0,
        "returned": DEPOSIT - KEPT,
        "kept": KEPT,
        "kept_until": "2026-12-24",
    }


def test_the_retention_of_the_policy_is_frozen_into_the_quote(vehicle):
    BookingPolicy.objects.create(valid_from=date(2026, 1, 1), fine_retention_amount=KEPT)
    period = a_period(starts_at=clock.now() + timedelta(days=1))
    quote = price_and_freeze(model=vehicle.model, station=vehicle.station, period=period)
    BookingPolicy.objects.update(fine_retention_amount=0)
    assert (quote.policy["fine_retention_amount"], quote.policy["fine_retention_days"]) == (KEPT, 30)


def test_the_counter_says_what_is_kept_until_when(tablet, renter, vehicle, attendant, cards):
    booking = booked_with_card(renter, vehicle, policy=KEEPS_BACK)
    run_jobs()
    rental = handed_over(booking=booking, attendant=attendant)
    returned(rental, attendant)
    words = text_of(tablet.get(url("return-acceptance", booking.code)))
    assert "Trong đó giữ đến 24/12/2026 chờ phạt nguội" in words


def test_a_hold_that_ran_out_before_the_renter_signed_becomes_a_debt(renter, vehicle, attendant, by, cards):
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    rental = handed_over(booking=booking, attendant=attendant)
    with_damage(rental, attendant, by, 500_000)
    hold = DepositHold.objects.get()
    cards.holds[hold.merchant_ref].state = "ended"
    apply_fact(cards.tell(hold.merchant_ref))
    assert the_deposit().state == DepositState.DUE
    settlement = accepted_on_the_glass(rental, attendant)
    settlement.refresh_from_db()
    assert (settlement.captured_amount, settlement.debt_amount, settlement.deposit_amount) == (0, 500_000, 0)
    assert debt_of(renter) == 500_000
    assert PaymentIntent.objects.get(purpose=Purpose.BALANCE).amount == 500_000
    assert PaymentIntent.objects.get(purpose=Purpose.DEPOSIT).state == IntentState.CANCELLED
    assert state_of(rental) == RentalState.CLOSED


def test_a_hold_lost_after_signing_becomes_a_debt_with_a_request(renter, vehicle, attendant, by, cards):
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    rental = handed_over(booking=booking, attendant=attendant)
    with_damage(rental, attendant, by, 500_000)
    cards.holds[DepositHold.objects.get().merchant_ref].state = "ended"
    accepted_on_the_glass(rental, attendant)
    run_jobs()
    assert DepositHold.objects.get().state == HoldState.EXPIRED
    assert (debt_of(renter), money_of(booking.reference).due) == (500_000, 500_000)
    assert PaymentIntent.objects.get(purpose=Purpose.BALANCE).amount == 500_000


# --- Ends without keys --------------------------------------------------------------------------
def test_cancelling_frees_the_card_and_refunds_the_rent(renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle, hours_ahead=30)
    services_answer = cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))
    assert (services_answer.total, services_answer.deposit_freed) == (RENT, 0)
    assert DepositHold.objects.get().state == HoldState.ENDED
    run_jobs()
    assert balance_of(booking.reference).is_zero
    assert cards.count("hold") == 0


def test_cancelling_after_it_is_held_says_that_nothing_was_charged(renter, vehicle, cards):
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    preview = cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=SYSTEM)
    assert (preview.total, preview.deposit_freed) == (RENT, DEPOSIT)
    run_jobs()
    hold = DepositHold.objects.get()
    assert (hold.state, cards.holds[hold.merchant_ref].state) == ("ended", "ended")
    mail = Delivery.objects.get(kind="booking_cancelled")
    assert "Khoản cọc 3.000.000 ₫ chỉ được giữ trên thẻ, không bị thu" in " ".join(mail.body.split())


def test_an_aborted_handover_frees_the_card(renter, vehicle, attendant, by, cards):
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    rental = opened(booking=booking, attendant=attendant)
    services.abort_handover(rental=rental, reason=CancelReason.VEHICLE_UNFIT, note="Lốp mòn", by=by)
    run_jobs()
    assert DepositHold.objects.get().state == HoldState.ENDED
    assert balance_of(booking.reference).is_zero


def test_money_that_comes_too_late_gives_the_rent_back_and_drops_the_hold(renter, vehicle, cards, traveller):
    period = a_period(starts_at=clock.now() + timedelta(hours=1), hours=10)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle)
    booking = hold_booking(renter=renter, quote=quote, idempotency_key="late", by=renter_actor(renter))
    intent = intents_of(booking.reference).get()
    start_payment(
        intent=intent, method=CODE, origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
    )
    intent.refresh_from_db()
    traveller.shift(timedelta(hours=4))
    expire_due_holds()
    fact = ProviderFact(
        CODE,
        FactKind.SUCCEEDED,
        intent.merchant_ref or "",
        provider_ref="pi_late",
        amount=RENT,
        instrument=CARD,
    )
    apply_fact(fact)
    run_jobs()
    booking.refresh_from_db()
    assert booking.state == "expired"
    assert (DepositHold.objects.get().state, Refund.objects.get().amount) == (HoldState.ENDED, RENT)
    assert (cards.count("hold"), balance_of(booking.reference).is_zero) == (0, True)


def test_a_deposit_paid_for_a_booking_that_has_ended_goes_back(renter, vehicle, cards):
    cards.failing = [("hold", "declined")]
    booking = booked_with_card(renter, vehicle)
    run_jobs()
    asked = PaymentIntent.objects.get(purpose=Purpose.DEPOSIT)
    start_payment(
        intent=asked, method=CODE, origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
    )
    asked.refresh_from_db()
    cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=SYSTEM)
    assert asked.merchant_ref is not None
    cards.put_hold(asked.merchant_ref, DEPOSIT)
    apply_fact(cards.tell(asked.merchant_ref))
    run_jobs()
    assert cards.holds[asked.merchant_ref].state == "ended"
    assert the_deposit().state == DepositState.RELEASED
    assert balance_of(booking.reference).is_zero


def state_of(rental):
    rental.refresh_from_db()
    return rental.state
