from datetime import timedelta

import pytest

from rentals.bookings.enums import BookingState, CancelReason, Channel
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking
from rentals.waitlist.enums import WaitState
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.services import join_waitlist, offer_next, withdraw_entry
from stations.timeline.models import VehicleAllocation
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter
from tests.factories.rentals import a_period, make_booking, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.models import OutboxMessage

OPERATOR = Actor(ActorKind.OPERATOR, "U-OP", "Thu Hà")
VEHICLES, WAITING = 10, 20


@pytest.fixture
def scene(db):
    """Ten cars, all booked tomorrow, and twenty renters who wait for that time."""
    station, model = make_station(), make_car_model()
    make_tariff(model=model)
    period = a_period(starts_at=(clock.now() + timedelta(days=1)).replace(microsecond=0), hours=4)
    bookings = [
        make_booking(renter=make_renter(), vehicle=make_vehicle(station=station, model=model), period=period)
        for _each in range(VEHICLES)
    ]
    entries = [
        join_waitlist(renter=make_renter(), station=station, model=model, period=period, by=SYSTEM)
        for _each in range(WAITING)
    ]
    return station, model, period, bookings, entries


def test_ten_cancellations_at_once_offer_each_vehicle_once_and_to_the_first_ten(scene):
    _station, _model, _period, bookings, entries = scene

    cancelled = race(
        VEHICLES,
        lambda n: cancel_booking(booking=bookings[n], reason=CancelReason.OPERATOR, by=OPERATOR),
    )
    jobs = list(OutboxMessage.objects.filter(topic="waitlist.offer").values_list("pk", flat=True))
    done = race(len(jobs), lambda n: outbox.run(jobs[n]))

    assert not [result for result in cancelled if isinstance(result, Exception)]
    assert len(jobs) == VEHICLES
    assert done == [True] * VEHICLES
    offers = Booking.objects.filter(channel=Channel.WAITLIST, state=BookingState.HELD)
    assert offers.count() == VEHICLES
    assert len(set(offers.values_list("allocation__vehicle", flat=True))) == VEHICLES
    assert VehicleAllocation.objects.live(clock.now()).count() == VEHICLES
    offered = WaitlistEntry.objects.filter(state=WaitState.OFFERED).order_by("pk")
    assert list(offered) == entries[:VEHICLES]


def test_one_vehicle_is_offered_once_however_many_workers_look(scene):
    station, model, period, bookings, entries = scene
    cancel_booking(booking=bookings[0], reason=CancelReason.OPERATOR, by=OPERATOR)

    results = race(6, lambda _n: offer_next(station=station, model=model, period=period))

    assert sorted(len(result) for result in results if isinstance(result, list)) == [0, 0, 0, 0, 0, 1]
    assert list(WaitlistEntry.objects.filter(state=WaitState.OFFERED)) == entries[:1]


def test_who_withdraws_at_the_very_moment_is_left_with_nothing_or_with_the_offer(scene):
    station, model, period, bookings, entries = scene
    cancel_booking(booking=bookings[0], reason=CancelReason.OPERATOR, by=OPERATOR)

    race(
        2,
        lambda n: (
            offer_next(station=station, model=model, period=period)
            if n
            else withdraw_entry(entry=entries[0], by=SYSTEM)
        ),
    )

    entries[0].refresh_from_db()
    held = Booking.objects.filter(channel=Channel.WAITLIST, state=BookingState.HELD)
    if entries[0].state == WaitState.OFFERED:
        assert held.get() == entries[0].booking
    else:
        assert entries[0].state == WaitState.WITHDRAWN
        assert entries[0].booking is None or entries[0].booking.state == BookingState.CANCELLED
    assert held.count() <= 1
