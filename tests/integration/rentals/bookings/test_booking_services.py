from datetime import date, timedelta

import pytest
import time_machine

from accounts.access.actors import renter_actor
from accounts.kyc.eligibility import NotEligible
from accounts.notifications.models import Delivery
from payments.intents.models import Deposit, PaymentIntent, Refund
from payments.intents.selectors import balance_of, intents_of, money_of
from payments.intents.services import apply_fact
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from rentals.bookings.enums import BOOKING, BookingState, CancelReason
from rentals.bookings.errors import CannotCancel, PeriodNotOffered, StationClosed, TooManyBookings
from rentals.bookings.models import Booking
from rentals.bookings.services import (
    cancel_booking,
    expire_due_holds,
    expire_hold,
    hold_booking,
    refund_preview,
)
from rentals.contracts.models import Contract
from rentals.pricing.errors import QuoteExpired
from rentals.pricing.services import make_quote
from stations.timeline.enums import AllocationState
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.factories.money import paid_fact, pay
from tests.factories.rentals import a_period, end_tax_rules, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM

# A Monday.
NOW = "2026-11-23 09:00:00+07:00"
RENT = 600_000
DEPOSIT = 3_000_000


@pytest.fixture(autouse=True)
def hand():
    with time_machine.travel(NOW, tick=False) as hand_of_clock:
        yield hand_of_clock


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def model():
    model = make_car_model()
    make_tariff(model=model)
    return model


@pytest.fixture
def vehicle(station, model):
    return make_vehicle(station=station, model=model)


def quote_for(vehicle, *, in_hours=30, hours=24, by_plate=False):
    start = clock.now() + timedelta(hours=in_hours)
    return make_quote(
        model=vehicle.model,
        station=vehicle.station,
        period=a_period(starts_at=start, hours=hours),
        vehicle=vehicle if by_plate else None,
    )


def hold(renter, vehicle, key="1", **options):
    return hold_booking(
        renter=renter, quote=quote_for(vehicle, **options), idempotency_key=key, by=renter_actor(renter)
    )


def events(booking):
    return [event.target for event in states.events_of(BOOKING, booking)]


def test_a_hold_blocks_the_vehicle_and_asks_for_rent_and_deposit(renter, vehicle):
    booking = hold(renter, vehicle)

    assert booking.state == BookingState.HELD
    assert booking.allocation.vehicle == vehicle
    assert booking.allocation.hold_expires_at == clock.now() + timedelta(minutes=15)
    # The turnaround belongs to the claim, not to the rental.
    assert booking.allocation.period.upper == booking.ends_at + timedelta(minutes=30)
    intent = intents_of(booking.reference).get()
    assert (intent.prepayment_amount, intent.deposit_amount) == (RENT, DEPOSIT)
    assert booking.eligibility["is_eligible"] is True
    assert LedgerEntry.objects.count() == 0


def test_holding_twice_with_one_key_is_one_booking(renter, vehicle):
    assert hold(renter, vehicle, key="same").pk == hold(renter, vehicle, key="same").pk
    assert Booking.objects.count() == 1


def test_the_second_renter_cannot_take_the_same_car(renter, stranger, vehicle):
    hold(renter, vehicle)

    with pytest.raises(VehicleUnavailable):
        hold(stranger, vehicle)

    assert (Booking.objects.count(), VehicleAllocation.objects.count(), PaymentIntent.objects.count()) == (
        1,
        1,
        1,
    )


def test_a_hold_that_ran_out_is_out_even_when_no_beat_runs(renter, stranger, vehicle, hand):
    first = hold(renter, vehicle)
    hand.shift(timedelta(minutes=15))

    first.refresh_from_db()
    assert first.shown_state == BookingState.EXPIRED
    assert hold(stranger, vehicle).allocation.vehicle == vehicle


def test_money_confirms_and_drafts_a_contract(renter, vehicle):
    booking = hold(renter, vehicle)
    pay(booking)

    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    assert booking.allocation.state == AllocationState.CONFIRMED
    assert events(booking) == ["held", "confirmed"]
    assert balance_of(booking.reference).prepaid == RENT
    assert balance_of(booking.reference).deposit == DEPOSIT
    assert Contract.objects.filter(booking=booking).count() == 1


def test_money_that_repeats_itself_confirms_once(renter, vehicle):
    booking = hold(renter, vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    for _ in range(3):
        apply_fact(fact)

    assert events(booking) == ["held", "confirmed"]
    assert LedgerEntry.objects.count() == 1


def test_money_confirms_a_hold_that_ran_out_while_nobody_took_the_vehicle(renter, vehicle, hand):
    booking = hold(renter, vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    hand.shift(timedelta(minutes=16))
    apply_fact(fact)

    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_late_money_takes_the_free_vehicle_again(renter, vehicle, hand):
    booking = hold(renter, vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    hand.shift(timedelta(minutes=16))

    assert expire_hold(booking)
    assert booking.state == BookingState.EXPIRED
    apply_fact(fact)

    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    assert events(booking) == ["held", "expired", "confirmed"]
    assert VehicleAllocation.objects.live(clock.now()).get() == booking.allocation


def test_late_money_takes_an_equal_vehicle_when_the_first_is_gone(renter, stranger, vehicle, hand):
    booking = hold(renter, vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    hand.shift(timedelta(minutes=16))
    other = hold(stranger, vehicle, in_hours=29)
    twin = make_vehicle(station=vehicle.station, model=vehicle.model)
    apply_fact(fact)

    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    assert {booking.allocation.vehicle, other.allocation.vehicle} == {vehicle, twin}


def test_late_money_goes_back_when_every_vehicle_is_taken(renter, stranger, vehicle, hand):
    booking = hold(renter, vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    hand.shift(timedelta(minutes=16))
    hold(stranger, vehicle)
    apply_fact(fact)

    booking.refresh_from_db()
    assert booking.state == BookingState.EXPIRED
    refund = Refund.objects.get()
    assert (refund.prepayment_amount, refund.deposit_amount) == (RENT, DEPOSIT)
    assert balance_of(booking.reference).is_zero
    assert Delivery.objects.filter(recipient=renter, kind="late_payment_refunded").count() == 1


def test_expiring_a_hold_frees_the_vehicle_and_ends_the_payment(renter, vehicle, hand):
    booking = hold(renter, vehicle)
    assert expire_hold(booking) is False
    hand.shift(timedelta(minutes=15))

    assert expire_due_holds() == 1
    assert expire_due_holds() == 0

    booking.refresh_from_db()
    assert booking.state == BookingState.EXPIRED
    assert booking.allocation.state == AllocationState.EXPIRED
    assert intents_of(booking.reference).get().state == "expired"


@pytest.mark.parametrize(
    ("starts_in_hours", "rent_back"),
    [(24, RENT), (23, RENT // 2), (12, RENT // 2), (11, 0)],
)
def test_a_renters_cancellation_gives_back_by_tiers_and_the_deposit_in_full(
    renter, vehicle, hand, starts_in_hours, rent_back
):
    booking = hold(renter, vehicle, in_hours=48)
    pay(booking)
    booking.refresh_from_db()
    hand.shift(timedelta(hours=48 - starts_in_hours))

    shown = refund_preview(booking)
    done = cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    assert shown == done
    assert (done.rent_refund, done.fee, done.deposit_refund) == (rent_back, RENT - rent_back, DEPOSIT)
    assert booking.state == BookingState.CANCELLED
    assert balance_of(booking.reference).is_zero
    assert Deposit.objects.get().state == "released"
    assert VehicleAllocation.objects.live(clock.now()).count() == 0


def test_a_booking_made_within_a_day_is_free_to_cancel_for_an_hour(renter, vehicle, hand):
    booking = hold(renter, vehicle, in_hours=5)
    pay(booking)
    booking.refresh_from_db()
    hand.shift(timedelta(minutes=60))
    assert refund_preview(booking).rent_refund == RENT
    hand.shift(timedelta(minutes=1))
    assert refund_preview(booking).rent_refund == 0


def test_our_fault_gives_everything_back(renter, vehicle, hand):
    booking = hold(renter, vehicle, in_hours=5)
    pay(booking)
    booking.refresh_from_db()
    hand.shift(timedelta(hours=4))

    done = cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=SYSTEM)

    assert (done.rent_refund, done.fee) == (RENT, 0)


def test_cancelling_twice_changes_nothing(renter, vehicle):
    booking = hold(renter, vehicle, in_hours=48)
    pay(booking)
    booking.refresh_from_db()
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    assert Refund.objects.count() == 1
    assert money_of(booking.reference).pending_refunds == RENT + DEPOSIT


def test_an_unpaid_hold_is_cancelled_without_any_money(renter, vehicle):
    booking = hold(renter, vehicle)
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    assert booking.state == BookingState.CANCELLED
    assert (Refund.objects.count(), LedgerEntry.objects.count()) == (0, 0)


def test_an_expired_booking_cannot_be_cancelled(renter, vehicle, hand):
    booking = hold(renter, vehicle)
    hand.shift(timedelta(minutes=20))
    expire_due_holds()
    with pytest.raises(CannotCancel):
        cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))


def test_money_for_a_cancelled_hold_goes_back(renter, vehicle):
    booking = hold(renter, vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))
    apply_fact(fact)

    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED
    assert balance_of(booking.reference).is_zero


def nothing_was_written():
    return (Booking.objects.count(), VehicleAllocation.objects.count(), PaymentIntent.objects.count()) == (
        0,
        0,
        0,
    )


def test_a_stale_quote_is_refused(renter, vehicle, hand):
    quote = quote_for(vehicle)
    hand.shift(timedelta(minutes=10))
    with pytest.raises(QuoteExpired):
        hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))
    assert nothing_was_written()


def test_somebody_without_papers_is_refused_with_reasons(newcomer, vehicle):
    with pytest.raises(NotEligible) as refused:
        hold(newcomer, vehicle)
    assert {reason.code for reason in refused.value.reasons} == {
        "identity_missing",
        "licence_missing",
        "selfie_missing",
    }
    assert nothing_was_written()


def test_a_closed_station_is_refused(renter, model):
    vehicle = make_vehicle(station=make_station(hours=(360, 1320)), model=model)
    # 09:00 + 14 h = 23:00.
    with pytest.raises(StationClosed) as refused:
        hold(renter, vehicle, in_hours=14)
    assert refused.value.details == {"end": "pickup"}
    assert nothing_was_written()


@pytest.mark.parametrize(("in_hours", "hours"), [(-1, 24), (30, 24 * 61), (24 * 181, 24)])
def test_a_period_that_is_past_too_long_or_too_far_is_refused(renter, vehicle, in_hours, hours):
    with pytest.raises(PeriodNotOffered):
        hold(renter, vehicle, in_hours=in_hours, hours=hours)
    assert nothing_was_written()


def test_a_fourth_unpaid_hold_is_refused(renter, station, model):
    vehicles = [make_vehicle(station=station, model=model) for _ in range(4)]
    for number, vehicle in enumerate(vehicles[:3]):
        hold(renter, vehicle, key=str(number))
    with pytest.raises(TooManyBookings):
        hold(renter, vehicles[3], key="4")
    assert Booking.objects.count() == 3


def test_a_vehicle_chosen_by_plate_is_the_one_that_is_held(renter, station, model):
    vehicles = [make_vehicle(station=station, model=model) for _ in range(5)]
    booking = hold(renter, vehicles[3], by_plate=True)
    assert booking.allocation.vehicle == vehicles[3]
    assert booking.is_by_model is False


def test_a_fee_that_is_kept_next_year_has_the_vat_of_the_day_it_was_paid(renter, vehicle, hand):
    end_tax_rules(date(2026, 12, 31), then_bp=1000)
    booking = hold(renter, vehicle, in_hours=24 * 45)
    pay(booking)
    hand.move_to(booking.starts_at - timedelta(hours=18))

    preview = cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    assert preview.fee == 300_000
    # 8 % of 2026 in 600,000 is 44,444; 10 % in what is kept would be 27,273.
    assert ledger.balance(chart.VAT_OUTPUT) == 22_222
