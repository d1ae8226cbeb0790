from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from accounts.kyc.eligibility import NotEligible
from accounts.notifications.models import Delivery
from payments.intents.models import PaymentIntent, Refund
from payments.intents.selectors import balance_of, money_of
from payments.ledger.models import LedgerEntry
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.errors import PeriodNotOffered, StationClosed
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, hold_booking, refund_preview
from rentals.changes import services
from rentals.changes.enums import ChangeState
from rentals.changes.errors import CannotChange, ChangeEnded, ChangeWaits, NothingChanged, PreviewOver
from rentals.changes.models import BookingChange
from rentals.changes.wanted import as_booked
from rentals.contracts.models import Contract
from rentals.pricing.errors import QuoteExpired
from rentals.pricing.services import make_quote
from stations.timeline.enums import AllocationState
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import paid_booking
from tests.factories.money import pay as pay_booking
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from tests.integration.rentals.changes.conftest import intent_of, open_page, pay
from voltgo.core import clock
from voltgo.core.clock import Period

HOUR = timedelta(hours=1)
TURNAROUND = timedelta(minutes=30)


def counts():
    return tuple(
        rows.objects.count()
        for rows in (BookingChange, VehicleAllocation, PaymentIntent, Refund, LedgerEntry, Delivery)
    )


def pieces(change):
    rows = VehicleAllocation.objects.filter(claimant=change.reference).order_by("period")
    return [(row.period.lower, row.period.upper, row.state) for row in rows]


def live(vehicle):
    rows = VehicleAllocation.objects.live(clock.now()).filter(vehicle=vehicle).order_by("period")
    return [(row.claimant, row.period.lower, row.period.upper, row.state) for row in rows]


def wanted(booking, *, start=0, end=0, **others):
    period = Period(booking.starts_at + start * HOUR, booking.ends_at + end * HOUR)
    return as_booked(booking).but(period=period, **others)


def booked_by_model(renter, vehicle, period):
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period)
    booking = hold_booking(renter=renter, quote=quote, idempotency_key="by-model", by=renter_actor(renter))
    pay_booking(booking)
    booking.refresh_from_db()
    return booking


def test_a_preview_shows_the_difference_and_writes_nothing_but_a_quote(booking):
    before = counts()

    preview = services.preview_change(booking=booking, wanted=wanted(booking, end=3))

    assert (preview.before.total_amount, preview.after.total_amount) == (600_000, 900_000)
    assert (preview.difference.rent, preview.difference.deposit, preview.difference.fee) == (300_000, 0, 0)
    assert (preview.difference.due, preview.difference.back, preview.difference.balance) == (
        300_000,
        0,
        300_000,
    )
    assert preview.after.replaces == booking.quote
    assert counts() == before


def test_a_longer_booking_holds_only_the_time_that_it_lacks(booking, change):
    asked = change(booking, end=3)

    assert asked.state == ChangeState.AWAITING_PAYMENT
    start = booking.ends_at + TURNAROUND
    assert pieces(asked) == [(start, start + 3 * HOUR, AllocationState.HELD)]
    intent = intent_of(asked)
    assert (intent.purpose, intent.amount, intent.deposit_amount) == ("change", 300_000, 0)
    assert intent.expires_at == asked.expires_at == clock.now() + timedelta(minutes=15)
    booking.refresh_from_db()
    assert booking.ends_at == asked.before_quote.ends_at


def test_money_puts_the_change_in_place(booking, change, vehicle):
    before = booking.ends_at
    asked = change(booking, start=-2, end=3)
    pay(asked)

    assert asked.state == ChangeState.APPLIED
    current = Booking.objects.get(pk=booking.pk)
    assert current.quote == asked.after_quote
    assert (current.starts_at, current.ends_at) == (booking.starts_at - 2 * HOUR, before + 3 * HOUR)
    assert live(vehicle) == [
        (current.reference, current.starts_at, current.ends_at + TURNAROUND, AllocationState.CONFIRMED)
    ]
    assert current.allocation_id == booking.allocation_id
    assert money_of(current.reference).prepaid == current.quote.total_amount == 1_100_000
    told = Delivery.objects.get(kind="booking_changed")
    assert told.recipient == booking.renter


def test_the_same_money_twice_tells_once(booking, change):
    asked = change(booking, end=3)
    pay(asked)
    pay(asked)

    assert Delivery.objects.filter(kind="booking_changed").count() == 1
    assert money_of(booking.reference).prepaid == 900_000


def test_the_contract_is_drawn_up_anew(booking, change):
    pay(change(booking, end=3))

    states = list(
        Contract.objects.filter(booking=booking).order_by("version").values_list("state", flat=True)
    )
    assert states == ["voided", "draft"]


def test_a_shorter_booking_far_ahead_gives_everything_back(booking, change, vehicle):
    asked = change(booking, end=-20)

    assert asked.state == ChangeState.APPLIED
    refund = Refund.objects.get(reference=booking.reference)
    assert (refund.prepayment_amount, refund.deposit_amount, refund.reason) == (200_000, 0, "change")
    assert money_of(booking.reference).prepaid == 400_000
    assert [row[1:3] for row in live(vehicle)] == [
        (booking.starts_at, booking.starts_at + 4 * HOUR + TURNAROUND)
    ]


def test_what_is_given_up_late_is_kept_by_the_policy(booking, change, hand):
    hand.shift(timedelta(hours=30))  # 18 hours before the start: half goes back.
    change(booking, end=-20)

    assert Refund.objects.get(reference=booking.reference).prepayment_amount == 100_000
    assert money_of(booking.reference).prepaid == 400_000
    assert LedgerEntry.objects.filter(kind="revenue", reference=booking.reference).count() == 1


def test_putting_off_a_pickup_buys_no_better_terms(booking, change, hand):
    hand.shift(timedelta(hours=30))
    asked = change(booking, start=240, end=240)

    assert asked.state == ChangeState.APPLIED
    assert Refund.objects.count() == 0
    booking = Booking.objects.get(pk=booking.pk)
    assert booking.refund_cap_bp == 5000
    preview = refund_preview(booking)
    assert (preview.rent_refund, preview.fee, preview.deposit_refund) == (300_000, 300_000, 3_000_000)


def test_a_time_apart_from_the_old_one_is_claimed_whole_and_the_old_one_let_go(booking, change, vehicle):
    asked = change(booking, start=100, end=100)

    assert asked.state == ChangeState.APPLIED
    current = Booking.objects.get(pk=booking.pk)
    assert current.allocation_id != booking.allocation_id
    assert live(vehicle) == [
        (current.reference, current.starts_at, current.ends_at + TURNAROUND, AllocationState.CONFIRMED)
    ]
    booking.allocation.refresh_from_db()
    assert booking.allocation.state == AllocationState.RELEASED


def test_another_model_costs_its_own_price_and_deposit(booking, change, station):
    bigger = make_car_model()
    make_tariff(
        model=bigger,
        hour_amount=200_000,
        day_amount=1_000_000,
        week_amount=6_000_000,
        deposit_amount=5_000_000,
    )
    other = make_vehicle(model=bigger, station=station)
    asked = change(booking, model=bigger, vehicle=None)

    assert (asked.rent_difference, asked.deposit_difference, asked.vehicle) == (400_000, 2_000_000, other)
    pay(asked)

    current = Booking.objects.get(pk=booking.pk)
    assert (current.model, current.is_by_model, current.allocation.vehicle) == (bigger, True, other)
    assert money_of(booking.reference).deposit_held == 5_000_000
    assert money_of(booking.reference).prepaid == 1_000_000


def test_a_cheaper_model_gives_deposit_back(booking, change, station):
    smaller = make_car_model()
    make_tariff(
        model=smaller, hour_amount=50_000, day_amount=400_000, week_amount=2_400_000, deposit_amount=1_000_000
    )
    make_vehicle(model=smaller, station=station)
    change(booking, model=smaller, vehicle=None)

    refund = Refund.objects.get(reference=booking.reference)
    assert (refund.prepayment_amount, refund.deposit_amount) == (200_000, 2_000_000)
    assert balance_of(booking.reference).deposit == 1_000_000


def test_a_booking_by_model_takes_another_vehicle_when_its_own_is_promised(
    renter, stranger, model, station, by
):
    first = make_vehicle(model=model, station=station)
    start = clock.now() + 48 * HOUR
    booking = booked_by_model(renter, first, a_period(starts_at=start, hours=4))
    second = make_vehicle(model=model, station=station)
    paid_booking(renter=stranger, vehicle=first, period=a_period(starts_at=start + 5 * HOUR, hours=4))

    preview = services.preview_change(booking=booking, wanted=wanted(booking, end=3))
    asked = services.request_change(booking=booking, quote=preview.after, idempotency_key="1", by=by)

    assert asked.vehicle == second
    pay(asked)
    assert Booking.objects.get(pk=booking.pk).allocation.vehicle == second
    assert [row[0] for row in live(second)] == [booking.reference]


def test_a_change_into_somebody_elses_time_is_refused_and_writes_nothing(booking, stranger, vehicle):
    paid_booking(
        renter=stranger,
        vehicle=vehicle,
        period=a_period(starts_at=booking.ends_at + HOUR, hours=4),
    )
    before = counts()

    with pytest.raises(VehicleUnavailable) as refusal:
        services.preview_change(booking=booking, wanted=wanted(booking, end=3))

    assert str(refusal.value) == (
        f"Không có {booking.model} nào trống ở {booking.pickup_station.name} trong khung giờ này. "
        "Hãy chọn giờ, trạm hoặc mẫu xe khác."
    )
    assert counts() == before


def test_time_taken_after_the_preview_is_refused_and_writes_nothing(booking, stranger, vehicle, by):
    preview = services.preview_change(booking=booking, wanted=wanted(booking, end=3))
    paid_booking(renter=stranger, vehicle=vehicle, period=a_period(starts_at=booking.ends_at + HOUR, hours=4))
    before = counts()

    with pytest.raises(VehicleUnavailable):
        services.request_change(booking=booking, quote=preview.after, idempotency_key="1", by=by)

    assert counts() == before


def test_the_same_request_twice_is_one_change(booking, by):
    preview = services.preview_change(booking=booking, wanted=wanted(booking, end=3))
    asked = [
        services.request_change(booking=booking, quote=preview.after, idempotency_key="1", by=by).pk
        for _ in range(2)
    ]

    assert asked[0] == asked[1]


def test_one_change_at_a_time(booking, change):
    change(booking, end=3)

    with pytest.raises(ChangeWaits):
        services.preview_change(booking=booking, wanted=wanted(booking, end=4))


def test_a_quote_of_somebody_else_changes_nothing(booking, renter, vehicle, by):
    other = paid_booking(
        renter=renter, vehicle=vehicle, period=a_period(starts_at=booking.ends_at + 100 * HOUR, hours=4)
    )
    preview = services.preview_change(booking=other, wanted=wanted(other, end=1))

    with pytest.raises(PreviewOver):
        services.request_change(booking=booking, quote=preview.after, idempotency_key="1", by=by)


def test_an_old_preview_is_refused(booking, by, hand):
    preview = services.preview_change(booking=booking, wanted=wanted(booking, end=3))
    hand.shift(timedelta(minutes=30))

    with pytest.raises(PreviewOver):
        services.request_change(booking=booking, quote=preview.after, idempotency_key="1", by=by)


def test_a_change_that_nobody_pays_lapses_and_frees_its_pieces(booking, change, vehicle, hand):
    asked = change(booking, end=3)
    hand.shift(timedelta(minutes=15))
    assert asked.shown_state == ChangeState.LAPSED

    assert services.lapse_due_changes() == 1
    assert services.lapse_due_changes() == 0

    asked.refresh_from_db()
    assert asked.state == ChangeState.LAPSED
    assert intent_of(asked).state == "expired"
    assert [row[0] for row in live(vehicle)] == [booking.reference]
    booking.refresh_from_db()
    assert (booking.state, booking.quote) == (BookingState.CONFIRMED, asked.before_quote)


def test_a_new_preview_ends_the_change_whose_time_is_over(booking, change, hand):
    asked = change(booking, end=3)
    hand.shift(timedelta(minutes=16))
    services.preview_change(booking=booking, wanted=wanted(booking, end=4))

    asked.refresh_from_db()
    assert asked.state == ChangeState.LAPSED


def test_late_money_still_applies_while_the_time_is_free(booking, change, hand):
    asked = open_page(change(booking, end=3))
    hand.shift(timedelta(minutes=16))
    services.lapse_due_changes()
    pay(asked)

    assert asked.state == ChangeState.APPLIED
    assert Booking.objects.get(pk=booking.pk).ends_at == asked.after_quote.ends_at
    assert money_of(booking.reference).prepaid == 900_000


def test_late_money_goes_back_when_the_time_is_taken(booking, change, stranger, vehicle, hand):
    asked = open_page(change(booking, end=3))
    hand.shift(timedelta(minutes=16))
    services.lapse_due_changes()
    paid_booking(renter=stranger, vehicle=vehicle, period=a_period(starts_at=booking.ends_at + HOUR, hours=4))
    pay(asked)

    assert asked.state == ChangeState.LAPSED
    refund = Refund.objects.get(reference=booking.reference)
    assert (refund.prepayment_amount, refund.reason) == (300_000, "late_payment")
    assert money_of(booking.reference).prepaid == 600_000
    assert Delivery.objects.filter(kind="booking_change_refunded").count() == 1
    assert Delivery.objects.filter(kind="booking_changed").count() == 0


def test_a_withdrawn_change_leaves_the_booking_as_it_was(booking, change, vehicle, by):
    asked = change(booking, end=3)
    services.withdraw_change(change=asked, by=by)
    services.withdraw_change(change=asked, by=by)

    assert asked.state == ChangeState.WITHDRAWN
    assert intent_of(asked).state == "cancelled"
    assert [row[0] for row in live(vehicle)] == [booking.reference]


def test_money_for_a_withdrawn_change_goes_back(booking, change, by):
    asked = open_page(change(booking, end=3))
    services.withdraw_change(change=asked, by=by)
    pay(asked)

    assert asked.state == ChangeState.WITHDRAWN
    assert money_of(booking.reference).prepaid == 600_000
    assert Delivery.objects.filter(kind="booking_change_refunded").count() == 1


def test_a_paid_change_cannot_be_withdrawn(booking, change, by):
    asked = change(booking, end=3)
    pay(asked)

    with pytest.raises(ChangeEnded):
        services.withdraw_change(change=asked, by=by)


def test_cancelling_withdraws_the_open_change_and_its_money_goes_back(booking, change, vehicle, by):
    asked = open_page(change(booking, end=3))
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=by)

    asked.refresh_from_db()
    assert asked.state == ChangeState.WITHDRAWN
    assert live(vehicle) == []
    pay(asked)
    assert balance_of(booking.reference).is_zero


def test_a_cancelled_changed_booking_ends_with_nothing_left(booking, change, by):
    pay(change(booking, end=3))
    booking.refresh_from_db()
    cancel_booking(booking=booking, reason=CancelReason.RENTER, by=by)

    assert balance_of(booking.reference).is_zero
    assert sum(Refund.objects.values_list("amount", flat=True)) == 3_900_000


@pytest.mark.parametrize("state", [BookingState.HELD, BookingState.CANCELLED, BookingState.ARRIVED])
def test_only_a_confirmed_booking_can_be_changed(booking, state):
    Booking.objects.filter(pk=booking.pk).update(state=state, cancel_reason="renter")

    with pytest.raises(CannotChange):
        services.preview_change(booking=booking, wanted=wanted(booking, end=3))


def test_nothing_changed_is_said_so(booking):
    with pytest.raises(NothingChanged):
        services.preview_change(booking=booking, wanted=as_booked(booking))


def test_the_rules_of_a_new_booking_hold(booking, renter):
    with pytest.raises(PeriodNotOffered):
        services.preview_change(booking=booking, wanted=wanted(booking, end=24 * 70))
    with pytest.raises(PeriodNotOffered):
        services.preview_change(booking=booking, wanted=wanted(booking, start=-60))
    closed = make_station(hours=(420, 1260))
    with pytest.raises(StationClosed):
        services.preview_change(booking=booking, wanted=wanted(booking, end=14, return_station=closed))
    renter.blocked_at = clock.now()
    renter.documents.update(state="revoked")
    with pytest.raises(NotEligible):
        services.preview_change(booking=booking, wanted=wanted(booking, end=3))


def test_the_price_of_a_change_is_for_that_change_alone(booking, by, stranger):
    preview = services.preview_change(booking=booking, wanted=wanted(booking, start=100, end=100))

    with pytest.raises(QuoteExpired):
        hold_booking(renter=stranger, quote=preview.after, idempotency_key="2", by=renter_actor(stranger))
    assert Booking.objects.count() == 1
