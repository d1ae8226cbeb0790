"""Looking after one booking whose vehicle cannot be given: move it, upgrade it, or withdraw it and say sorry."""

import logging
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from rentals.bookings import periods
from rentals.bookings.enums import OPEN_STATES, BookingState
from rentals.bookings.errors import CannotMove
from rentals.bookings.models import Booking
from rentals.bookings.selectors.alternatives import Alternative, alternatives_for
from rentals.bookings.services import cancel_booking
from rentals.bookings.services.cancel import back_words
from rentals.bookings.services.moving import move_booking
from rentals.bookings.services.one_way import block_behind, drop_block, is_one_way
from rentals.bookings.services.repack import Plan, apply_plan, plan_without
from rentals.contracts.enums import ContractState
from rentals.contracts.selectors import current_contract
from rentals.incidents.enums import Ending
from rentals.incidents.replacing import Fate, fate_of
from rentals.incidents.rules import WITHDRAWN_BECAUSE
from stations.fleet.models import Vehicle
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.reshaping import period_of
from voltgo.core import locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.clock import Period
from voltgo.core.templatetags.voltgo_ui import when

logger = logging.getLogger(__name__)

# What the audit calls a next renter who was looked after; its subject is the vehicle that could not be given.
PROTECTED = "booking.protected"
# A candidate can be taken by a rival between look and claim; then the next one is tried.
TRIES = 4
# Whoever has seen a contract in one of these states has seen a plate.
SHOWN = (ContractState.RENDERED, ContractState.SIGNED)


@transaction.atomic
def replace_vehicle(
    *,
    booking: Booking,
    out: Vehicle,
    within: timedelta,
    reason: str,
    by: Actor,
    then: Callable[[], object] = lambda: None,
) -> Fate | None:
    """Do for one booking what is best for its renter now that `out` cannot be given, and tell them once.

    A transaction of its own per booking: locks the booking, then the vehicles. `then` runs in it when the
    booking has left the vehicle (to block the time that became free). Returns what was done, or None when
    there was nothing to do any more: the booking has ended or has another vehicle. A booking that waits for
    an operator or stands at the counter is left as it is.
    """
    current = locks.lock_row(booking)
    if current.state not in OPEN_STATES or current.is_hold_over or current.allocation.vehicle_id != out.pk:
        return None
    # Asked before: another vehicle voids the contract.
    is_to_be_told = knows_a_plate(current)
    fate = _give_something(current, within=within, reason=reason, by=by)
    if fate is None:
        return None
    if fate.ending == Ending.WITHDRAWN:
        _withdraw(current, by=by, reason=reason)
    if fate.ending == Ending.UPGRADED or (fate.ending == Ending.MOVED and is_to_be_told):
        _tell_of_vehicle(fate, out)
    if fate.is_settled:
        then()
        _record(fate, out, by=by, reason=reason)
    booking.refresh_from_db()
    return fate


def _give_something(booking: Booking, *, within: timedelta, reason: str, by: Actor) -> Fate | None:
    """Put a booking onto the best vehicle that can really be claimed; None if rivals took them all just now."""
    refused: set[int] = set()
    for _try in range(TRIES):
        fate = fate_of(booking, within=within, but=refused)
        if fate.vehicle is None:
            return fate
        try:
            with transaction.atomic():
                _give(booking, fate.vehicle, by=by, reason=reason)
        except (VehicleUnavailable, AllocationLost):
            refused.add(fate.vehicle.pk)
            # What was tried is rolled back; so must be what we have in memory.
            booking.refresh_from_db()
        else:
            return fate
    return None


def one_at_a_time(booking: Booking, do: Callable[[Booking], Fate | None]) -> Fate | None:
    """Look after one booking; a fault there must not keep the others waiting. The next run tries it again."""
    try:
        return do(booking)
    except Exception:
        logger.exception("booking %s could not be looked after", booking.code)
        return None


def move_to_equals(
    *,
    out: Vehicle,
    period: Period,
    reason: str,
    by: Actor,
    then: Callable[[], object] = lambda: None,
) -> list[Fate]:
    """Move whoever can be moved off a vehicle to equal ones, repacking others if need be; tell who must know.

    All moves or none, in one transaction; planned anew when somebody was faster. `then` runs in it.
    """
    for _try in range(TRIES):
        plan = plan_without(vehicle=out, period=period, moves_chosen=True)
        if not plan.moved_off:
            break
        try:
            return _apply(plan, reason=reason, by=by, then=then)
        except (CannotMove, VehicleUnavailable, AllocationLost):
            continue
    return []


@transaction.atomic
def _apply(plan: Plan, *, reason: str, by: Actor, then: Callable[[], object]) -> list[Fate]:
    """Carry out a plan. Locks the bookings, then the vehicles: nothing may be locked before."""
    to_be_told = {move.booking.pk for move in plan.moved_off if knows_a_plate(move.booking)}
    apply_plan(plan, by=by, reason=reason)
    then()
    fates = [Fate(move.booking, Ending.MOVED, move.after) for move in plan.moved_off]
    for fate in fates:
        _record(fate, plan.vehicle, by=by, reason=reason)
        if fate.booking.pk in to_be_told:
            _tell_of_vehicle(fate, plan.vehicle)
    return fates


def _give(booking: Booking, vehicle: Vehicle, *, by: Actor, reason: str) -> None:
    """Put a booking onto another vehicle, of the same model or a better one, and what stands behind it too.

    Quote and model of the booking stay as agreed: an upgrade changes what is driven, not what is paid, now or
    when the rental is extended. That the vehicle is of another model is how everybody knows of the upgrade.
    """
    move_booking(booking=booking, vehicle=vehicle, reason=reason, by=by)
    if is_one_way(booking):
        held_until = booking.allocation.hold_expires_at
        drop_block(booking)
        block_behind(
            vehicle=vehicle, own=period_of(booking.allocation), code=booking.code, hold_expires_at=held_until
        )


def _withdraw(booking: Booking, *, by: Actor, reason: str) -> None:
    """Cancel by our fault: everything goes back, with an apology and what could be had instead."""
    model, starts_at = str(booking.model), booking.starts_at
    alternatives = alternatives_for(booking.quote)
    preview = cancel_booking(booking=booking, reason=WITHDRAWN_BECAUSE, by=by, note=reason, tells=False)
    with translation.override(booking.renter.language):
        shown = [_as_link(each) for each in alternatives]
    notify(
        user=booking.renter,
        kind=MessageKind.BOOKING_WITHDRAWN,
        key=f"{MessageKind.BOOKING_WITHDRAWN}:{booking.code}",
        reference=booking.reference,
        context={
            "code": booking.code,
            "vehicle_model": model,
            "starts_at": starts_at,
            "pickup_name": booking.pickup_station.name,
            "refund": preview.total,
            "back": back_words(booking),
            "alternatives": shown,
        },
    )


def _as_link(alternative: Alternative) -> dict[str, str]:
    """Return what can be had instead as the message prints it: words, and the address where it is booked."""
    page = reverse(
        "rentals:model-detail",
        kwargs={"slug": alternative.station.slug, "model_slug": alternative.model.slug},
    )
    return {
        "label": f"{alternative.model} · {alternative.station.name} · {when(alternative.period.starts_at)}",
        "url": f"{settings.SITE_URL.rstrip('/')}{page}?{periods.as_query(alternative.period)}",
    }


def _record(fate: Fate, out: Vehicle, *, by: Actor, reason: str) -> None:
    """Keep what was done for whom; the day board tells of it beside the late vehicle."""
    record(
        PROTECTED,
        f"vehicle:{out.code}",
        by=by,
        reason=reason[:300],
        booking=fate.booking.code,
        ending=str(fate.ending),
        plate=fate.vehicle.plate if fate.vehicle else "",
    )


def _tell_of_vehicle(fate: Fate, out: Vehicle) -> None:
    """Tell a renter of another vehicle, once per vehicle that they get."""
    booking, vehicle = fate.booking, fate.vehicle
    assert vehicle is not None
    is_better = fate.ending == Ending.UPGRADED
    kind = MessageKind.VEHICLE_UPGRADED if is_better else MessageKind.VEHICLE_REASSIGNED
    context = {
        "code": booking.code,
        "vehicle_model": str(vehicle.model),
        "plate": vehicle.plate,
        "starts_at": booking.starts_at,
        "pickup_name": booking.pickup_station.name,
    }
    if is_better:
        context["before_model"] = str(out.model)
    notify(
        user=booking.renter,
        kind=kind,
        key=f"{kind}:{booking.code}:{booking.allocation_id}",
        reference=booking.reference,
        context=context,
    )


def knows_a_plate(booking: Booking) -> bool:
    """Say whether a renter was promised a plate: chose it, or has seen it in a contract that they could read.

    Who booked a model and has paid nothing yet, or whose contract is still being drawn, has not.
    """
    if not booking.is_by_model:
        return True
    if booking.state == BookingState.HELD:
        return False
    contract = current_contract(booking)
    return contract is not None and contract.state in SHOWN
