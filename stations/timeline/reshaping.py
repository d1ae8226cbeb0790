"""Giving a claim another period: what it lacks is claimed before anything is let go.

Pieces are holds of their own, with the claimant of whoever asks. They never become the claim: in one
transaction they are let go and the claim takes their place, with the constraint as the judge. Rivals that look
meanwhile wait for that transaction.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import IntegrityError, transaction

from stations.fleet.models import Vehicle
from stations.timeline import services as timeline
from stations.timeline.enums import LIVE_STATES, AllocationKind, AllocationState
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from stations.timeline.signals import time_freed
from voltgo.core import locks
from voltgo.core.clock import Period


def period_of(allocation: VehicleAllocation) -> Period:
    """Return the time that a claim takes, the turnaround included."""
    return Period(allocation.period.lower, allocation.period.upper)


def missing(wanted: Period, *haves: Period) -> list[Period]:
    """Return the parts of a period that none of the others covers, in order."""
    parts = [wanted]
    for have in haves:
        parts = [rest for part in parts for rest in _less(part, have)]
    return sorted(parts)


def _less(part: Period, have: Period) -> Iterable[Period]:
    if not part.overlaps(have):
        yield part
        return
    if part.starts_at < have.starts_at:
        yield Period(part.starts_at, have.starts_at)
    if have.ends_at < part.ends_at:
        yield Period(have.ends_at, part.ends_at)


@transaction.atomic
def hold_pieces(
    *, vehicle: Vehicle, pieces: Iterable[Period], claimant: str, hold_expires_at: datetime
) -> list[VehicleAllocation]:
    """Hold several stretches of one vehicle's time, all or none. Locks the vehicle, expires its stale holds.

    Raises:
        VehicleUnavailable: another live claim overlaps one of them.
    """
    locks.lock_row(vehicle)
    return [
        timeline.hold_vehicle(
            vehicle=vehicle, period=piece, claimant=claimant, hold_expires_at=hold_expires_at
        )
        for piece in pieces
    ]


def pieces_of(claimant: str) -> list[VehicleAllocation]:
    """Return the holds of a claimant that nobody has swept, also those whose time is over."""
    rows = VehicleAllocation.objects.filter(claimant=claimant, state=AllocationState.HELD)
    return list(rows.select_related("vehicle").order_by("pk"))


@transaction.atomic
def drop_pieces(claimant: str, *, keep_quiet: bool = False) -> int:
    """Let go every hold of a claimant, for others to take or, quietly, to put a claim in its place."""
    dropped = 0
    for piece in pieces_of(claimant):
        rows = VehicleAllocation.objects.filter(pk=piece.pk, state=AllocationState.HELD)
        if rows.update(state=AllocationState.EXPIRED, hold_expires_at=None):
            dropped += 1
            if not keep_quiet:
                _tell_freed(piece, period_of(piece))
    return dropped


@transaction.atomic
def reshape(allocation: VehicleAllocation, period: Period) -> None:
    """Give a live claim another period; `period` includes the turnaround. Locks the vehicle.

    Let go your own pieces before, in the same transaction.

    Raises:
        AllocationLost: the claim is no longer live.
        VehicleUnavailable: another live claim overlaps.
    """
    locks.lock_row(allocation.vehicle)
    timeline.expire_stale(allocation.vehicle_id)
    before = period_of(allocation)
    try:
        with transaction.atomic():
            rows = VehicleAllocation.objects.filter(pk=allocation.pk, state__in=LIVE_STATES)
            changed = rows.update(period=period.as_range())
    except IntegrityError as clash:
        raise VehicleUnavailable(vehicle=allocation.vehicle.code) from clash
    if not changed:
        raise AllocationLost(claimant=allocation.claimant)
    allocation.refresh_from_db(fields=["period", "state"])
    for freed in missing(before, period):
        _tell_freed(allocation, freed)


@transaction.atomic
def block_behind(
    *, vehicle: Vehicle, period: Period, claimant: str, hold_expires_at: datetime | None
) -> VehicleAllocation:
    """Take the time behind a claim whose vehicle ends up elsewhere. Locks the vehicle.

    With an end of hold it is a hold like the claim's own; without one it stands until it is let go.

    Raises:
        VehicleUnavailable: another live claim overlaps.
    """
    current = locks.lock_row(vehicle)
    timeline.expire_stale(vehicle.pk)
    state = AllocationState.BLOCKED if hold_expires_at is None else AllocationState.HELD
    allocation_id = timeline.insert_claim(
        vehicle.pk, current.station_id, period, AllocationKind.TRANSFER, state, claimant, hold_expires_at
    )
    if allocation_id is None:
        raise VehicleUnavailable(vehicle=vehicle.code)
    return VehicleAllocation.objects.get(pk=allocation_id)


def _tell_freed(allocation: VehicleAllocation, period: Period) -> None:
    time_freed.send(
        sender=VehicleAllocation,
        vehicle_id=allocation.vehicle_id,
        station_id=allocation.station_id,
        period=period,
    )
