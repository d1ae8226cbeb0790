"""Taking a vehicle's time out of booking around the claims that are still on it, and giving it back."""

from datetime import datetime

from django.db import transaction

from stations.fleet.models import Vehicle
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock, locks
from voltgo.core.clock import Period

# A rival's claim can land in a gap between our look and our insert; the next look sees it.
ROUNDS = 4


def claims_within(vehicle: Vehicle, period: Period) -> list[VehicleAllocation]:
    """Return the live claims on a vehicle that touch a period, in order of time."""
    rows = VehicleAllocation.objects.live(clock.now()).filter(vehicle=vehicle).overlapping(period)
    return list(rows.order_by("period", "pk"))


def gaps_in(period: Period, claims: list[VehicleAllocation]) -> list[Period]:
    """Return the stretches of a period that no claim covers; `claims` are in order of time."""
    gaps: list[Period] = []
    free_from = period.starts_at
    for claim in claims:
        if claim.period.lower > free_from:
            gaps.append(Period(free_from, claim.period.lower))
        free_from = max(free_from, claim.period.upper)
    if free_from < period.ends_at:
        gaps.append(Period(free_from, period.ends_at))
    return gaps


@transaction.atomic
def block_gaps(*, vehicle: Vehicle, period: Period, claimant: str) -> list[VehicleAllocation]:
    """Block for maintenance whatever is free of a period now; return the claims of others that remain.

    Locks the vehicle, then expires its stale holds. From here on nobody can claim more of this time: each
    remaining claim can be looked after by itself. Safe to call again: what is blocked already stays.
    """
    current = locks.lock_row(vehicle)
    timeline.expire_stale(vehicle.pk)
    claims: list[VehicleAllocation] = []
    for _round in range(ROUNDS):
        claims = claims_within(vehicle, period)
        gaps = gaps_in(period, claims)
        if not gaps:
            break
        for gap in gaps:
            timeline.insert_claim(
                vehicle.pk,
                current.station_id,
                gap,
                AllocationKind.MAINTENANCE,
                AllocationState.BLOCKED,
                claimant,
            )
    return [claim for claim in claims if claim.claimant != claimant]


@transaction.atomic
def end_blocks(*, vehicle: Vehicle, claimant: str, at: datetime, running: bool = False) -> int:
    """Give back to booking, from a moment on, what a claimant blocks; return how many stretches.

    With `running` only what has begun already. Locks the vehicle.
    """
    locks.lock_row(vehicle)
    blocks = VehicleAllocation.objects.filter(
        vehicle=vehicle, claimant=claimant, state=AllocationState.BLOCKED, period__endswith__gt=at
    )
    if running:
        blocks = blocks.filter(period__startswith__lte=at)
    rows = list(blocks.order_by("pk"))
    for row in rows:
        timeline.release(row, at=at)
    return len(rows)
