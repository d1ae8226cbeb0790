"""What a renter wants a booking to be."""

from dataclasses import dataclass, replace
from typing import Any

from rentals.bookings.models import Booking
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from voltgo.core.clock import Period


@dataclass(frozen=True, slots=True)
class Wanted:
    """A booking's time, places, vehicle and add-ons as they are to be; `vehicle` None means any of the model."""

    period: Period
    station: Station
    return_station: Station
    model: VehicleModel
    vehicle: Vehicle | None
    # None: as they are.
    options: tuple[Any, ...] | None = None

    def but(self, **changes: Any) -> "Wanted":
        return replace(self, **changes)


def as_booked(booking: Booking) -> Wanted:
    """Return a booking as it stands, to change it from there."""
    return Wanted(
        period=booking.period,
        station=booking.pickup_station,
        return_station=booking.return_station,
        model=booking.model,
        vehicle=None if booking.is_by_model else booking.allocation.vehicle,
    )
