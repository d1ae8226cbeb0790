from collections import Counter
from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor, staff_actor
from payments.intents.selectors import money_of
from payments.invoices.models import Receipt
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.services import cancel_booking
from rentals.handovers import services
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.models import Inspection, Rental, Settlement
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter, make_user
from tests.factories.handovers import handed_over, paid_booking, presented, ready_to_sign, returned, sign_both
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle
from voltgo.core import clock, states

TABLETS = 8


@pytest.fixture
def station():
    return make_station()


@pytest.fixture
def model():
    model = make_car_model()
    make_tariff(model=model)
    return model


@pytest.fixture
def attendants(station):
    people = [make_user(full_name=f"Nhân viên {number}") for number in range(TABLETS)]
    for person in people:
        make_post(user=person, station=station)
    return people


@pytest.fixture
def booking(station, model):
    starts_at = (clock.now() + timedelta(minutes=10)).replace(second=0, microsecond=0)
    vehicle = make_vehicle(model=model, station=station)
    return paid_booking(renter=make_renter(), vehicle=vehicle, period=a_period(starts_at=starts_at))


def open_on(attendants, booking):
    return lambda n: services.open_handover(
        booking=booking, station=booking.pickup_station, user=attendants[n], by=staff_actor(attendants[n])
    )


def test_tablets_that_open_one_handover_together_share_one_rental(booking, attendants):
    results = race(TABLETS, open_on(attendants, booking))

    assert {result.pk for result in results} == {Rental.objects.get().pk}
    assert Inspection.objects.count() == 1
    assert len(states.events_of(RENTAL, Rental.objects.get())) == 1


def test_a_handover_against_a_cancellation_ends_in_one_of_the_two(booking, attendants):
    def step(n):
        if n == 0:
            return cancel_booking(
                booking=booking, reason=CancelReason.RENTER, by=renter_actor(booking.renter)
            )
        return open_on(attendants, booking)(n)

    results = race(2, step)

    booking.refresh_from_db()
    is_cancelled = booking.state == BookingState.CANCELLED
    assert is_cancelled != Rental.objects.exists() or Rental.objects.get().state == RentalState.PREPARING
    assert sum(isinstance(result, Exception) for result in results) == 1


def test_two_bookings_of_one_renter_do_not_both_open(booking, attendants, station, model):
    other = paid_booking(
        renter=booking.renter,
        vehicle=make_vehicle(model=model, station=station),
        period=a_period(starts_at=booking.starts_at),
    )

    results = race(2, lambda n: open_on(attendants, (booking, other)[n])(n))

    assert Counter(type(result).__name__ for result in results) == {"Rental": 1, "RenterHasOpenRental": 1}
    assert Rental.objects.count() == 1


def test_keys_are_given_once_by_tablets_that_press_together(booking, attendants):
    rental = ready_to_sign(booking=booking, attendant=attendants[0])
    sign_both(rental, attendants[0])

    results = race(
        TABLETS,
        lambda n: services.hand_over_keys(rental=Rental.objects.get(), by=staff_actor(attendants[n])),
    )

    assert not [result for result in results if isinstance(result, Exception)]
    assert [event.target for event in states.events_of(RENTAL, rental)] == [
        "preparing",
        "ready_to_sign",
        "active",
    ]


def test_a_return_is_settled_and_closed_once(booking, attendants):
    rental = handed_over(booking=booking, attendant=attendants[0])
    presented(rental, attendants[0])
    settlements = race(
        TABLETS,
        lambda n: services.finish_return(rental=Rental.objects.get(), by=staff_actor(attendants[n])),
    )
    assert {settlement.pk for settlement in settlements} == {Settlement.objects.get().pk}

    closed = race(
        TABLETS,
        lambda n: services.accept_settlement(rental=Rental.objects.get(), by=renter_actor(booking.renter)),
    )
    assert {settlement.pk for settlement in closed} == {Settlement.objects.get().pk}
    assert money_of(booking.reference).deposit_held == 0
    assert Receipt.objects.count() == 1


def test_objection_against_acceptance_ends_in_one_of_the_two(booking, attendants):
    rental = handed_over(booking=booking, attendant=attendants[0])
    returned(rental, attendants[0])

    def step(n):
        if n == 0:
            return services.accept_settlement(rental=Rental.objects.get(), by=renter_actor(booking.renter))
        return services.dispute_settlement(
            rental=Rental.objects.get(), objection="Không đúng", by=renter_actor(booking.renter)
        )

    results = race(2, step)

    rental.refresh_from_db()
    failures = [result for result in results if isinstance(result, Exception)]
    assert [type(failure).__name__ for failure in failures] == ["NotSettling"]
    assert rental.state in {RentalState.CLOSED, RentalState.DISPUTED}
    assert Receipt.objects.count() == (rental.state == RentalState.CLOSED)
