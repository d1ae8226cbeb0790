"""Putting claims onto other vehicles: all of them or none, with the constraint as the judge."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from stations.fleet.models import Vehicle
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from stations.timeline.services import expire_stale, insert_claim
from voltgo.core import locks
from voltgo.core.clock import Period

MOVABLE_STATES = (AllocationState.HELD, AllocationState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Relocation:
    """One claim, as it was read, and the vehicle that it should lie on."""

    claim: VehicleAllocation
    vehicle: Vehicle


@transaction.atomic
def relocate(relocations: Sequence[Relocation]) -> list[VehicleAllocation]:
    """Swap each claim for one on its new vehicle, with the same period, state and end of hold.

    The caller holds the locks of all vehicles that get a claim. All old claims are let go first, so that
    vehicles can be exchanged in a circle; their rows stay as history. Sends no news of freed time: another
    claim took it. The order of the result is the order asked.

    Raises:
        AllocationLost: one of the claims is no longer what was read.
        VehicleUnavailable: one of the places is taken.
    """
    for vehicle_id in sorted({relocation.vehicle.pk for relocation in relocations}):
        expire_stale(vehicle_id)
    for relocation in relocations:
        _let_go(relocation.claim)
    return [_claim_again(relocation) for relocation in relocations]


def lock_vehicles(vehicle_ids: Sequence[int]) -> list[Vehicle]:
    """Lock vehicles in primary-key order."""
    return locks.lock(Vehicle.objects.filter(pk__in=vehicle_ids))


def _let_go(claim: VehicleAllocation) -> None:
    """Release a claim by compare-and-swap: it must stand as it was read, hold and all."""
    same = VehicleAllocation.objects.filter(
        pk=claim.pk, state=claim.state, period=claim.period, hold_expires_at=claim.hold_expires_at
    ).filter(state__in=MOVABLE_STATES)
    if not same.update(state=AllocationState.RELEASED, hold_expires_at=None):
        raise AllocationLost(claimant=claim.claimant)


def _claim_again(relocation: Relocation) -> VehicleAllocation:
    claim, vehicle = relocation.claim, relocation.vehicle
    allocation_id = insert_claim(
        vehicle.pk,
        vehicle.station_id,
        Period(claim.period.lower, claim.period.upper),
        AllocationKind.BOOKING,
        AllocationState(claim.state),
        claim.claimant,
        claim.hold_expires_at,
    )
    if allocation_id is None:
        raise VehicleUnavailable(vehicle=vehicle.code)
    return VehicleAllocation.objects.select_related("vehicle").get(pk=allocation_id)
