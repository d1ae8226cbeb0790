"""Claiming and freeing a vehicle's time.

The exclusion constraint is the judge. Inserts use ON CONFLICT DO NOTHING, because a plain insert that
catches the exclusion error deadlocks under contention (docs/adr/0004).
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.candidates import LOCK_SPACE, candidates
from stations.timeline.enums import LIVE_STATES, AllocationKind, AllocationState
from stations.timeline.errors import (
    AllocationLost,
    BlockInThePast,
    NotBlocked,
    TimeIsClaimed,
    VehicleUnavailable,
)
from stations.timeline.models import VehicleAllocation
from stations.timeline.signals import time_freed
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

ROUNDS = 4

INSERT = """
    INSERT INTO stations_vehicleallocation
        (vehicle_id, station_id, period, kind, state, hold_expires_at, claimant, created_at)
    SELECT %(vehicle)s, %(station)s, tstzrange(%(starts_at)s, %(ends_at)s, '[)'), %(kind)s, %(state)s,
           %(hold_expires_at)s::timestamptz, %(claimant)s, now()
    WHERE NOT %(yields)s OR pg_try_advisory_xact_lock(%(space)s, %(vehicle)s::int)
    ON CONFLICT DO NOTHING
    RETURNING id
"""


def with_turnaround(period: Period) -> Period:
    """Lengthen a rental's period by the time that the station needs to prepare the vehicle again."""
    return period.extended_by(timedelta(minutes=settings.TURNAROUND_MINUTES))


@transaction.atomic
def hold_vehicle(
    *, vehicle: Vehicle, period: Period, claimant: str, hold_expires_at: datetime | None
) -> VehicleAllocation:
    """Claim one given vehicle; `period` includes the turnaround. Without an end of hold it is confirmed.

    Locks the vehicle row first, then expires its stale holds, then inserts: the order that 60 rivals
    went through without a deadlock.

    Raises:
        VehicleUnavailable: another live claim overlaps.
    """
    locks.lock_row(vehicle)
    expire_stale(vehicle.pk)
    allocation = _claim(vehicle.pk, vehicle.station_id, period, claimant, hold_expires_at)
    if allocation is None:
        raise VehicleUnavailable(vehicle=vehicle.code)
    return allocation


def hold_any(
    *, station: Station, model: VehicleModel, period: Period, claimant: str, hold_expires_at: datetime | None
) -> VehicleAllocation:
    """Claim any vehicle of a model at a station; `period` includes the turnaround.

    Takes the vehicle whose free time is cut up least (measured in docs/repacking.md), and leaves one that
    a rival is claiming at this moment to the rival; only then tries in random order and waits. Locks no
    row. Call it within a transaction, and `expire_stale_at` before, in one of its own.

    Raises:
        VehicleUnavailable: no vehicle of the model is free there for the whole period.
    """
    for number in range(ROUNDS):
        is_polite = number == 0
        found = candidates(station, model, period, tightest_first=is_polite)
        for vehicle_id in found:
            allocation = _claim(vehicle_id, station.pk, period, claimant, hold_expires_at, yields=is_polite)
            if allocation is not None:
                return allocation
        if not found:
            break
    raise VehicleUnavailable(station=station.code, model=model.slug)


def _claim(
    vehicle_id: int,
    station_id: int,
    period: Period,
    claimant: str,
    hold_expires_at: datetime | None,
    *,
    yields: bool = False,
) -> VehicleAllocation | None:
    """Insert a booking's claim; return it, or None when the constraint knows another one.

    With `yields` also None, at once, when somebody else who yields is claiming the vehicle right now.
    """
    state = AllocationState.CONFIRMED if hold_expires_at is None else AllocationState.HELD
    kind = AllocationKind.BOOKING
    allocation_id = insert_claim(
        vehicle_id, station_id, period, kind, state, claimant, hold_expires_at, yields=yields
    )
    if allocation_id is None:
        return None
    # What was written is known: no need to read it back.
    written = (allocation_id, vehicle_id, station_id, period.as_range(), kind.value, state.value)
    names = [field.attname for field in VehicleAllocation._meta.concrete_fields]
    values = (*written, hold_expires_at, claimant, clock.now())
    return VehicleAllocation.from_db(connection.alias, names, values)


def insert_claim(
    vehicle_id: int,
    station_id: int,
    period: Period,
    kind: AllocationKind,
    state: AllocationState,
    claimant: str,
    hold_expires_at: datetime | None = None,
    *,
    yields: bool = False,
) -> int | None:
    """Insert one claim; return its id, or None when the constraint knows another one.

    With `yields` also None, at once, when somebody else who yields is claiming the vehicle right now.
    """
    values: dict[str, Any] = {
        "vehicle": vehicle_id,
        "station": station_id,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "kind": kind.value,
        "state": state.value,
        "hold_expires_at": hold_expires_at,
        "claimant": claimant,
        "yields": yields,
        "space": LOCK_SPACE,
    }
    rows = rows_of(INSERT, values)
    return int(rows[0][0]) if rows else None


def expire_stale(vehicle_id: int) -> int:
    """Expire the holds of one vehicle that ran out. The caller holds the vehicle's row lock."""
    stale = VehicleAllocation.objects.filter(
        vehicle_id=vehicle_id, state=AllocationState.HELD, hold_expires_at__lte=clock.now()
    )
    return stale.update(state=AllocationState.EXPIRED)


@transaction.atomic
def expire_stale_at(station: Station, model: VehicleModel) -> int:
    """Expire the holds of a model at a station that ran out, skipping rows that a rival is expiring.

    A transaction of its own: an uncommitted sweep would make rivals' inserts wait for us, and ours for
    theirs.
    """
    stale = VehicleAllocation.objects.filter(
        station=station, vehicle__model=model, state=AllocationState.HELD, hold_expires_at__lte=clock.now()
    ).select_for_update(skip_locked=True, of=("self",))
    ids = [allocation.pk for allocation in stale]
    return VehicleAllocation.objects.filter(pk__in=ids, state=AllocationState.HELD).update(
        state=AllocationState.EXPIRED
    )


def confirm(allocation: VehicleAllocation) -> None:
    """Turn a hold into a firm claim by compare-and-swap: against a sweep exactly one of the two wins.

    Raises:
        AllocationLost: the hold was swept before.
    """
    _swap(allocation, AllocationState.HELD, AllocationState.CONFIRMED)


def start(allocation: VehicleAllocation) -> None:
    """Mark a firm claim as running: the keys have been given.

    Raises:
        AllocationLost: the claim is not firm.
    """
    _swap(allocation, AllocationState.CONFIRMED, AllocationState.ON_RENTAL)


def harden(allocation: VehicleAllocation) -> None:
    """Turn a held block into a firm one, by compare-and-swap against a sweep.

    Raises:
        AllocationLost: the hold was swept before.
    """
    _swap(allocation, AllocationState.HELD, AllocationState.BLOCKED)


def expire(allocation: VehicleAllocation) -> bool:
    """Expire a hold by compare-and-swap; say whether it was still held."""
    try:
        _swap(allocation, AllocationState.HELD, AllocationState.EXPIRED)
    except AllocationLost:
        return False
    return True


@transaction.atomic
def release(allocation: VehicleAllocation, *, at: datetime) -> None:
    """Free what is left of a claim. The row stays as history, cut to the time that was really used."""
    current = locks.lock_row(allocation)
    moment = at.replace(microsecond=0)
    changes: dict[str, object] = {"state": AllocationState.RELEASED, "hold_expires_at": None}
    if current.period.lower < moment < current.period.upper:
        changes["period"] = Period(current.period.lower, moment).as_range()
    VehicleAllocation.objects.filter(pk=allocation.pk).update(**changes)
    allocation.refresh_from_db()
    # Only time that was really claimed becomes free: a second release frees nothing.
    if current.state in LIVE_STATES and moment < current.period.upper:
        time_freed.send(
            sender=VehicleAllocation,
            vehicle_id=current.vehicle_id,
            station_id=current.station_id,
            period=Period(max(moment, current.period.lower), current.period.upper),
        )


@transaction.atomic
def block(
    *, vehicle: Vehicle, period: Period, kind: AllocationKind, reason: str, by: Actor, claimant: str = ""
) -> VehicleAllocation:
    """Take a stretch of a vehicle's time out of booking, for maintenance or a transfer.

    Without a claimant it is the vehicle's own, as an operator blocks it. Locks the vehicle, then expires its stale holds. Nothing is moved out of the way: whoever is promised
    this vehicle must be told first.

    Raises:
        BlockInThePast: the stretch is over already.
        TimeIsClaimed: a booking or another block overlaps; the message names the claims.
    """
    if period.ends_at <= clock.now():
        raise BlockInThePast
    current = locks.lock_row(vehicle)
    expire_stale(vehicle.pk)
    claimant = claimant or f"{kind.value}:{current.code}"
    allocation_id = insert_claim(
        vehicle.pk, current.station_id, period, kind, AllocationState.BLOCKED, claimant
    )
    if allocation_id is None:
        raise TimeIsClaimed(_claims_in_words(vehicle, period))
    record(
        "vehicle.time_blocked",
        f"vehicle:{current.code}",
        by=by,
        reason=reason,
        kind=kind.value,
        starts_at=period.starts_at.isoformat(),
        ends_at=period.ends_at.isoformat(),
    )
    return VehicleAllocation.objects.get(pk=allocation_id)


def _claims_in_words(vehicle: Vehicle, period: Period) -> str:
    """Name the claims that stand in the way of a block, so that people know whom to call."""
    live = VehicleAllocation.objects.live(clock.now()).filter(vehicle=vehicle).overlapping(period)
    claims = "; ".join(
        f"{claim.claimant.partition(':')[2]} {clock.local(claim.period.lower):%H:%M %d/%m}"
        f"–{clock.local(claim.period.upper):%H:%M %d/%m}"
        for claim in live.order_by("period")
    )
    return _("Xe đã có lịch trong khoảng thời gian này: %(claims)s.") % {"claims": claims}


@transaction.atomic
def unblock(*, allocation: VehicleAllocation, reason: str, by: Actor) -> VehicleAllocation:
    """Give blocked time back to booking, from now on. Locks the allocation.

    Raises:
        NotBlocked: it is a booking's claim, or free already.
    """
    current = locks.lock_row(allocation)
    if current.state != AllocationState.BLOCKED:
        raise NotBlocked
    release(allocation, at=clock.now())
    record(
        "vehicle.time_unblocked", f"vehicle:{current.vehicle.code}", by=by, reason=reason, kind=current.kind
    )
    return allocation


def _swap(allocation: VehicleAllocation, source: AllocationState, target: AllocationState) -> None:
    changed = VehicleAllocation.objects.filter(pk=allocation.pk, state=source).update(
        state=target, hold_expires_at=None
    )
    if not changed:
        raise AllocationLost(claimant=allocation.claimant)
    allocation.state = target
    allocation.hold_expires_at = None
