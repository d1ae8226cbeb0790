"""Booking the same once more: the same model, station and length, at the next sensible time."""

from dataclasses import dataclass
from datetime import timedelta

from rentals.bookings.models import Booking
from rentals.bookings.periods import TIME_TO_GET_THERE, next_slot
from stations.fleet.models import Vehicle
from stations.network.hours import Opening
from voltgo.core import clock
from voltgo.core.clock import Period

DAY = timedelta(days=1)
# Looking further ahead for the same hour finds no more: hours repeat every week.
DAYS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Again:
    """What is offered to somebody who wants the same again; a vehicle only if it can still be chosen."""

    period: Period
    vehicle: Vehicle | None


def again_of(booking: Booking, opening: Opening) -> Again:
    """Return the next period of the same length: at the same time of day if the station is open at both ends."""
    return Again(next_like(booking.period, opening), _same_vehicle(booking))


def next_like(period: Period, opening: Opening) -> Period:
    """Return a period of the same length that starts at the same time of day, today if there is time to get there."""
    length = period.duration
    earliest = next_slot(clock.now()) + TIME_TO_GET_THERE
    then = clock.local(period.starts_at)
    start = clock.local(earliest).replace(hour=then.hour, minute=then.minute, second=0, microsecond=0)
    if start < earliest:
        start += DAY
    for _day in range(DAYS_AHEAD):
        candidate = Period(start, start + length)
        if opening.is_open_for(candidate):
            return candidate
        start += DAY
    first = opening.nearest_open(earliest, not_before=earliest) or earliest
    return Period(first, opening.nearest_open(first + length, not_before=first + length) or first + length)


def _same_vehicle(booking: Booking) -> Vehicle | None:
    """Return the vehicle that was chosen by its plate, if it still stands at the station and is in service."""
    if booking.is_by_model:
        return None
    rows = Vehicle.objects.in_service().at(booking.pickup_station)
    return rows.filter(pk=booking.allocation.vehicle_id).first()
