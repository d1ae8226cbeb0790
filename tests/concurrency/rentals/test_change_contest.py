from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from accounts.access.actors import renter_actor
from accounts.notifications.models import Delivery
from payments.intents.models import PaymentIntent, Refund
from payments.intents.selectors import balance_of, money_of
from payments.intents.services import apply_fact
from payments.ledger.selectors import prove
from rentals.bookings.enums import BOOKING, BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, hold_booking
from rentals.changes import services
from rentals.changes.enums import CHANGE, ChangeState
from rentals.changes.models import BookingChange
from rentals.changes.wanted import as_booked
from rentals.handovers.models import Rental
from rentals.pricing.services import make_quote
from stations.bays.models import BayReservation
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import start
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter
from tests.factories.handovers import paid_booking
from tests.factories.money import paid_fact
from tests.factories.offers import make_one_way_fee
from tests.factories.rentals import a_period, make_tariff, next_half_hour
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock, states
from voltgo.core.clock import Period

HOUR = timedelta(hours=1)

OVERLAPS = """
    SELECT count(*) FROM stations_vehicleallocation a JOIN stations_vehicleallocation b
    ON a.vehicle_id = b.vehicle_id AND a.id < b.id AND a.period && b.period
    WHERE a.state IN ('held', 'confirmed', 'on_rental', 'blocked')
      AND b.state IN ('held', 'confirmed', 'on_rental', 'blocked')
"""


@pytest.fixture(autouse=True)
def sound():
    yield
    with connection.cursor() as cursor:
        cursor.execute(OVERLAPS)
        assert cursor.fetchone() == (0,)
    assert prove().problems == []


@pytest.fixture
def vehicle():
    model = make_car_model()
    make_tariff(model=model)
    return make_vehicle(station=make_station(), model=model)


@pytest.fixture
def booking(vehicle):
    start_at = next_half_hour(clock.now() + timedelta(days=2))
    return paid_booking(renter=make_renter(), vehicle=vehicle, period=a_period(starts_at=start_at, hours=5))


def previewed(booking, hours=3, **wanted):
    period = Period(booking.starts_at, booking.ends_at + hours * HOUR)
    return services.preview_change(
        booking=booking, wanted=as_booked(booking).but(period=period, **wanted)
    ).after


def ask(booking, quote, key="1"):
    return services.request_change(
        booking=Booking.objects.get(pk=booking.pk),
        quote=quote,
        idempotency_key=key,
        by=renter_actor(booking.renter),
    )


def fact_of(change):
    return paid_fact(PaymentIntent.objects.get(idempotency_key=change.reference))


def names(results):
    return Counter(type(result).__name__ for result in results)


def refusals(results):
    return [result for result in results if isinstance(result, Exception)]


def out_now(booking):
    """Give the keys without the counter: the vehicle is out, due back at the booking's end."""
    start(booking.allocation)
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.FULFILLED)
    return Rental.objects.create(
        booking=booking,
        renter=booking.renter,
        vehicle=booking.allocation.vehicle,
        pickup_station=booking.pickup_station,
        return_station=booking.return_station,
        state="active",
        due_at=booking.ends_at,
        started_at=clock.now(),
    )


@pytest.mark.parametrize("round_", range(4))
def test_an_extension_and_the_next_renters_hold_never_both_win(vehicle, booking, round_):
    rental = out_now(booking)
    quote = services.preview_extension(rental=rental, ends_at=booking.ends_at + 2 * HOUR).after
    rivals = [make_renter() for _ in range(6)]
    period = Period(booking.ends_at + HOUR, booking.ends_at + 5 * HOUR)
    quotes = [
        make_quote(
            model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle if n % 2 else None
        )
        for n in range(6)
    ]

    def attempt(n):
        if n % 2 == 0:
            return services.request_extension(
                rental=rental, quote=quote, idempotency_key="1", by=renter_actor(booking.renter)
            )
        return hold_booking(
            renter=rivals[n], quote=quotes[n], idempotency_key="1", by=renter_actor(rivals[n])
        )

    results = race(6, attempt)

    won = {name for name in names(results) if name in {"BookingChange", "Booking"}}
    assert len(won) == 1, names(results)
    assert set(names(results)) <= {"BookingChange", "Booking", "VehicleUnavailable", "ExtensionBlocked"}
    assert BookingChange.objects.count() + Booking.objects.exclude(pk=booking.pk).count() == 1


def test_the_same_change_asked_for_eight_times_is_one(booking):
    quote = previewed(booking)
    results = race(8, lambda _n: ask(booking, quote))

    assert refusals(results) == []
    assert {result.pk for result in results} == {BookingChange.objects.get().pk}
    assert PaymentIntent.objects.filter(purpose="change").count() == 1


def test_of_two_changes_at_once_one_waits(booking):
    quotes = [previewed(booking, hours) for hours in (1, 2, 3, 4)]
    results = race(4, lambda n: ask(booking, quotes[n], key=str(n)))

    assert names(results) == {"BookingChange": 1, "ChangeWaits": 3}
    assert VehicleAllocation.objects.filter(claimant__startswith="change:").count() == 1


@pytest.mark.parametrize("round_", range(6))
def test_money_against_lapse_ends_in_one_truth(booking, round_):
    change = ask(booking, previewed(booking))
    fact = fact_of(change)
    past = clock.now() - timedelta(seconds=1)
    BookingChange.objects.filter(pk=change.pk).update(expires_at=past)
    VehicleAllocation.objects.filter(claimant=change.reference).update(hold_expires_at=past)

    def attempt(n):
        if n % 2:
            return apply_fact(fact)
        return services.lapse_change(BookingChange.objects.select_related("booking").get(pk=change.pk))

    results = race(6, attempt)

    assert refusals(results) == []
    change.refresh_from_db()
    booking.refresh_from_db()
    # Whoever came first: the money is real and the time is free, so the change applies, once.
    assert change.state == ChangeState.APPLIED
    assert [e.target for e in states.events_of(CHANGE, change)].count("applied") == 1
    assert booking.quote == change.after_quote
    assert money_of(booking.reference).prepaid == booking.quote.total_amount
    assert Delivery.objects.filter(kind="booking_changed").count() == 1


@pytest.mark.parametrize("round_", range(4))
def test_money_against_cancellation_loses_no_dong(booking, round_):
    change = ask(booking, previewed(booking))
    fact = fact_of(change)

    def attempt(n):
        if n % 2:
            return apply_fact(fact)
        row = Booking.objects.get(pk=booking.pk)
        return cancel_booking(booking=row, reason=CancelReason.RENTER, by=renter_actor(booking.renter))

    results = race(4, attempt)

    assert refusals(results) == []
    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED
    assert balance_of(booking.reference).is_zero
    paid = sum(PaymentIntent.objects.values_list("amount", flat=True))
    assert sum(Refund.objects.values_list("amount", flat=True)) == paid
    assert not VehicleAllocation.objects.live(clock.now()).exists()


@pytest.mark.parametrize("round_", range(4))
def test_a_change_against_its_bookings_cancellation(booking, round_):
    quote = previewed(booking, hours=-3)

    def attempt(n):
        if n % 2:
            return ask(booking, quote)
        row = Booking.objects.get(pk=booking.pk)
        return cancel_booking(booking=row, reason=CancelReason.RENTER, by=renter_actor(booking.renter))

    results = race(4, attempt)

    assert set(names(results)) <= {"RefundPreview", "BookingChange", "CannotChange", "PreviewOver"}
    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED
    assert [e.target for e in states.events_of(BOOKING, booking)].count("cancelled") == 1
    assert balance_of(booking.reference).is_zero
    assert not VehicleAllocation.objects.live(clock.now()).exists()


def test_the_last_bay_goes_to_one_of_many(vehicle):
    make_one_way_fee(kind=vehicle.model.kind)
    there = make_station(bays=1)
    for _ in range(7):
        make_vehicle(station=vehicle.station, model=vehicle.model)
    renters = [make_renter() for _ in range(8)]
    period = a_period(starts_at=next_half_hour(clock.now() + timedelta(days=1)), hours=5)
    quotes = [
        make_quote(model=vehicle.model, station=vehicle.station, return_station=there, period=period)
        for _ in renters
    ]

    results = race(
        8,
        lambda n: hold_booking(
            renter=renters[n], quote=quotes[n], idempotency_key="1", by=renter_actor(renters[n])
        ),
    )

    assert names(results) == {"Booking": 1, "NoBayFree": 7}
    assert BayReservation.objects.filter(ended_at=None).count() == 1
