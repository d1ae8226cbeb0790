"""Putting bookings onto other vehicles: claim, booking, record and news in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import OperationalError, transaction

from rentals.bookings.enums import BookingState
from rentals.bookings.errors import CannotMove
from rentals.bookings.models import Booking
from rentals.bookings.signals import booking_moved
from stations.fleet.models import Vehicle
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from stations.timeline.relocating import MOVABLE_STATES, Relocation, lock_vehicles, relocate
from voltgo.core import locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.clock import Period

MOVABLE_BOOKINGS = (BookingState.HELD, BookingState.CONFIRMED)
# Below PostgreSQL's deadlock_timeout of one second: we give way before anybody is shot.
PATIENCE_MS = 600


@dataclass(frozen=True, slots=True)
class Move:
    """One booking, with the vehicle that it has and the one that it should get."""

    booking: Booking
    before: Vehicle
    after: Vehicle


def move_booking(*, booking: Booking, vehicle: Vehicle, reason: str, by: Actor) -> VehicleAllocation:
    """Give a booking another vehicle at its pickup station, before anybody is at the counter.

    A hold keeps its end. The vehicle may be of another model (an upgrade): the booking's own model and
    price stay, and it is not moved by repacking any more. Also for one chosen by plate: the caller knows
    why, and tells the renter. Locks the booking, then the vehicle.

    Raises:
        CannotMove: it has ended, or its renter is at the counter: swap the vehicle there.
        VehicleUnavailable: the vehicle is not fit, or claimed by somebody else.
    """
    moves = [Move(booking, booking.allocation.vehicle, vehicle)]
    return move_bookings(moves=moves, reason=reason, by=by)[0]


def move_bookings(*, moves: Sequence[Move], reason: str, by: Actor) -> list[VehicleAllocation]:
    """Carry out several moves, all or none; vehicles may be exchanged in a circle.

    Locks the bookings, then the vehicles, each by primary key, and gives up when it would have to wait for
    long: so it may be called with other bookings locked, but not with vehicles. Sends `booking_moved` for
    each.

    Raises:
        CannotMove: one booking is no longer on the vehicle that the move names, may not be moved, or
            somebody is busy with it.
        VehicleUnavailable: one vehicle is not fit for its booking, or claimed by somebody else.
    """
    if not moves:
        return []
    try:
        with transaction.atomic(), locks.waiting_at_most(PATIENCE_MS):
            made = _move(moves, reason, by)
    except AllocationLost as lost:
        raise CannotMove from lost
    except OperationalError as error:
        if locks.is_lost_wait(error):
            raise CannotMove from error
        raise
    for move, allocation in zip(moves, made, strict=True):
        move.booking.allocation = allocation
    return made


def _move(moves: Sequence[Move], reason: str, by: Actor) -> list[VehicleAllocation]:
    rows = locks.lock(Booking.objects.filter(pk__in=[move.booking.pk for move in moves]))
    current = {booking.pk: booking for booking in rows}
    vehicles = {vehicle.pk: vehicle for vehicle in lock_vehicles([move.after.pk for move in moves])}
    fresh = [Move(current[move.booking.pk], move.before, vehicles[move.after.pk]) for move in moves]
    for move in fresh:
        _check(move)
    return swap_claims(moves=fresh, reason=reason, by=by)


def swap_claims(*, moves: Sequence[Move], reason: str, by: Actor) -> list[VehicleAllocation]:
    """Swap the claims of bookings and tell. The caller holds the locks and has checked what may move.

    Raises:
        AllocationLost, VehicleUnavailable: the timeline says that one of them cannot be; write nothing then.
    """
    made = relocate([Relocation(move.booking.allocation, move.after) for move in moves])
    for move, allocation in zip(moves, made, strict=True):
        Booking.objects.filter(pk=move.booking.pk).update(allocation=allocation)
        move.booking.allocation = allocation
        record(
            "booking.moved",
            move.booking.reference,
            by=by,
            reason=reason[:300],
            before=move.before.code,
            after=move.after.code,
        )
    # When all stand where they belong: receivers see the whole, never half of a circle.
    for move in moves:
        booking_moved.send(sender=Booking, booking=move.booking, before=move.before, reason=reason, by=by)
    return made


def _check(move: Move) -> None:
    booking, claim = move.booking, move.booking.allocation
    is_open = booking.state in MOVABLE_BOOKINGS and claim.state in MOVABLE_STATES and not booking.is_hold_over
    if not is_open or claim.vehicle_id != move.before.pk:
        raise CannotMove(booking=booking.code)
    period = Period(claim.period.lower, claim.period.upper)
    fit = Vehicle.objects.at(booking.pickup_station).rentable(period).filter(pk=move.after.pk)
    if not fit.exists():
        raise VehicleUnavailable(vehicle=move.after.code)
