from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from accounts.notifications.models import Delivery
from payments.intents.models import Refund
from payments.intents.selectors import balance_of, money_of
from rentals.bookings.errors import StationClosed
from rentals.bookings.models import Booking
from rentals.changes import services
from rentals.changes.enums import ChangeKind, ChangeState
from rentals.changes.errors import (
    CannotExtend,
    ExtensionBlocked,
    NothingChanged,
    TooLateToExtend,
    VehicleCannotStay,
)
from rentals.changes.models import BookingChange
from rentals.handovers.models import Rental
from rentals.handovers.services import accept_settlement
from stations.network.models import OpeningHours
from stations.timeline.enums import AllocationState
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import paid_booking, presented, returned
from tests.factories.rentals import a_period
from tests.factories.stations import make_vehicle
from tests.integration.rentals.changes.conftest import intent_of, open_page, pay
from voltgo.core import clock

HOUR = timedelta(hours=1)
TURNAROUND = timedelta(minutes=30)


def minutes(count):
    return timedelta(minutes=count)


def fresh(rental):
    return Rental.objects.get(pk=rental.pk)


def claim_of(rental):
    allocation = Booking.objects.get(pk=rental.booking_id).allocation
    return allocation.period.upper, allocation.state


def renter_accepts(rental):
    accept_settlement(rental=fresh(rental), by=renter_actor(rental.renter))


def by_model(booking):
    Booking.objects.filter(pk=booking.pk).update(is_by_model=True)


def test_an_extension_is_paid_first(rental, extend):
    asked = extend(rental, minutes=120)

    assert (asked.kind, asked.state) == (ChangeKind.EXTENSION, ChangeState.AWAITING_PAYMENT)
    assert intent_of(asked).amount == 200_000
    assert fresh(rental).due_at == rental.due_at
    assert claim_of(rental) == (rental.due_at + TURNAROUND, AllocationState.ON_RENTAL)


def test_money_makes_the_rental_longer(rental, extend):
    asked = extend(rental, minutes=120)
    pay(asked)

    assert asked.state == ChangeState.APPLIED
    assert fresh(rental).due_at == rental.due_at + 2 * HOUR
    assert claim_of(rental) == (rental.due_at + 2 * HOUR + TURNAROUND, AllocationState.ON_RENTAL)
    assert Delivery.objects.filter(kind="rental_extended").count() == 1
    assert money_of(rental.booking.reference).prepaid == 500_000


def test_extending_is_never_dearer_than_having_booked_it_at_once(rental, extend):
    # Ten hours cost one day: 600,000, of which 300,000 is paid.
    assert intent_of(extend(rental, minutes=7 * 60)).amount == 300_000


def test_an_extended_rental_that_comes_back_in_time_owes_nothing(rental, extend, attendant, hand):
    pay(extend(rental, minutes=60))
    hand.shift(timedelta(hours=4, minutes=20))  # 12:20, due at 12:30.
    settlement = returned(fresh(rental), attendant, odometer_km=12_040)
    renter_accepts(rental)

    assert (settlement.total_amount, settlement.prepaid_amount, settlement.extra_amount) == (
        400_000,
        400_000,
        0,
    )
    assert settlement.released_amount == 3_000_000
    assert balance_of(rental.booking.reference).is_zero
    assert sum(Refund.objects.values_list("amount", flat=True)) == 3_000_000


def test_an_extended_rental_that_comes_back_late_pays_from_the_new_end(rental, extend, attendant, hand):
    pay(extend(rental, minutes=60))
    hand.shift(timedelta(hours=5, minutes=15))  # 13:15: 45 minutes late, one hour more and the first fee.
    settlement = returned(fresh(rental), attendant, odometer_km=12_040)
    renter_accepts(rental)

    assert (settlement.prepaid_amount, settlement.extra_amount) == (400_000, 200_000)
    assert (settlement.captured_amount, settlement.released_amount) == (200_000, 2_800_000)
    assert balance_of(rental.booking.reference).is_zero


def test_two_extensions_cost_as_much_as_one(rental, extend):
    pay(extend(rental, minutes=60, key="1"))
    again = extend(fresh(rental), minutes=60, key="2")
    pay(again)

    assert fresh(rental).due_at == rental.due_at + 2 * HOUR
    assert money_of(rental.booking.reference).prepaid == 500_000


def test_the_next_booking_by_model_moves_to_another_vehicle(
    rental, extend, stranger, vehicle, station, model
):
    other = make_vehicle(model=model, station=station)
    following = paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + 2 * HOUR, hours=4)
    )
    by_model(following)
    pay(extend(rental, minutes=120))

    assert fresh(rental).due_at == rental.due_at + 2 * HOUR
    assert Booking.objects.get(pk=following.pk).allocation.vehicle == other


def test_the_longest_extension_is_offered_when_nobody_can_move(rental, extend, stranger, vehicle):
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + 3 * HOUR, hours=4)
    )
    with pytest.raises(ExtensionBlocked) as refusal:
        extend(rental, minutes=180)

    assert refusal.value.longest == rental.due_at + minutes(150)
    assert BookingChange.objects.count() == 0
    assert intent_of(extend(rental, minutes=150)).amount == 300_000


def test_no_extension_is_possible_right_before_the_next_booking(rental, extend, stranger, vehicle):
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + TURNAROUND, hours=4)
    )
    with pytest.raises(ExtensionBlocked) as refusal:
        extend(rental, minutes=60)

    assert refusal.value.longest is None


def test_the_longest_extension_ends_while_the_station_is_open(rental, stranger, vehicle, station):
    OpeningHours.objects.filter(station=station).update(opens_minute=7 * 60, closes_minute=18 * 60)
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=clock.now() + 25 * HOUR, hours=4)
    )

    # The next pickup is at 09:00 tomorrow, the turnaround before it; 08:30 is open.
    assert services.longest_extension(rental) == clock.now() + timedelta(hours=24, minutes=30)
    OpeningHours.objects.filter(station=station).update(opens_minute=9 * 60)
    assert services.longest_extension(rental) == clock.now() + timedelta(hours=10)


def test_extending_to_when_the_station_is_closed_is_refused(rental, extend, station):
    OpeningHours.objects.filter(station=station).update(opens_minute=7 * 60, closes_minute=18 * 60)

    with pytest.raises(StationClosed):
        extend(rental, minutes=7 * 60)


def test_half_an_hour_overdue_may_extend_and_no_more(rental, extend, hand):
    hand.shift(timedelta(hours=4))  # 12:00: 30 minutes late.
    assert extend(rental, minutes=60).state == ChangeState.AWAITING_PAYMENT
    hand.shift(minutes(16))
    services.lapse_due_changes()

    with pytest.raises(TooLateToExtend):
        extend(rental, minutes=60, key="2")


def test_an_end_that_is_past_is_no_extension(rental, extend):
    with pytest.raises(NothingChanged):
        extend(rental, minutes=0)


def test_papers_must_cover_the_new_end(rental, extend, vehicle):
    vehicle.insurance_expires_on = clock.today()
    vehicle.save()

    with pytest.raises(VehicleCannotStay):
        extend(rental, minutes=20 * 60)
    longest = services.longest_extension(fresh(rental))
    assert longest == clock.day_bounds(clock.today())[1] - TURNAROUND


def test_a_return_that_has_begun_is_not_extended(rental, extend, attendant):
    presented(rental, attendant)

    with pytest.raises(CannotExtend):
        extend(rental, minutes=60)


def test_money_after_the_return_goes_back(rental, extend, attendant, hand):
    asked = open_page(extend(rental, minutes=60))
    hand.shift(minutes(10))
    returned(fresh(rental), attendant, odometer_km=12_040)
    asked.refresh_from_db()
    assert asked.state == ChangeState.WITHDRAWN
    pay(asked)

    assert money_of(rental.booking.reference).prepaid == 300_000
    assert Delivery.objects.filter(kind="booking_change_refunded").count() == 1


def test_an_extension_that_nobody_pays_lapses(rental, extend, hand, vehicle):
    asked = extend(rental, minutes=60)
    hand.shift(minutes(15))
    services.lapse_due_changes()

    assert fresh(rental).due_at == rental.due_at
    assert VehicleAllocation.objects.live(clock.now()).filter(vehicle=vehicle).count() == 1
    asked.refresh_from_db()
    assert asked.state == ChangeState.LAPSED
