"""The time of a change on the timeline: claimed in pieces first, put in place when the change applies."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import one_way
from rentals.bookings.services.repack import make_room
from rentals.pricing.models import Quote
from stations.bays.services import release_bay
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle
from stations.timeline import reshaping
from stations.timeline import services as timeline
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock, locks
from voltgo.core.clock import Period


def time_needed(booking: Booking, quote: Quote) -> Period:
    """Return all the time of one vehicle that a changed booking needs; a running rental keeps its beginning."""
    whole = one_way.time_of(quote)
    return Period(_start(booking, quote), whole.ends_at)


def _start(booking: Booking, quote: Quote) -> datetime:
    started: datetime = booking.allocation.period.lower
    return started if booking.state == BookingState.FULFILLED else quote.starts_at


def held_now(booking: Booking, claimant: str, vehicle: Vehicle) -> list[Period]:
    """Return the time of a vehicle that a booking and its change have between them."""
    own = [booking.allocation, *one_way.blocks_of(booking)]
    pieces = VehicleAllocation.objects.live(clock.now()).filter(claimant=claimant)
    return [reshaping.period_of(row) for row in (*own, *pieces) if row.vehicle_id == vehicle.pk]


@transaction.atomic
def secure(*, booking: Booking, quote: Quote, claimant: str, hold_expires_at: datetime) -> Vehicle:
    """Claim what a changed booking lacks, as holds of the change; return the vehicle that it will have.

    Its own vehicle comes first, where nothing is claimed twice. The caller holds the booking's lock; locks
    one vehicle after the other, each with the one that the booking would leave, by primary key: two bookings
    that exchange their vehicles wait for each other, and never in a circle.

    Raises:
        VehicleUnavailable: neither its vehicle nor, if it is by model, another one is free.
    """
    for vehicle in (*_begun(booking, quote, claimant), *_candidates(booking, quote)):
        try:
            with transaction.atomic():
                _hold_what_is_missing(booking, quote, vehicle, claimant, hold_expires_at)
        except VehicleUnavailable:
            continue
        return vehicle
    return _make_room(booking, quote, claimant, hold_expires_at)


def _make_room(booking: Booking, quote: Quote, claimant: str, hold_expires_at: datetime) -> Vehicle:
    """Move others out of the way, where any vehicle of the model will do."""
    is_fixed = booking.state == BookingState.FULFILLED or quote.vehicle is not None
    if is_fixed or one_way.is_one_way(quote):
        raise VehicleUnavailable(booking=booking.code)
    room = make_room(
        station=quote.pickup_station,
        model=quote.model,
        period=one_way.time_of(quote),
        claimant=claimant,
        hold_expires_at=hold_expires_at,
    )
    if room is None:
        raise VehicleUnavailable(booking=booking.code)
    return room.vehicle


def _hold_what_is_missing(
    booking: Booking, quote: Quote, vehicle: Vehicle, claimant: str, hold_expires_at: datetime
) -> None:
    locks.lock(Vehicle.objects.filter(pk__in={vehicle.pk, booking.allocation.vehicle_id}))
    timeline.expire_stale(vehicle.pk)
    pieces = reshaping.missing(time_needed(booking, quote), *held_now(booking, claimant, vehicle))
    reshaping.hold_pieces(vehicle=vehicle, pieces=pieces, claimant=claimant, hold_expires_at=hold_expires_at)


def _begun(booking: Booking, quote: Quote, claimant: str) -> list[Vehicle]:
    """Return the vehicle of which a change holds time already, if it is still fit to go."""
    begun = {piece.vehicle_id for piece in reshaping.pieces_of(claimant)} - {booking.allocation.vehicle_id}
    rentable = Vehicle.objects.at(quote.pickup_station).rentable(quote.period)
    return list(rentable.filter(pk__in=begun)) if begun else []


def _candidates(booking: Booking, quote: Quote) -> Iterator[Vehicle]:
    if keeps_vehicle(booking, quote):
        yield booking.allocation.vehicle
    if booking.state == BookingState.FULFILLED:
        return
    if quote.vehicle is None:
        yield from one_way.free_candidates(quote)
    elif quote.vehicle_id != booking.allocation.vehicle_id:
        rentable = Vehicle.objects.at(quote.pickup_station).rentable(quote.period)
        yield from rentable.filter(pk=quote.vehicle.pk)


def keeps_vehicle(booking: Booking, quote: Quote) -> bool:
    """Say whether the vehicle that a booking has now may also serve it when changed."""
    vehicle = booking.allocation.vehicle
    is_same = (quote.model_id, quote.pickup_station_id) == (booking.model_id, booking.pickup_station_id)
    is_wanted = quote.vehicle_id in {None, vehicle.pk} and is_same
    is_fit = vehicle.lifecycle == Lifecycle.IN_SERVICE or booking.state == BookingState.FULFILLED
    return is_wanted and is_fit and vehicle.papers_valid_on(clock.local(quote.ends_at).date())


def is_free(booking: Booking, quote: Quote) -> bool:
    """Say whether the time of a change could be claimed now; takes no lock and writes nothing."""
    for vehicle in _candidates(booking, quote):
        needed = reshaping.missing(time_needed(booking, quote), *held_now(booking, "", vehicle))
        if all(Vehicle.objects.filter(pk=vehicle.pk).free(piece).exists() for piece in needed):
            return True
    return False


@transaction.atomic
def put_in_place(*, booking: Booking, quote: Quote, vehicle: Vehicle, claimant: str) -> VehicleAllocation:
    """Give a booking its new time: the pieces go, its claim takes their place, in one transaction.

    Locks both vehicles by primary key. The constraint is the judge.

    Raises:
        VehicleUnavailable: another claim came between; nothing has changed.
    """
    before = booking.allocation
    locks.lock(Vehicle.objects.filter(pk__in={vehicle.pk, before.vehicle_id}))
    reshaping.drop_pieces(claimant, keep_quiet=True)
    one_way.drop_block(booking)
    own = Period(_start(booking, quote), timeline.with_turnaround(quote.period).ends_at)
    if before.vehicle_id == vehicle.pk and own.overlaps(reshaping.period_of(before)):
        reshaping.reshape(before, own)
        allocation = before
    else:
        timeline.release(before, at=clock.now())
        allocation = timeline.hold_vehicle(
            vehicle=vehicle, period=own, claimant=booking.reference, hold_expires_at=None
        )
    if one_way.is_one_way(quote):
        one_way.block_behind(vehicle=vehicle, own=own, code=booking.code, hold_expires_at=None)
    return allocation


def let_go(claimant: str) -> None:
    """Let go the time and the bay that a change has claimed."""
    reshaping.drop_pieces(claimant)
    release_bay(claimant=claimant)
