"""One station's day per vehicle: the claims on its time between midnight and midnight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rentals.bookings.models import Booking
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline.enums import LIVE_STATES, AllocationState
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock

# More would not fit a screen; the list of claims has the rest.
MOST_VEHICLES = 50
SHOWN_STATES = (*LIVE_STATES, AllocationState.RELEASED)


@dataclass(frozen=True, slots=True)
class PlannedClaim:
    """One claim on the day, with the booking that made it if there is one."""

    claim: VehicleAllocation
    booking: Booking | None

    @property
    def starts_at(self) -> datetime:
        start: datetime = self.claim.period.lower
        return start

    @property
    def ends_at(self) -> datetime:
        end: datetime = self.claim.period.upper
        return end

    @property
    def whose(self) -> str:
        """What people call it: the renter's name, or what the time is blocked for."""
        return self.booking.renter.full_name if self.booking else str(self.claim.get_kind_display())


@dataclass(frozen=True, slots=True)
class VehicleDay:
    """One vehicle with its claims of the day, by the hour."""

    vehicle: Vehicle
    claims: Sequence[PlannedClaim]


def day_plan(station: Station, now: datetime) -> list[VehicleDay]:
    """Return the vehicles of a station with the claims of today, in two queries.

    Holds that ran out are left aside; claims that have ended stay as history of the day.
    """
    vehicles = list(
        Vehicle.objects.at(station)
        .filter(lifecycle=Lifecycle.IN_SERVICE)
        .select_related("model")[:MOST_VEHICLES]
    )
    today, tomorrow = clock.day_bounds(clock.local(now).date())
    claims = (
        VehicleAllocation.objects.filter(vehicle__in=vehicles, state__in=SHOWN_STATES)
        .exclude(state=AllocationState.HELD, hold_expires_at__lte=now)
        .filter(period__endswith__gt=today, period__startswith__lt=tomorrow)
        .select_related("booking__renter")
        .order_by("period")
    )
    by_vehicle: dict[int, list[PlannedClaim]] = {vehicle.pk: [] for vehicle in vehicles}
    for claim in claims:
        if claim.period.upper - claim.period.lower >= timedelta(minutes=1):
            by_vehicle[claim.vehicle_id].append(PlannedClaim(claim, getattr(claim, "booking", None)))
    return [VehicleDay(vehicle, by_vehicle[vehicle.pk]) for vehicle in vehicles]
