"""Reads of vehicles' time."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from stations.fleet.models import Vehicle
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import with_turnaround
from voltgo.core.clock import Period

# A pickup that is this near, or late by no more than the grace, needs its vehicle now.
SOON = timedelta(hours=2)
LATE = timedelta(hours=1)


def picked_up_soon(now: datetime) -> Exists:
    """Return the condition on vehicles that a renter is promised within the next two hours."""
    return Exists(
        VehicleAllocation.objects.filter(
            vehicle_id=OuterRef("pk"),
            kind=AllocationKind.BOOKING,
            state=AllocationState.CONFIRMED,
            period__startswith__gt=now - LATE,
            period__startswith__lte=now + SOON,
            # Lets the planner use the index on live claims by their end.
            period__endswith__gt=now,
        )
    )


def free_now(now: datetime) -> QuerySet[Vehicle]:
    """Return the vehicles that could be given to somebody who walks in for the next two hours."""
    start = now.replace(microsecond=0)
    period = Period(start, start + SOON)
    return Vehicle.objects.rentable(period).free(with_turnaround(period))
