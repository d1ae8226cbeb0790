"""Bookings whose vehicle comes back elsewhere: a bay is kept there, and nothing is promised behind them.

Behind the booking's own claim stands a second one, of kind transfer, with the claimant `oneway:<code>`. It ends
when the vehicle has arrived: then it lives at the other station. While the booking waits for its money, the block
is a hold that runs out with it.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Random

from rentals.bookings.models import Booking
from rentals.bookings.services.repack import REASON, clear_vehicle
from rentals.pricing.models import Quote
from stations.bays.errors import NoBayFree
from stations.bays.services import release_bay, reserve_bay
from stations.fleet.models import Vehicle
from stations.timeline import reshaping
from stations.timeline import services as timeline
from stations.timeline.enums import LIVE_STATES, AllocationState
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period

logger = logging.getLogger(__name__)

# As far as anybody may book ahead: nobody is promised a vehicle that will be elsewhere.
HORIZON = timedelta(days=180)
CANDIDATES = 12


def is_one_way(journey: Booking | Quote) -> bool:
    return journey.return_station_id != journey.pickup_station_id


def block_claimant(code: str) -> str:
    return f"oneway:{code}"


def time_of(quote: Quote) -> Period:
    """Return the time that a quote needs of one vehicle: with the turnaround, and one way also what is behind."""
    period = timeline.with_turnaround(quote.period)
    return period.extended_by(HORIZON) if is_one_way(quote) else period


def blocks_of(booking: Booking) -> list[VehicleAllocation]:
    """Return the live claims behind a booking."""
    rows = VehicleAllocation.objects.live(clock.now()).filter(claimant=block_claimant(booking.code))
    return list(rows.select_related("vehicle"))


def free_candidates(quote: Quote) -> list[Vehicle]:
    """Return some vehicles of the quote's model that are free for all the time it needs, in random order."""
    vehicles = Vehicle.objects.at(quote.pickup_station).filter(model=quote.model)
    free = vehicles.rentable(quote.period).free(time_of(quote))
    return list(free.order_by(Random())[:CANDIDATES])


@transaction.atomic
def allocate_one_way(*, quote: Quote, code: str, hold_expires_at: datetime | None) -> VehicleAllocation:
    """Claim a vehicle for a quote that ends elsewhere, the time behind it, and a bay at the destination.

    Locks the destination's row first, then vehicles. Without an end of hold everything is firm at once.

    Raises:
        NoBayFree: the destination has no bay left.
        VehicleUnavailable: no vehicle is free from the pickup on.
    """
    reserve_bay(
        station=quote.return_station,
        claimant=f"booking:{code}",
        arrives_at=quote.ends_at,
        held_until=hold_expires_at,
    )
    for vehicle in _vehicles_for(quote):
        try:
            return _claim_both(vehicle, quote, code, hold_expires_at)
        except VehicleUnavailable:
            continue
    cleared = _cleared_for(quote, code) if quote.vehicle is None else None
    if cleared is None:
        raise VehicleUnavailable(station=quote.pickup_station.code, model=quote.model.slug)
    return _claim_both(cleared, quote, code, hold_expires_at)


def _cleared_for(quote: Quote, code: str) -> Vehicle | None:
    """Return a vehicle that others have been moved off, for all the time that a quote needs."""
    return clear_vehicle(
        station=quote.pickup_station,
        model=quote.model,
        rented=quote.period,
        period=time_of(quote),
        by=SYSTEM,
        reason=f"{REASON}: booking:{code}",
    )


def _vehicles_for(quote: Quote) -> list[Vehicle]:
    if quote.vehicle is None:
        return free_candidates(quote)
    rentable = Vehicle.objects.at(quote.pickup_station).rentable(quote.period)
    return list(rentable.filter(pk=quote.vehicle.pk))


@transaction.atomic
def _claim_both(
    vehicle: Vehicle, quote: Quote, code: str, hold_expires_at: datetime | None
) -> VehicleAllocation:
    own = timeline.with_turnaround(quote.period)
    allocation = timeline.hold_vehicle(
        vehicle=vehicle, period=own, claimant=f"booking:{code}", hold_expires_at=hold_expires_at
    )
    block_behind(vehicle=vehicle, own=own, code=code, hold_expires_at=hold_expires_at)
    return allocation


def block_behind(*, vehicle: Vehicle, own: Period, code: str, hold_expires_at: datetime | None) -> None:
    """Claim the time behind a booking's own claim.

    Raises:
        VehicleUnavailable: somebody is promised the vehicle afterwards.
    """
    reshaping.block_behind(
        vehicle=vehicle,
        period=Period(own.ends_at, own.ends_at + HORIZON),
        claimant=block_claimant(code),
        hold_expires_at=hold_expires_at,
    )


def make_firm(booking: Booking) -> None:
    """Turn the block and the bay of a booking that was paid into firm ones; claim again what was swept.

    The vehicle is the renter's in any case: what cannot be kept behind it is logged for the stations.
    """
    if not is_one_way(booking):
        return
    try:
        with transaction.atomic():
            reserve_bay(
                station=booking.return_station, claimant=booking.reference, arrives_at=booking.ends_at
            )
            _firm_block(booking)
    except (NoBayFree, VehicleUnavailable) as refusal:
        logger.error("ALERT one-way booking %s lacks its %s", booking.code, refusal.code)


def follow_vehicle(booking: Booking) -> None:
    """Move the block of a booking behind its claim on another vehicle. The caller holds the booking's lock.

    Somebody may be promised that vehicle afterwards: then the stations are told by the log.
    """
    if not is_one_way(booking):
        return
    try:
        with transaction.atomic():
            _firm_block(booking)
    except VehicleUnavailable:
        logger.error("ALERT one-way booking %s has a vehicle that is promised next", booking.code)


def _firm_block(booking: Booking) -> None:
    vehicle, held = booking.allocation.vehicle, reshaping.pieces_of(block_claimant(booking.code))
    for block in held:
        try:
            if block.vehicle_id == vehicle.pk:
                timeline.harden(block)
                return
        except AllocationLost:
            continue
    if any(block.vehicle_id == vehicle.pk for block in blocks_of(booking)):
        return
    drop_block(booking)
    own = reshaping.period_of(booking.allocation)
    block_behind(vehicle=vehicle, own=own, code=booking.code, hold_expires_at=None)


def drop_block(booking: Booking) -> None:
    """Let go the time behind a booking: it ends where it began, or not at all, or the vehicle has arrived."""
    rows = VehicleAllocation.objects.filter(
        claimant=block_claimant(booking.code), state__in=LIVE_STATES
    ).select_related("vehicle")
    for block in rows:
        if block.state == AllocationState.HELD:
            timeline.expire(block)
        else:
            timeline.release(block, at=clock.now())


def let_go(booking: Booking) -> None:
    """Give up bay and block of a booking that ends without keys."""
    drop_block(booking)
    release_bay(claimant=booking.reference)
