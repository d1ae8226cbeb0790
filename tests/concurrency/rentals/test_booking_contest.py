from collections import Counter
from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from payments.intents.models import PaymentIntent, Refund
from payments.intents.selectors import balance_of, intents_of
from payments.intents.services import apply_fact
from payments.ledger.models import LedgerEntry
from rentals.bookings.enums import BOOKING, BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, expire_hold, hold_booking
from rentals.pricing.services import make_quote
from stations.timeline.models import VehicleAllocation
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter
from tests.factories.money import paid_fact
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock, states

IN_A_DAY = timedelta(days=1)


@pytest.fixture
def vehicle():
    model = make_car_model()
    make_tariff(model=model)
    return make_vehicle(station=make_station(), model=model)


def quote_for(vehicle, *, by_plate):
    period = a_period(starts_at=(clock.now() + IN_A_DAY).replace(microsecond=0), hours=5)
    return make_quote(
        model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle if by_plate else None
    )


def names(results):
    return Counter(type(result).__name__ for result in results)


@pytest.mark.parametrize("by_plate", [True, False], ids=["by plate", "by model"])
def test_sixty_renters_for_the_last_car_leave_one_booking(vehicle, by_plate):
    renters = [make_renter() for _ in range(60)]
    quotes = [quote_for(vehicle, by_plate=by_plate) for _ in renters]

    results = race(
        60,
        lambda n: hold_booking(
            renter=renters[n], quote=quotes[n], idempotency_key="1", by=renter_actor(renters[n])
        ),
    )

    assert names(results) == {"Booking": 1, "VehicleUnavailable": 59}
    assert Booking.objects.count() == PaymentIntent.objects.count() == 1
    assert VehicleAllocation.objects.live(clock.now()).count() == 1


def test_a_double_click_makes_one_booking(vehicle):
    renter = make_renter()
    quote = quote_for(vehicle, by_plate=False)

    results = race(
        8,
        lambda n: hold_booking(renter=renter, quote=quote, idempotency_key="click", by=renter_actor(renter)),
    )

    assert {result.pk for result in results if isinstance(result, Booking)} == {Booking.objects.get().pk}
    assert VehicleAllocation.objects.live(clock.now()).count() == 1


def held_booking(vehicle):
    renter = make_renter()
    return hold_booking(
        renter=renter, quote=quote_for(vehicle, by_plate=True), idempotency_key="1", by=renter_actor(renter)
    )


@pytest.mark.parametrize("round_", range(6))
def test_money_against_expiry_ends_in_one_truth(vehicle, round_):
    booking = held_booking(vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    VehicleAllocation.objects.filter(pk=booking.allocation_id).update(
        hold_expires_at=clock.now() - timedelta(seconds=1)
    )

    def attempt(n):
        return apply_fact(fact) if n % 2 else expire_hold(Booking.objects.get(pk=booking.pk))

    results = race(6, attempt)

    assert [result for result in results if isinstance(result, Exception)] == []
    booking.refresh_from_db()
    # Whoever came first: the money is real, the vehicle is free, so the booking stands, once.
    assert booking.state == BookingState.CONFIRMED
    assert [e.target for e in states.events_of(BOOKING, booking)].count("confirmed") == 1
    assert VehicleAllocation.objects.live(clock.now()).get().pk == booking.allocation_id
    assert LedgerEntry.objects.count() == 1


@pytest.mark.parametrize("round_", range(4))
def test_money_against_cancellation_loses_no_dong(vehicle, round_):
    booking = held_booking(vehicle)
    fact = paid_fact(intents_of(booking.reference).get())
    by = renter_actor(booking.renter)

    def attempt(n):
        if n % 2:
            return apply_fact(fact)
        return cancel_booking(booking=Booking.objects.get(pk=booking.pk), reason=CancelReason.RENTER, by=by)

    results = race(4, attempt)

    assert [result for result in results if isinstance(result, Exception)] == []
    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED
    assert balance_of(booking.reference).is_zero
    assert Refund.objects.get().amount == booking.quote.due_amount
