"""Moving bookings by model among equal vehicles, so that one more fits or one vehicle becomes free (docs/adr/0013).

Bookings are locked without waiting (SKIP LOCKED): whoever is being paid, cancelled or handed over at this
moment counts as pinned. So a repacking that already holds vehicles never waits for somebody who holds a
booking and wants a vehicle. Waits for vehicles and for rivals' fresh claims end before PostgreSQL would
look for a deadlock; then everything is let go and looked at again.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, transaction

from rentals.bookings.errors import CannotMove
from rentals.bookings.models import Booking
from rentals.bookings.selectors.room import (
    NEWCOMER,
    NODES,
    SECONDS,
    Claimed,
    Promise,
    Situation,
    situation_of,
)
from rentals.bookings.services.moving import PATIENCE_MS, Move, move_bookings, swap_claims
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.lanes import span_of
from stations.timeline.models import VehicleAllocation
from stations.timeline.packing import Job, pack
from stations.timeline.relocating import MOVABLE_STATES
from voltgo.core import locks
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.clock import Period

ROUNDS = 6
PAUSE_SECONDS = 0.02
PINNED_ROUNDS = 3
# How many vehicles are tried when one is to be cleared and somebody is faster.
CLEARINGS = 3
REASON = "repacked to make room"


class _SomebodyFaster(Exception):
    """What was seen is no longer so, or is being changed at this moment: look again."""


def claim_any(
    *,
    station: Station,
    model: VehicleModel,
    period: Period,
    claimant: str,
    hold_expires_at: datetime | None,
) -> VehicleAllocation:
    """Claim any vehicle of a model at a station: a free one, else one for which others can move.

    `period` includes the turnaround. Call `timeline.expire_stale_at` before, in a transaction of its own.

    Raises:
        VehicleUnavailable: there is no room, however the others are arranged.
    """
    try:
        return timeline.hold_any(
            station=station,
            model=model,
            period=period,
            claimant=claimant,
            hold_expires_at=hold_expires_at,
        )
    except VehicleUnavailable:
        allocation = make_room(
            station=station,
            model=model,
            period=period,
            claimant=claimant,
            hold_expires_at=hold_expires_at,
        )
        if allocation is None:
            raise
        return allocation


def make_room(
    *,
    station: Station,
    model: VehicleModel,
    period: Period,
    claimant: str,
    hold_expires_at: datetime | None,
) -> VehicleAllocation | None:
    """Claim a vehicle of a model by moving other bookings out of the way; None if there is no room.

    `period` includes the turnaround; without an end of hold the claim is confirmed. Looks without locks
    first, so that a full station costs reads only. Then, in one transaction, locks the vehicles by primary
    key, looks again, locks the bookings to be moved without waiting, moves them and inserts the claim. The
    constraint judges; whatever it refuses is rolled back and looked at again, a few times.
    """
    for number in range(ROUNDS):
        if situation_of(station, model).with_room_for(period).lanes is None:
            return None
        try:
            with transaction.atomic(), locks.waiting_at_most(PATIENCE_MS):
                return _make_room(station, model, period, claimant, hold_expires_at)
        except (_SomebodyFaster, VehicleUnavailable, AllocationLost):
            # Everything is let go: whoever was in the way can finish.
            time.sleep(PAUSE_SECONDS * (number + 1))
        except OperationalError as error:
            if not locks.is_lost_wait(error):
                raise
    return None


def _make_room(
    station: Station,
    model: VehicleModel,
    period: Period,
    claimant: str,
    hold_expires_at: datetime | None,
) -> VehicleAllocation:
    locks.lock(Vehicle.objects.at(station).filter(model=model).exclude(lifecycle=Lifecycle.RETIRED))
    timeline.expire_stale_at(station, model)
    lane, moves = _plan(station, model, period)
    swap_claims(moves=moves, reason=f"{REASON}: {claimant}", by=SYSTEM)
    state = AllocationState.CONFIRMED if hold_expires_at is None else AllocationState.HELD
    allocation_id = timeline.insert_claim(
        lane, station.pk, period, AllocationKind.BOOKING, state, claimant, hold_expires_at
    )
    if allocation_id is None:
        raise _SomebodyFaster
    return VehicleAllocation.objects.get(pk=allocation_id)


def _plan(station: Station, model: VehicleModel, period: Period) -> tuple[int, list[Move]]:
    """Find places under the vehicles' locks; return the newcomer's vehicle and the moves, bookings locked."""
    situation = situation_of(station, model)
    for _round in range(PINNED_ROUNDS):
        lanes = situation.with_room_for(period).lanes
        if lanes is None:
            break
        wanted = {key: lane for key, lane in lanes.items() if key != NEWCOMER}
        bookings = _lock_without_waiting(situation, wanted)
        if len(bookings) == len(wanted):
            vehicles, claims = situation.vehicles, situation.movable
            return lanes[NEWCOMER], [
                Move(bookings[key], vehicles[claims[key].vehicle_id], vehicles[lane])
                for key, lane in sorted(wanted.items())
            ]
        situation = situation.without(wanted.keys() - bookings.keys())
    raise _SomebodyFaster


def _lock_without_waiting(situation: Situation, claims: Iterable[int]) -> dict[int, Booking]:
    """Lock the bookings of these claims that nobody else holds and that may still move; by claim."""
    rows = Booking.objects.filter(allocation__in=list(claims)).select_related("allocation").order_by("pk")
    found = {}
    for booking in rows.select_for_update(of=("self",), no_key=True, skip_locked=True):
        claim = situation.movable[booking.allocation_id]
        if situation.may_move(claim, Promise.of(booking)):
            found[claim.pk] = booking
    return found


# --- A vehicle that cannot be counted on ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What it takes to free a vehicle for a period: who moves where, and whom no equal vehicle can take.

    `stuck` are bookings that stay on the vehicle: no room, chosen by plate, in the middle of a change, or at
    the counter.
    """

    vehicle: Vehicle
    period: Period
    moves: tuple[Move, ...] = ()
    stuck: tuple[Booking, ...] = ()

    @property
    def moved_off(self) -> tuple[Move, ...]:
        """The moves that leave the vehicle itself; the others only make room for them."""
        return tuple(move for move in self.moves if move.before.pk == self.vehicle.pk)


def plan_without(*, vehicle: Vehicle, period: Period, moves_chosen: bool = False) -> Plan:
    """Plan how a vehicle could be free for a period; writes nothing, takes no lock. Three queries.

    Where not all can be helped, those who pick up first come first. With `moves_chosen` bookings that
    chose this very vehicle by plate get an equal one too: what they chose is not to be had.
    """
    situation = situation_of(vehicle.station, vehicle.model)
    return _plan_without(situation, vehicle, period, moves_chosen=moves_chosen)


def _plan_without(situation: Situation, vehicle: Vehicle, period: Period, *, moves_chosen: bool) -> Plan:
    affected = [claim for claim in situation.claims if _is_promised(claim, vehicle, period)]
    affected.sort(key=lambda claim: (claim.span, claim.pk))
    wanting = [claim for claim in affected if _may_leave(claim, situation, moves_chosen=moves_chosen)]
    lanes = _places(situation, vehicle, period, wanting)
    bookings = _bookings_of([*lanes, *(claim.pk for claim in affected)])
    moves = [
        Move(bookings[key], bookings[key].allocation.vehicle, situation.vehicles[lane])
        for key, lane in sorted(lanes.items())
        if key in bookings
    ]
    stuck = [bookings[claim.pk] for claim in affected if claim.pk not in lanes and claim.pk in bookings]
    return Plan(vehicle, period, tuple(moves), tuple(stuck))


def _bookings_of(claims: Iterable[int]) -> dict[int, Booking]:
    rows = Booking.objects.filter(allocation__in=list(claims))
    found = rows.select_related("allocation__vehicle", "renter", "model", "pickup_station", "quote")
    return {booking.allocation_id: booking for booking in found}


def _is_promised(claim: Claimed, vehicle: Vehicle, period: Period) -> bool:
    is_waiting = claim.state in MOVABLE_STATES and claim.promise is not None
    return is_waiting and claim.vehicle_id == vehicle.pk and _overlaps(claim, period)


def _overlaps(claim: Claimed, period: Period) -> bool:
    return Period(claim.period.lower, claim.period.upper).overlaps(period)


def _may_leave(claim: Claimed, situation: Situation, *, moves_chosen: bool) -> bool:
    if claim.pk in situation.movable or not moves_chosen:
        return claim.pk in situation.movable
    return claim.vehicle_id not in situation.changing and situation.may_move(claim, even_if_chosen=True)


def _places(
    situation: Situation, vehicle: Vehicle, period: Period, wanting: Sequence[Claimed]
) -> dict[int, int]:
    """Return the lanes of the claims that move: of all that must leave if possible, else of as many as fit."""
    everybody = _places_for(situation, vehicle, period, wanting, wanting)
    if everybody is not None:
        return everybody
    helped: list[Claimed] = []
    lanes: dict[int, int] = {}
    for claim in wanting:
        found = _places_for(situation, vehicle, period, wanting, [*helped, claim])
        if found is not None:
            helped.append(claim)
            lanes = found
    return lanes


def _places_for(
    situation: Situation,
    vehicle: Vehicle,
    period: Period,
    wanting: Sequence[Claimed],
    leaving: Sequence[Claimed],
) -> dict[int, int] | None:
    """Find places for those that leave; whoever else would have to leave stays where they are."""
    if not leaving:
        return {}
    gone = {claim.pk for claim in leaving}
    wants = {claim.pk for claim in wanting}
    rest = [claim for claim in situation.claims if claim.pk not in gone]
    without = Situation(situation.vehicles, rest, situation.movable, situation.moment).without(wants)
    new = [Job(claim.pk, *claim.span) for claim in leaving]
    found = pack(
        without.lanes({vehicle.pk: [span_of(period)]}), without.jobs(), new, nodes=NODES, seconds=SECONDS
    )
    return None if found.lanes is None else dict(found.lanes)


def apply_plan(plan: Plan, *, by: Actor, reason: str) -> list[VehicleAllocation]:
    """Carry out a plan as it was shown, all of it or nothing. Call it before you lock any vehicle.

    Locks the bookings, then the vehicles, each by primary key; waits for neither for long.

    Raises:
        CannotMove, VehicleUnavailable: things have changed since, or somebody is busy with one of the
            bookings; plan again and show it again.
    """
    return move_bookings(moves=plan.moves, reason=reason, by=by)


def clear_vehicle(
    *, station: Station, model: VehicleModel, rented: Period, period: Period, by: Actor, reason: str
) -> Vehicle | None:
    """Move everybody off one vehicle of a model for a long period, whichever takes the fewest moves.

    For a claim that ends elsewhere: `rented` is what the vehicle must be fit for, `period` what must be free
    of promises. Returns the vehicle, or None if none can be cleared. Waits for nobody for long; lock no
    vehicle before.
    """
    situation = situation_of(station, model)
    fit = Vehicle.objects.at(station).filter(model=model).rentable(rented).values_list("pk", flat=True)
    found = []
    for key in sorted(fit):
        there = [claim for claim in situation.claims if claim.vehicle_id == key]
        in_the_way = [claim for claim in there if _overlaps(claim, period)]
        if all(claim.pk in situation.movable for claim in in_the_way):
            lanes = _places_for(situation, situation.vehicles[key], period, in_the_way, in_the_way)
            found += [(len(lanes), key)] if lanes is not None else []
    for _moves, key in sorted(found)[:CLEARINGS]:
        plan = _plan_without(situation, situation.vehicles[key], period, moves_chosen=False)
        try:
            apply_plan(plan, by=by, reason=reason)
        except (CannotMove, VehicleUnavailable):
            continue
        return plan.vehicle
    return None
