"""What happens to money, promotions and bays when two things meet."""

from datetime import date, timedelta

import pytest

from accounts.access.actors import renter_actor
from accounts.notifications.models import Delivery
from payments.intents.models import PaymentIntent, Refund
from payments.intents.selectors import money_of
from payments.intents.services import apply_fact
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking, mark_no_show
from rentals.bookings.services.moving import move_booking
from rentals.changes import services
from rentals.changes.enums import ChangeState
from rentals.changes.wanted import as_booked
from rentals.handovers.models import Rental
from rentals.incidents.services import take_out_of_service
from rentals.pricing.enums import PromotionUseState
from rentals.pricing.offer_models import OneWayFee, PromotionUse
from rentals.pricing.services import make_quote
from stations.bays.models import BayReservation
from stations.timeline import services as timeline
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import paid_booking
from tests.factories.money import paid_fact
from tests.factories.money import pay as pay_booking
from tests.factories.offers import make_promotion
from tests.factories.rentals import a_period
from tests.factories.stations import make_vehicle
from tests.integration.rentals.changes.conftest import intent_of, open_page, pay
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period

HOUR = timedelta(hours=1)


@pytest.fixture
def one_way_hold(renter, vehicle, elsewhere):
    """A hold one way with a promotion; its payment page is open."""
    OneWayFee.objects.create(vehicle_kind=vehicle.model.kind, amount=150_000, valid_from=date(2020, 1, 1))
    make_promotion(percent=20)
    quote = make_quote(
        model=vehicle.model,
        station=vehicle.station,
        return_station=elsewhere,
        period=a_period(starts_at=clock.now() + 48 * HOUR, hours=4),
        promotion_code="CHAO",
        renter=renter,
    )
    return hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))


def booked_by_model(who, vehicle, starts_at, hours):
    """Book the vehicle's model at its station, paid; the vehicle is the only one that is free."""
    period = a_period(starts_at=starts_at, hours=hours)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period)
    booking = hold_booking(renter=who, quote=quote, idempotency_key="by-model", by=renter_actor(who))
    pay_booking(booking)
    booking.refresh_from_db()
    return booking


def test_money_for_a_hold_that_a_rival_swept_gives_promotion_and_bay_back(
    one_way_hold, stranger, vehicle, elsewhere, hand
):
    fact = paid_fact(PaymentIntent.objects.get(reference=one_way_hold.reference))
    hand.shift(timedelta(minutes=16))
    # The rival's sweep ends the claim; nobody has ended the booking yet when the money comes.
    timeline.expire_stale_at(vehicle.station, vehicle.model)
    paid_booking(
        renter=stranger,
        vehicle=vehicle,
        period=a_period(starts_at=one_way_hold.starts_at + 24 * HOUR, hours=4),
    )

    apply_fact(fact)

    one_way_hold.refresh_from_db()
    assert one_way_hold.state == BookingState.EXPIRED
    money = money_of(one_way_hold.reference)
    assert (money.prepaid, money.deposit_held) == (0, 0)
    assert list(PromotionUse.objects.values_list("state", flat=True)) == [PromotionUseState.RETURNED]
    assert not BayReservation.objects.filter(station=elsewhere, ended_at=None).exists()


def test_money_for_a_hold_that_a_rival_swept_and_left_confirms_it_once(
    one_way_hold, vehicle, elsewhere, hand
):
    fact = paid_fact(PaymentIntent.objects.get(reference=one_way_hold.reference))
    hand.shift(timedelta(minutes=16))
    timeline.expire_stale_at(vehicle.station, vehicle.model)

    apply_fact(fact)

    one_way_hold.refresh_from_db()
    assert one_way_hold.state == BookingState.CONFIRMED
    assert list(PromotionUse.objects.values_list("state", flat=True)) == [PromotionUseState.USED]
    assert BayReservation.objects.filter(station=elsewhere, ended_at=None).count() == 1
    assert not Refund.objects.exists()


def test_late_money_for_a_pickup_that_is_over_goes_back(booking, change, hand):
    """Moved from the day after tomorrow to tomorrow, paid three hours after the new pickup."""
    asked = open_page(change(booking, start=-24, end=-12))
    hand.shift(timedelta(hours=27))
    services.lapse_due_changes()

    pay(asked)

    assert asked.state == ChangeState.LAPSED
    current = Booking.objects.get(pk=booking.pk)
    assert (current.quote, current.starts_at) == (asked.before_quote, booking.starts_at)
    assert money_of(booking.reference).prepaid == current.quote.total_amount
    assert Delivery.objects.filter(kind="booking_change_refunded").count() == 1


def test_late_money_for_one_change_ends_another_that_waits(booking, change, hand):
    late = open_page(change(booking, end=3))
    hand.shift(timedelta(minutes=16))
    services.lapse_due_changes()
    waiting = open_page(change(booking, start=-2, key="2"))

    pay(late)

    assert late.state == ChangeState.APPLIED
    waiting.refresh_from_db()
    assert waiting.state == ChangeState.WITHDRAWN
    assert intent_of(waiting).state == "cancelled"
    # And if that is paid all the same, it goes back, once.
    pay(waiting)
    pay(waiting)
    assert money_of(booking.reference).prepaid == late.after_quote.total_amount
    assert Refund.objects.filter(intent=intent_of(waiting), reason="late_payment").count() == 1


def test_a_renter_who_does_not_come_while_a_change_waits_pays_nothing_twice(booking, change, staff, hand):
    asked = open_page(change(booking, end=3))
    hand.move_to(booking.starts_at + timedelta(hours=2))
    mark_no_show(booking=booking, by=staff)
    asked.refresh_from_db()
    assert asked.state == ChangeState.WITHDRAWN

    pay(asked)

    money = money_of(booking.reference)
    assert (money.prepaid, money.deposit_held) == (0, 0)
    assert Refund.objects.filter(intent=intent_of(asked), reason="late_payment").count() == 1


def test_the_key_of_one_booking_does_not_answer_for_another(booking, renter, model, station, change, by):
    other = paid_booking(
        renter=renter,
        vehicle=make_vehicle(model=model, station=station),
        period=a_period(starts_at=clock.now() + 96 * HOUR, hours=4),
    )
    first = change(booking, end=3, key="same")

    second = change(other, end=3, key="same")

    assert (first.booking, second.booking) == (booking, other)


def test_late_money_for_which_the_booking_itself_must_make_room_leaves_it_one_claim(
    renter, stranger, vehicle, model, station, change, hand
):
    """Only its own vehicle can serve the longer time: it and its neighbour are moved away, then it comes back."""
    tomorrow = clock.now() + 48 * HOUR

    mine = booked_by_model(renter, vehicle, tomorrow, 3)
    next_one = booked_by_model(stranger, vehicle, tomorrow + 5 * HOUR, 2)
    others = [make_vehicle(model=model, station=station) for _ in range(2)]
    asked = open_page(change(mine, end=8))
    hand.shift(timedelta(minutes=16))
    services.lapse_due_changes()
    for number, other in enumerate(others):
        period = a_period(starts_at=tomorrow + (8 + number) * HOUR, hours=1)
        paid_booking(renter=stranger, vehicle=other, period=period)
    assert {each.allocation.vehicle for each in (mine, next_one)} == {vehicle}

    pay(asked)

    assert asked.state == ChangeState.APPLIED
    claims = VehicleAllocation.objects.live(clock.now()).filter(claimant=mine.reference)
    assert [claim.pk for claim in claims] == [Booking.objects.get(pk=mine.pk).allocation_id]
    assert claims.get().vehicle == vehicle


def test_an_extension_that_waits_when_its_vehicle_goes_out_of_service_applies(rental, extend, vehicle, staff):
    asked = extend(rental, minutes=120)
    take_out_of_service(vehicle=vehicle, reason="đến hạn bảo dưỡng", by=staff)

    pay(asked)

    assert asked.state == ChangeState.APPLIED
    assert Rental.objects.get(pk=rental.pk).due_at == asked.after_quote.ends_at
    assert not Refund.objects.exists()


def test_money_for_an_extension_that_lapsed_before_its_vehicle_went_out_of_service_goes_back_once(
    rental, extend, vehicle, staff, hand
):
    asked = open_page(extend(rental, minutes=120))
    hand.shift(timedelta(minutes=16))
    services.lapse_due_changes()
    take_out_of_service(vehicle=vehicle, reason="đến hạn bảo dưỡng", by=staff)

    pay(asked)
    pay(asked)

    assert asked.state == ChangeState.LAPSED
    assert Rental.objects.get(pk=rental.pk).due_at == rental.due_at
    assert [row.amount for row in Refund.objects.all()] == [intent_of(asked).amount]
    assert money_of(rental.booking.reference).prepaid == rental.booking.quote.total_amount


def test_a_booking_that_was_moved_while_its_change_waited_stays_on_its_new_vehicle(
    renter, model, station, by
):
    first = make_vehicle(model=model, station=station)
    booking = booked_by_model(renter, first, clock.now() + 48 * HOUR, 4)
    longer = as_booked(booking).but(period=Period(booking.starts_at, booking.ends_at + 2 * HOUR))
    asked = open_page(
        services.request_change(
            booking=booking,
            quote=services.preview_change(booking=booking, wanted=longer).after,
            idempotency_key="1",
            by=by,
        )
    )
    second = make_vehicle(model=model, station=station)
    move_booking(booking=booking, vehicle=second, reason="broken", by=SYSTEM)
    first.condition = "maintenance"
    first.save()
    pay(asked)

    current = Booking.objects.get(pk=booking.pk)
    assert (asked.state, current.allocation.vehicle) == (ChangeState.APPLIED, second)
    assert not VehicleAllocation.objects.live(clock.now()).filter(vehicle=first).exists()
