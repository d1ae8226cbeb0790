import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from threading import Event

import pytest
from django.db import OperationalError, connection, transaction

from accounts.access.actors import renter_actor
from payments.intents.models import PaymentIntent
from payments.intents.selectors import intents_of
from payments.intents.services import apply_fact
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.errors import CannotMove
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, expire_hold, hold_booking
from rentals.bookings.services.moving import move_booking
from rentals.bookings.services.repack import apply_plan, plan_without
from rentals.pricing.services import make_quote
from stations.timeline.enums import LIVE_STATES
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter
from tests.factories.money import paid_fact
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM
from voltgo.core.models import AuditEvent

LIVE_BOOKINGS = (BookingState.HELD, BookingState.CONFIRMED)
REFUSALS = (VehicleUnavailable, CannotMove)


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def model():
    model = make_car_model()
    make_tariff(model=model)
    return model


def in_days(first, last):
    start = clock.now().replace(minute=0, second=0, microsecond=0)
    return a_period(starts_at=start + timedelta(days=first), hours=round((last - first) * 24) - 1)


def held(station, model, period, vehicle=None):
    renter = make_renter()
    quote = make_quote(model=model, station=station, period=period, vehicle=vehicle)
    return hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))


def pay(booking):
    return apply_fact(paid_fact(intents_of(booking.reference).get()))


def fill_in_stairs(station, model, count):
    """Give each of `count` pairs of cars one early and one late booking: no car is free in between."""
    cars, bookings = [], []
    for _ in range(count):
        one, other = (make_vehicle(station=station, model=model) for _ in range(2))
        cars += [one, other]
        for car, days in ((one, (2, 4)), (other, (6, 8))):
            booking = held(station, model, in_days(*days), vehicle=car)
            Booking.objects.filter(pk=booking.pk).update(is_by_model=True)
            bookings.append(booking)
    return cars, [Booking.objects.get(pk=booking.pk) for booking in bookings]


def assert_consistent():
    """Each live booking has one live claim, its own; no other live claim belongs to a booking."""
    live = VehicleAllocation.objects.filter(state__in=LIVE_STATES)
    by_claimant = Counter(live.values_list("claimant", flat=True))
    bookings = Booking.objects.filter(state__in=LIVE_BOOKINGS).select_related("allocation")
    assert by_claimant == {booking.reference: 1 for booking in bookings}
    for booking in bookings:
        assert booking.allocation.claimant == booking.reference
        assert booking.allocation.state == booking.state
    spans = sorted(
        (claim.vehicle_id, claim.period.lower, claim.period.upper)
        for claim in live.filter(state__in=LIVE_STATES)
    )
    for (car, _start, end), (next_car, next_start, _next_end) in pairwise(spans):
        assert car != next_car or end <= next_start


def unexpected(results):
    return [
        result for result in results if isinstance(result, Exception) and not isinstance(result, REFUSALS)
    ]


def test_rivals_who_need_repacking_get_all_the_room_that_there_is(station, model):
    fill_in_stairs(station, model, 3)
    renters = [make_renter() for _ in range(24)]
    quotes = [make_quote(model=model, station=station, period=in_days(3, 7)) for _ in renters]

    results = race(
        24,
        lambda n: hold_booking(
            renter=renters[n], quote=quotes[n], idempotency_key="1", by=renter_actor(renters[n])
        ),
    )

    # Six cars, three early and three late: three of them can be cleared for the days between.
    assert Counter(type(result).__name__ for result in results) == {"Booking": 3, "VehicleUnavailable": 21}
    assert_consistent()
    assert Booking.objects.count() == PaymentIntent.objects.count() == 9


@pytest.mark.parametrize("round_", range(4))
def test_a_hold_that_is_paid_while_it_is_moved_is_confirmed_where_it_lies(station, model, round_):
    _cars, bookings = fill_in_stairs(station, model, 2)
    quotes = [make_quote(model=model, station=station, period=in_days(3, 7)) for _ in range(4)]
    renters = [make_renter() for _ in quotes]

    def attempt(n):
        if n < len(bookings):
            return pay(bookings[n])
        n -= len(bookings)
        return hold_booking(
            renter=renters[n], quote=quotes[n], idempotency_key="1", by=renter_actor(renters[n])
        )

    results = race(len(bookings) + len(quotes), attempt)

    assert unexpected(results) == []
    states = {booking.state for booking in Booking.objects.filter(pk__in=[b.pk for b in bookings])}
    assert states == {BookingState.CONFIRMED}
    assert_consistent()


@pytest.mark.parametrize("round_", range(4))
def test_everything_at_once_leaves_each_booking_with_one_claim(station, model, round_):
    cars, bookings = fill_in_stairs(station, model, 4)
    ran_out = bookings[0]
    VehicleAllocation.objects.filter(pk=ran_out.allocation_id).update(
        hold_expires_at=clock.now() - timedelta(seconds=1)
    )
    renters = [make_renter() for _ in range(16)]
    quotes = [
        make_quote(
            model=model,
            station=station,
            period=in_days(3, 7),
            # Every fourth wants one certain car.
            vehicle=cars[n // 2] if n % 4 == 0 else None,
        )
        for n in range(12)
    ]

    def attempt(n):
        if n < 12:
            return hold_booking(
                renter=renters[n], quote=quotes[n], idempotency_key="1", by=renter_actor(renters[n])
            )
        if n in {12, 13}:
            return pay(bookings[n - 11])
        if n == 14:
            return expire_hold(Booking.objects.select_related("allocation").get(pk=ran_out.pk))
        if n == 15:
            mine = bookings[3]
            by = renter_actor(mine.renter)
            return cancel_booking(booking=Booking.objects.get(pk=mine.pk), reason=CancelReason.RENTER, by=by)
        if n == 16:
            return apply_plan(
                plan_without(vehicle=cars[7], period=in_days(1, 9)), by=SYSTEM, reason="Hỏng phanh"
            )
        booking = Booking.objects.get(pk=bookings[4].pk)
        return move_booking(booking=booking, vehicle=cars[5], reason="Thử", by=SYSTEM)

    results = race(18, attempt)

    assert unexpected(results) == []
    assert_consistent()
    for booking in bookings[1:3]:
        booking.refresh_from_db()
        assert booking.state == BookingState.CONFIRMED
    bookings[3].refresh_from_db()
    assert bookings[3].state == BookingState.CANCELLED


def test_two_plans_for_the_same_bookings_are_carried_out_once(station, model):
    cars, _bookings = fill_in_stairs(station, model, 1)
    make_vehicle(station=station, model=model)
    plans = [plan_without(vehicle=cars[0], period=in_days(1, 9)) for _ in range(6)]

    results = race(6, lambda n: apply_plan(plans[n], by=SYSTEM, reason="Hỏng phanh"))

    assert sum(isinstance(result, list) for result in results) == 1
    assert unexpected(results) == []
    assert not any(isinstance(result, OperationalError) for result in results)
    assert AuditEvent.objects.filter(action="booking.moved").count() == 1
    assert_consistent()


@contextmanager
def somebody_busy_with(booking):
    """Hold a booking's lock from another connection, as whoever takes its money or hands it over does."""
    is_locked, is_done = Event(), Event()

    def work():
        try:
            with transaction.atomic():
                locks.lock_row(booking)
                is_locked.set()
                is_done.wait(timeout=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        working = pool.submit(work)
        is_locked.wait(timeout=30)
        try:
            yield
        finally:
            is_done.set()
            working.result()


def test_a_booking_that_somebody_is_busy_with_counts_as_pinned_and_is_not_waited_for(station, model):
    cars, (early, late) = fill_in_stairs(station, model, 1)

    with somebody_busy_with(early):
        # The early one cannot move, the late one can.
        first = held(station, model, in_days(3, 7))
    assert first.allocation.vehicle == cars[1]
    late.refresh_from_db()
    assert late.allocation.vehicle == cars[0]
    assert_consistent()


def test_nobody_waits_when_all_who_could_move_are_busy(station, model):
    _cars, (early, late) = fill_in_stairs(station, model, 1)
    started = time.monotonic()

    with somebody_busy_with(early), somebody_busy_with(late), pytest.raises(VehicleUnavailable):
        held(station, model, in_days(3, 7))

    assert time.monotonic() - started < 10
    assert_consistent()


def test_a_move_by_hand_gives_up_rather_than_wait_for_whoever_is_busy(station, model):
    cars, (early, _late) = fill_in_stairs(station, model, 1)

    with somebody_busy_with(early), pytest.raises(CannotMove):
        move_booking(booking=Booking.objects.get(pk=early.pk), vehicle=cars[1], reason="Thử", by=SYSTEM)

    early.refresh_from_db()
    assert early.allocation.vehicle == cars[0]
    assert_consistent()
