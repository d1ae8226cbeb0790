"""Changes lock stations before vehicles, and vehicles by primary key: nobody waits in a circle."""

import time
from datetime import timedelta
from threading import Event

import pytest

from accounts.access.actors import renter_actor
from payments.intents.models import PaymentIntent
from payments.intents.services import apply_fact
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.changes import services
from rentals.changes.enums import ChangeState
from rentals.changes.models import BookingChange
from rentals.changes.services import claims
from rentals.changes.wanted import as_booked
from rentals.pricing.services import make_quote
from stations.timeline.errors import VehicleUnavailable
from tests.concurrency.racing import race
from tests.factories.accounts import make_renter
from tests.factories.handovers import paid_booking
from tests.factories.money import paid_fact
from tests.factories.offers import make_one_way_fee
from tests.factories.rentals import a_period, make_tariff, next_half_hour
from tests.factories.stations import make_car_model, make_station, make_vehicle
from voltgo.core import clock

LONG_ENOUGH = 0.4


@pytest.fixture
def vehicle():
    model = make_car_model()
    make_tariff(model=model)
    return make_vehicle(station=make_station(), model=model)


def booked(vehicle, days):
    start_at = next_half_hour(clock.now() + timedelta(days=days))
    return paid_booking(renter=make_renter(), vehicle=vehicle, period=a_period(starts_at=start_at, hours=5))


def test_two_bookings_exchange_their_vehicles(vehicle, monkeypatch):
    other = make_vehicle(station=vehicle.station, model=vehicle.model)
    pairs = [(booked(vehicle, 2), other), (booked(other, 4), vehicle)]
    quotes = [
        services.preview_change(booking=booking, wanted=as_booked(booking).but(vehicle=target)).after
        for booking, target in pairs
    ]
    put_in_place = claims.put_in_place

    def slowly(**asked):
        time.sleep(LONG_ENOUGH)
        return put_in_place(**asked)

    monkeypatch.setattr(claims, "put_in_place", slowly)

    results = race(
        2,
        lambda n: (
            services.request_change(
                booking=pairs[n][0],
                quote=quotes[n],
                idempotency_key="1",
                by=renter_actor(pairs[n][0].renter),
            ).state
        ),
    )

    assert results == [ChangeState.APPLIED, ChangeState.APPLIED]
    for booking, target in pairs:
        assert Booking.objects.get(pk=booking.pk).allocation.vehicle_id == target.pk


def test_money_for_a_bay_against_a_hold_for_the_same_station(vehicle, monkeypatch):
    make_one_way_fee(kind=vehicle.model.kind)
    there = make_station(bays=3)
    booking = booked(vehicle, 2)
    preview = services.preview_change(booking=booking, wanted=as_booked(booking).but(return_station=there))
    change = services.request_change(
        booking=booking, quote=preview.after, idempotency_key="1", by=renter_actor(booking.renter)
    )
    fact = paid_fact(PaymentIntent.objects.get(idempotency_key=change.reference))
    rival = make_renter()
    period = a_period(starts_at=next_half_hour(clock.now() + timedelta(days=1)), hours=5)
    quote = make_quote(
        model=vehicle.model, station=vehicle.station, return_station=there, period=period, vehicle=vehicle
    )
    secure, is_secured = claims.secure, Event()

    def slowly(**asked):
        found = secure(**asked)
        is_secured.set()
        time.sleep(LONG_ENOUGH)
        return found

    monkeypatch.setattr(claims, "secure", slowly)

    def hold():
        is_secured.wait(timeout=30)
        return hold_booking(renter=rival, quote=quote, idempotency_key="1", by=renter_actor(rival))

    results = race(2, lambda n: apply_fact(fact) if n == 0 else hold())

    # The rival's vehicle goes elsewhere first and is promised afterwards.
    assert isinstance(results[1], VehicleUnavailable)
    assert BookingChange.objects.get(pk=change.pk).state == ChangeState.APPLIED
