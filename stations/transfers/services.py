"""Every write of transfers: asked for, agreed to, driven over, confirmed at both ends.

From the moment it is agreed to, a transfer claims the vehicle's time without an end: nobody can book it at
the station that it leaves, and it is free again where it arrives (docs/adr/0042). Locks in this order: the
transfer, the station whose bay is taken, the vehicle.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.users.models import User
from stations.bays.services import release_bay, reserve_bay
from stations.fleet import services as fleet
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.errors import NotInService, OdometerWentBack, ReasonMissing, VehicleIsPromised
from stations.fleet.models import Vehicle
from stations.network.access import works_at
from stations.network.models import Station
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from stations.timeline.outages import end_blocks
from stations.transfers.enums import TRANSFER, TransferEnd, TransferState
from stations.transfers.errors import (
    AlreadyInTransfer,
    NotAtThisEnd,
    NotStandingHere,
    SameStation,
    StationCannotTake,
    TooManyPhotos,
    TransferInThePast,
    VehicleHasMoved,
)
from stations.transfers.models import TransferPhoto, VehicleTransfer
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.clock import Period
from voltgo.core.images import CleanPhoto, Upload, clean_photo

# Longer than anybody can book ahead: nobody is promised the vehicle behind its transfer, at the wrong station.
OPEN_END = timedelta(days=365)
STANDS = (Condition.READY, Condition.PREPARATION)
MOST_PHOTOS = 8


@transaction.atomic
def plan(
    *,
    vehicle: Vehicle,
    destination: Station,
    starts_at: datetime,
    arrives_at: datetime,
    reason: str,
    by: Actor,
) -> VehicleTransfer:
    """Ask that a vehicle goes to another station; nothing is claimed yet. Locks the vehicle.

    Raises:
        SameStation, StationCannotTake: the destination is its station, or takes nobody.
        TransferInThePast: it would arrive before it leaves, or before now.
        ReasonMissing: nobody said why.
        NotInService: the vehicle has left the fleet.
        AlreadyInTransfer: another transfer of it is open.
    """
    current = locks.lock_row(vehicle)
    reason = reason.strip()[:300]
    if not reason:
        raise ReasonMissing
    if destination.pk == current.station_id:
        raise SameStation
    if not destination.is_active:
        raise StationCannotTake
    if not starts_at < arrives_at or arrives_at <= clock.now():
        raise TransferInThePast
    if current.lifecycle in {Lifecycle.DRAFT, Lifecycle.RETIRED}:
        raise NotInService
    try:
        with transaction.atomic():
            transfer = VehicleTransfer.objects.create(
                vehicle=current,
                origin=current.station,
                destination=destination,
                starts_at=starts_at.replace(microsecond=0),
                arrives_at=arrives_at.replace(microsecond=0),
                reason=reason,
                requested_by=by.label,
            )
    except IntegrityError:
        raise AlreadyInTransfer from None
    states.begin(TRANSFER, transfer, by=by, reason=reason)
    return transfer


@transaction.atomic
def approve(*, transfer: VehicleTransfer, by: Actor) -> VehicleTransfer:
    """Agree to a transfer: claim the vehicle's time from its start on, and keep a bay where it arrives.

    Locks the transfer, the station that it goes to, then the vehicle. Safe to call again.

    Raises:
        NotAllowed: only supervisors and operators.
        VehicleHasMoved: it is no longer where it was to leave from.
        NoBayFree: the station has no room.
        TimeIsClaimed: the vehicle is promised to somebody behind the start; the message names the claims.
        IllegalTransition: it was decided otherwise.
    """
    current = locks.lock_row(transfer)
    if current.state == TransferState.APPROVED:
        transfer.state = current.state
        return transfer
    states.move(TRANSFER, transfer, to=TransferState.APPROVED, by=by)
    reserve_bay(station=current.destination, claimant=transfer.reference, arrives_at=current.arrives_at)
    vehicle = locks.lock_row(current.vehicle)
    if vehicle.station_id != current.origin_id:
        raise VehicleHasMoved
    starts_at = max(current.starts_at, clock.wall().replace(microsecond=0))
    timeline.block(
        vehicle=vehicle,
        period=Period(starts_at, starts_at + OPEN_END),
        kind=AllocationKind.TRANSFER,
        reason=current.reason,
        by=by,
        claimant=transfer.reference,
    )
    return transfer


def pick_up(
    *,
    transfer: VehicleTransfer,
    odometer_km: int,
    battery_percent: int,
    user: User,
    by: Actor,
    at: datetime | None = None,
    photos: Iterable[Upload | CleanPhoto] = (),
) -> VehicleTransfer:
    """Hand the vehicle to whoever drives it over: from now on it is on its way.

    `at` is when it left. Said again with the same odometer it changes nothing. Locks the transfer, then the
    vehicle; it leaves its bay and its charger.

    Raises:
        NotAtThisEnd: only staff of the station that it leaves.
        VehicleHasMoved, NotStandingHere: it does not stand there.
        VehicleIsPromised: it leaves earlier than planned, and somebody has it until then.
        OdometerWentBack, BatteryOutOfRange: the readings cannot be.
        IllegalTransition: it was not agreed to, or is on its way with other readings.
        TooManyPhotos, PhotoRefused: the photos cannot be kept.
    """
    pictures = _cleaned(photos)
    left_at = at or clock.now()
    with transaction.atomic():
        current = locks.lock_row(transfer)
        _require_staff(user, current.origin, by)
        if current.state == TransferState.PICKED_UP and current.picked_up_km == odometer_km:
            transfer.refresh_from_db()
            return transfer
        states.move(
            TRANSFER,
            transfer,
            to=TransferState.PICKED_UP,
            by=by,
            picked_up_at=left_at,
            picked_up_km=odometer_km,
            picked_up_percent=battery_percent,
            picked_up_by=user,
        )
        vehicle = locks.lock_row(current.vehicle)
        if vehicle.station_id != current.origin_id:
            raise VehicleHasMoved
        if vehicle.condition not in STANDS:
            raise NotStandingHere
        _claim_from_now(transfer, vehicle)
        _read(vehicle, odometer_km, battery_percent, left_at, by)
        fleet.change_condition(vehicle=vehicle, to=Condition.IN_TRANSFER, by=by, reason=transfer.code)
        _keep(transfer, TransferEnd.ORIGIN, pictures, left_at)
    return transfer


def deliver(
    *,
    transfer: VehicleTransfer,
    odometer_km: int,
    battery_percent: int,
    user: User,
    by: Actor,
    at: datetime | None = None,
    photos: Iterable[Upload | CleanPhoto] = (),
) -> VehicleTransfer:
    """Take the vehicle in: the station is its home now, it goes to preparation, its time is free again.

    `at` is when it arrived. Said again with the same odometer it changes nothing. Locks the transfer, then
    the vehicle.

    Raises:
        NotAtThisEnd: only staff of the station to which it goes.
        OdometerWentBack, BatteryOutOfRange: the readings cannot be.
        IllegalTransition: it is not on its way, or arrived with other readings.
        TooManyPhotos, PhotoRefused: the photos cannot be kept.
    """
    pictures = _cleaned(photos)
    came_at = at or clock.now()
    with transaction.atomic():
        current = locks.lock_row(transfer)
        _require_staff(user, current.destination, by)
        if current.state == TransferState.DELIVERED and current.delivered_km == odometer_km:
            transfer.refresh_from_db()
            return transfer
        if current.picked_up_km is not None and odometer_km < current.picked_up_km:
            raise OdometerWentBack(last_km=current.picked_up_km)
        states.move(
            TRANSFER,
            transfer,
            to=TransferState.DELIVERED,
            by=by,
            delivered_at=came_at,
            delivered_km=odometer_km,
            delivered_percent=battery_percent,
            delivered_by=user,
        )
        vehicle = locks.lock_row(current.vehicle)
        _read(vehicle, odometer_km, battery_percent, came_at, by)
        fleet.change_condition(vehicle=vehicle, to=Condition.PREPARATION, by=by, reason=transfer.code)
        # First its new home, then its time: whoever hears that it is free must hear where.
        fleet.arrive_elsewhere(
            vehicle=vehicle,
            at=current.destination,
            reason=transfer.code,
            by=by,
            claimant=transfer.reference,
        )
        _let_go(transfer, vehicle)
        _keep(transfer, TransferEnd.DESTINATION, pictures, came_at)
    return transfer


@transaction.atomic
def cancel(*, transfer: VehicleTransfer, reason: str, by: Actor) -> VehicleTransfer:
    """Call a transfer off; one that was on its way is back where it came from. Locks it, then the vehicle.

    Its claim and its bay are free again. Safe to call again.

    Raises:
        ReasonMissing: nobody said why.
        IllegalTransition, NotAllowed: it has arrived, or not for this actor.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise ReasonMissing
    current = locks.lock_row(transfer)
    if current.state == TransferState.CANCELLED:
        transfer.state = current.state
        return transfer
    states.move(TRANSFER, transfer, to=TransferState.CANCELLED, by=by, reason=reason)
    vehicle = locks.lock_row(current.vehicle)
    if current.state == TransferState.PICKED_UP and vehicle.condition == Condition.IN_TRANSFER:
        fleet.change_condition(vehicle=vehicle, to=Condition.PREPARATION, by=by, reason=transfer.code)
    _let_go(transfer, vehicle)
    return transfer


def _require_staff(user: User, station: Station, by: Actor) -> None:
    if by.kind != ActorKind.OPERATOR and not works_at(user, station):
        raise NotAtThisEnd


def _claim_from_now(transfer: VehicleTransfer, vehicle: Vehicle) -> None:
    """Claim the time until the planned start too, for a vehicle that leaves earlier."""
    now = clock.wall().replace(microsecond=0)
    claims = VehicleAllocation.objects.filter(
        vehicle=vehicle, claimant=transfer.reference, state=AllocationState.BLOCKED
    )
    starts_at = min(claim.period.lower for claim in claims)
    if now >= starts_at:
        return
    timeline.expire_stale(vehicle.pk)
    claimed = timeline.insert_claim(
        vehicle.pk,
        vehicle.station_id,
        Period(now, starts_at),
        AllocationKind.TRANSFER,
        AllocationState.BLOCKED,
        transfer.reference,
    )
    if claimed is None:
        raise VehicleIsPromised(_("Xe còn lượt đặt trước giờ dự kiến đi. Hãy chờ đến giờ đó."))


def _let_go(transfer: VehicleTransfer, vehicle: Vehicle) -> None:
    end_blocks(vehicle=vehicle, claimant=transfer.reference, at=clock.wall())
    release_bay(claimant=transfer.reference)


def _read(vehicle: Vehicle, odometer_km: int, battery_percent: int, at: datetime, by: Actor) -> None:
    fleet.record_readings_of(
        vehicle=vehicle, at=at, odometer_km=odometer_km, battery_percent=battery_percent, by=by
    )


def _cleaned(photos: Iterable[Upload | CleanPhoto]) -> list[CleanPhoto]:
    given = list(photos)
    if len(given) > MOST_PHOTOS:
        raise TooManyPhotos
    return [photo if isinstance(photo, CleanPhoto) else clean_photo(photo) for photo in given]


def _keep(transfer: VehicleTransfer, end: TransferEnd, photos: Sequence[CleanPhoto], at: datetime) -> None:
    """Keep the pictures of one end; one that was sent before is not kept twice."""
    for photo in photos:
        sent = photo.uploaded_sha256 or photo.sha256
        if TransferPhoto.objects.filter(transfer=transfer, end=end, uploaded_sha256=sent).exists():
            continue
        TransferPhoto.objects.create(
            transfer=transfer,
            end=end,
            file=photo.as_file(),
            sha256=photo.sha256,
            uploaded_sha256=sent,
            at=at,
        )
