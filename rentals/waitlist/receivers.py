"""What the waitlist does when bookings and vehicles have news."""

from datetime import timedelta
from typing import Any

from rentals.bookings import signals as bookings
from rentals.bookings.enums import Channel
from rentals.bookings.models import Booking
from rentals.waitlist.services import (
    note_cancelled,
    note_confirmed,
    note_expired,
    note_held,
    promise_offers,
)
from stations.fleet.models import Vehicle
from stations.fleet.signals import vehicle_ready
from stations.timeline.services import with_turnaround
from stations.timeline.signals import time_freed
from voltgo.core import clock
from voltgo.core.clock import Period

# A vehicle that was repaired serves anybody who waits for a time that can be booked at all.
ANY_TIME = timedelta(days=366)


def on_booking_held(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    if booking.channel == Channel.WAITLIST:
        note_held(booking)


def on_booking_confirmed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    if booking.channel == Channel.WAITLIST:
        note_confirmed(booking)


def on_booking_cancelled(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    if booking.channel == Channel.WAITLIST:
        note_cancelled(booking)


def on_booking_expired(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Let the offer lapse and offer the vehicle to the next: a hold that runs out frees its time."""
    if booking.channel == Channel.WAITLIST:
        note_expired(booking)
    promise_offers(
        station_id=booking.pickup_station_id,
        model_id=booking.model_id,
        period=with_turnaround(booking.period),
    )


def on_time_freed(sender: Any, vehicle_id: int, station_id: int, period: Period, **_kwargs: Any) -> None:
    """Cancelled, missed, returned early, moved to another vehicle, a block lifted: all free time this way."""
    model_id = Vehicle.objects.values_list("model_id", flat=True).get(pk=vehicle_id)
    promise_offers(station_id=station_id, model_id=model_id, period=period)


def on_vehicle_ready(sender: Any, vehicle: Vehicle, **_kwargs: Any) -> None:
    now = clock.now().replace(microsecond=0)
    promise_offers(
        station_id=vehicle.station_id, model_id=vehicle.model_id, period=Period(now, now + ANY_TIME)
    )


def connect() -> None:
    """Wire bookings and vehicles to the waitlist; called once when the app is ready."""
    bookings.booking_held.connect(on_booking_held, dispatch_uid="rentals.waitlist.booking_held")
    bookings.booking_confirmed.connect(
        on_booking_confirmed, dispatch_uid="rentals.waitlist.booking_confirmed"
    )
    bookings.booking_cancelled.connect(
        on_booking_cancelled, dispatch_uid="rentals.waitlist.booking_cancelled"
    )
    bookings.booking_expired.connect(on_booking_expired, dispatch_uid="rentals.waitlist.booking_expired")
    time_freed.connect(on_time_freed, dispatch_uid="rentals.waitlist.time_freed")
    vehicle_ready.connect(on_vehicle_ready, dispatch_uid="rentals.waitlist.vehicle_ready")
