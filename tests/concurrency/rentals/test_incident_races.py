from datetime import timedelta
from typing import Any

import pytest

from accounts.access.actors import renter_actor, staff_actor
from accounts.notifications.models import Delivery
from payments.intents.models import Refund
from rentals.bookings.enums import OPEN_STATES, BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, hold_booking
from rentals.handovers import services as handovers
from rentals.handovers.models import Rental
from rentals.incidents.models import Incident
from rentals.incidents.services import run_ladder, take_out_of_service
from rentals.pricing.services import make_quote
from stations.timeline.enums import AllocationKind
from stations.timeline.models import VehicleAllocation
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter, make_user
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period, make_booking, make_tariff, next_half_hour
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock

LADDERS = 6


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
    return make_vehicle(model=model, station=station)


@pytest.fixture
def attendant(station):
    user = make_user(full_name="Bùi Quang Huy")
    make_post(user=user, station=station)
    return user


@pytest.fixture
def late(vehicle):
    """A rental that is three hours late."""
    now = clock.now().replace(microsecond=0)
    period = a_period(starts_at=now - timedelta(hours=13), hours=10)
    booking = make_booking(renter=make_renter(), vehicle=vehicle, period=period, state=BookingState.FULFILLED)
    type(vehicle).objects.filter(pk=vehicle.pk).update(condition="on_rental")
    return Rental.objects.create(
        booking=booking,
        renter=booking.renter,
        vehicle=vehicle,
        pickup_station=vehicle.station,
        return_station=vehicle.station,
        state="active",
        due_at=booking.ends_at,
        started_at=booking.starts_at,
    )


def refused(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


def test_many_ladders_at_once_tell_and_open_once(late):
    results = race(LADDERS, lambda _number: run_ladder())

    assert refused(results) == []
    assert Delivery.objects.filter(kind="return_escalated", channel="email").count() == 1
    assert Incident.objects.count() == 1


def test_the_ladder_against_a_return_tells_before_it_or_not_at_all(late, attendant):
    def step(number: int) -> Any:
        if number == 0:
            return handovers.open_return(
                rental=late, station=late.return_station, user=attendant, by=staff_actor(attendant)
            )
        return run_ladder()

    results = race(LADDERS, step)

    assert refused(results) == []
    late.refresh_from_db()
    assert late.presented_at is not None
    told = Delivery.objects.filter(kind="return_escalated", channel="email").count()
    assert told == Incident.objects.count() <= 1
    # Whatever came first: nobody hears of it afterwards, and the case is put away.
    run_ladder()
    assert Delivery.objects.filter(kind="return_escalated", channel="email").count() == told
    assert not Incident.objects.exclude(state="resolved").exists()


def test_a_vehicle_goes_out_of_service_while_people_hold_it(station, model, vehicle, attendant):
    spare = make_vehicle(model=model, station=station)
    start = next_half_hour() + timedelta(hours=3)
    renters = [make_renter() for _ in range(6)]
    quotes = [
        make_quote(
            model=model,
            station=station,
            period=a_period(starts_at=start + timedelta(hours=4 * (number // 2)), hours=2),
            vehicle=vehicle,
        )
        for number in range(6)
    ]

    def step(number: int) -> Any:
        if number == 0:
            return take_out_of_service(vehicle=vehicle, reason="Phanh", by=staff_actor(attendant))
        renter = renters[number - 1]
        return hold_booking(
            renter=renter, quote=quotes[number - 1], idempotency_key=f"k{number}", by=renter_actor(renter)
        )

    results = race(7, step)

    assert {type(each).__name__ for each in refused(results)} <= {"VehicleUnavailable"}
    # What slipped in between the look and the block is picked up.
    run_ladder()
    still = Booking.objects.filter(allocation__vehicle=vehicle, state__in=OPEN_STATES)
    assert not still.exists()
    assert set(
        Booking.objects.filter(state=BookingState.HELD).values_list("allocation__vehicle", flat=True)
    ) <= {spare.pk}
    blocks = VehicleAllocation.objects.filter(
        vehicle=vehicle, kind=AllocationKind.MAINTENANCE, state="blocked"
    )
    assert blocks.exists()


def test_taking_out_against_the_renters_own_cancellation_refunds_once(vehicle, attendant):
    renter = make_renter()
    period = a_period(starts_at=next_half_hour() + timedelta(hours=2), hours=3)
    booking = paid_booking(renter=renter, vehicle=vehicle, period=period)

    def step(number: int) -> Any:
        if number == 0:
            return take_out_of_service(vehicle=vehicle, reason="Phanh", by=staff_actor(attendant))
        return cancel_booking(booking=booking, reason=CancelReason.RENTER, by=renter_actor(renter))

    results = race(2, step)

    assert refused(results) == []
    booking.refresh_from_db()
    assert booking.state == BookingState.CANCELLED
    assert Refund.objects.filter(reference=booking.reference).count() == 1
    kinds = {"booking_cancelled", "booking_withdrawn"}
    assert Delivery.objects.filter(reference=booking.reference, channel="email", kind__in=kinds).count() == 1


def test_two_people_take_the_same_vehicle_out_once(vehicle, attendant):
    by = staff_actor(attendant)
    results = race(2, lambda _number: take_out_of_service(vehicle=vehicle, reason="Phanh", by=by))

    assert [type(each).__name__ for each in refused(results)] == ["AlreadyOutOfService"]
    assert Incident.objects.count() == 1
    assert run_ladder()["out_of_service"] == 0
