"""Keeping a vehicle longer: who is promised it next is protected, whoever asks in time pays first."""

from datetime import datetime, timedelta
from typing import Any

from accounts.kyc.eligibility import NotEligible
from rentals.bookings.errors import CannotMove, StationClosed
from rentals.bookings.models import Booking
from rentals.bookings.rules import check_length
from rentals.bookings.services import check_eligibility, one_way
from rentals.bookings.services.repack import Plan, apply_plan, plan_without
from rentals.changes.enums import ChangeKind
from rentals.changes.errors import (
    CannotExtend,
    ChangeWaits,
    ExtensionBlocked,
    NothingChanged,
    TooLateToExtend,
    VehicleCannotStay,
)
from rentals.changes.models import BookingChange
from rentals.changes.pricing import price_change
from rentals.changes.selectors import waiting_change
from rentals.changes.services import claims
from rentals.changes.services.lapse import lapse_if_over
from rentals.changes.services.preview import Preview, fresh, preview_of
from rentals.changes.services.request import check_quote, key_of, open_change_once
from rentals.changes.wanted import as_booked
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.policies.rules import Policy
from rentals.policies.selectors import policy_today
from rentals.pricing.models import Quote
from stations.bays.errors import NoBayFree
from stations.bays.services import free_bays
from stations.network.hours import SLOT_MINUTES
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.timeline import reshaping
from stations.timeline import services as timeline
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.clock import Period
from voltgo.core.money import Dong

SLOT = timedelta(minutes=SLOT_MINUTES)


def preview_extension(*, rental: Rental, ends_at: datetime, return_station: Station | None = None) -> Preview:
    """Show what keeping the vehicle until a later moment would cost, by the terms frozen when it was booked.

    With a `return_station` the vehicle comes back there instead, for the one-way fee.

    Raises:
        CannotExtend: the vehicle is not out, or its return has begun.
        TooLateToExtend: it is overdue by more than the policy allows.
        NothingChanged: not later than agreed, or past.
        ChangeWaits: another extension waits for its money.
        ExtensionBlocked: somebody is promised the vehicle and no other can take their place; carries the
            longest extension that is possible.
        PeriodNotOffered, StationClosed, NotEligible, VehicleCannotStay: the new end breaks a rule.
        NoBayFree, OneWayNotOffered: the vehicle cannot come back there.
    """
    booking = _checked(rental, ends_at, return_station)
    if waiting_change(booking) is not None:
        raise ChangeWaits
    wanted = as_booked(booking).but(
        period=Period(booking.starts_at, ends_at), return_station=return_station or booking.return_station
    )
    quote = price_change(booking, wanted)
    if not claims.is_free(booking, quote) and not _plan(booking, quote).moves:
        raise _blocked(rental, quote)
    return preview_of(booking, quote)


def request_extension(
    *,
    rental: Rental,
    quote: Quote,
    idempotency_key: str,
    by: Actor,
    ip_address: str | None = None,
    device: str = "",
    agreed_fee: Dong | None = None,
) -> BookingChange:
    """Extend a running rental to what a preview has shown; it applies once it is paid.

    Claims the time first. If the next booking stands in the way and another vehicle can take it, that booking
    is moved, in a transaction of its own that locks bookings and vehicles by primary key. Safe to call twice
    with one key.

    Raises:
        PreviewOver: the quote is too old, used, or made from terms that no longer stand; or the fee is another.
        As preview_extension; nothing was written.
    """
    key = key_of(rental.booking, idempotency_key)
    before = BookingChange.objects.filter(idempotency_key=key).first()
    if before is not None:
        return before
    check_quote(fresh(rental.booking), quote)
    booking = _checked(rental, quote.ends_at, quote.return_station)
    asked: dict[str, Any] = {
        "kind": ChangeKind.EXTENSION,
        "quote": quote,
        "key": key,
        "by": by,
        "origin": (ip_address, device),
        "agreed_fee": agreed_fee,
    }
    try:
        return open_change_once(booking=booking, **asked)
    except VehicleUnavailable:
        _make_way(booking, quote, rental)
    try:
        return open_change_once(booking=booking, **asked)
    except VehicleUnavailable:
        raise _blocked(rental, quote) from None


def _blocked(rental: Rental, quote: Quote) -> ExtensionBlocked:
    """Say how long the rental may last at most; where it shall end elsewhere, no time helps."""
    is_moved = quote.return_station_id != rental.return_station_id
    return ExtensionBlocked(None if is_moved else longest_extension(rental))


def _checked(rental: Rental, ends_at: datetime, return_station: Station | None) -> Booking:
    """Apply the rules of extending; return the rental's booking, read again."""
    lapse_if_over(rental.booking)
    current = Rental.objects.select_related("return_station").get(pk=rental.pk)
    booking = fresh(current.booking)
    check_may_extend(current, booking)
    back = return_station or current.return_station
    is_moved = back != current.return_station
    if ends_at <= clock.now() or ends_at < current.due_at or (ends_at == current.due_at and not is_moved):
        raise NothingChanged
    if is_moved and back != booking.pickup_station and free_bays(back) < 1:
        raise NoBayFree(station=back.code)
    period = Period(booking.starts_at, ends_at)
    check_length(period, policy_today())
    opening = openings_of([back.pk], period)[back.pk]
    if not back.is_active or not opening.is_open_at(ends_at):
        raise StationClosed(end="return")
    if not booking.allocation.vehicle.papers_valid_on(clock.local(ends_at).date()):
        raise VehicleCannotStay
    eligibility = check_eligibility(renter=booking.renter, model=booking.model, period=period)
    if not eligibility.is_eligible:
        raise NotEligible(reasons=eligibility.reasons)
    return booking


def check_may_extend(rental: Rental, booking: Booking) -> None:
    """Refuse what cannot be extended at all, whatever the new end.

    Raises:
        CannotExtend, TooLateToExtend: see preview_extension.
    """
    if rental.state != RentalState.ACTIVE or rental.presented_at is not None:
        raise CannotExtend
    policy = Policy.from_json(booking.quote.policy)
    if clock.now() > rental.due_at + timedelta(minutes=policy.extend_until_overdue_minutes):
        raise TooLateToExtend


def _plan(booking: Booking, quote: Quote) -> Plan:
    """Plan how whoever stands in the way could move; a plan that leaves somebody there helps nobody."""
    vehicle = booking.allocation.vehicle
    ends_at = claims.time_needed(booking, quote).ends_at
    behind = Period(booking.allocation.period.upper, ends_at) if _is_longer(booking, ends_at) else None
    if behind is None:
        return Plan(vehicle, booking.period)
    plan = plan_without(vehicle=vehicle, period=behind)
    return plan if not plan.stuck else Plan(vehicle, behind)


def _is_longer(booking: Booking, ends_at: datetime) -> bool:
    return bool(ends_at > booking.allocation.period.upper)


def _make_way(booking: Booking, quote: Quote, rental: Rental) -> None:
    plan = _plan(booking, quote)
    if not plan.moves:
        raise _blocked(rental, quote)
    try:
        apply_plan(plan, by=SYSTEM, reason=f"makes way for the extension of {booking.code}")
    except (CannotMove, VehicleUnavailable):
        raise _blocked(rental, quote) from None


def longest_extension(rental: Rental) -> datetime | None:
    """Return the latest moment to which a rental can be extended without moving anybody, or None.

    On the half hour, while the station is open, before whoever is promised the vehicle next, within the
    longest period that is offered and the vehicle's papers. Writes nothing; four queries.
    """
    booking = fresh(rental.booking)
    latest = booking.starts_at + timedelta(days=policy_today().longest_days)
    next_claim = _next_claim(booking)
    if next_claim is not None:
        # What lies between two rentals is the turnaround, counted back from the next one.
        turnaround = timeline.with_turnaround(booking.period).ends_at - booking.ends_at
        latest = min(latest, next_claim - turnaround)
    latest = min(latest, _papers_end(booking, latest))
    earliest = max(rental.due_at, clock.now())
    midnight = clock.day_bounds(clock.local(latest).date())[0]
    slot = midnight + (latest - midnight) // SLOT * SLOT
    if slot <= earliest:
        return None
    opening = openings_of([rental.return_station_id], Period(earliest.replace(microsecond=0), slot))
    hours = opening[rental.return_station_id]
    while slot > earliest:
        if hours.is_open_at(slot):
            return slot
        slot -= SLOT
    return None


def _next_claim(booking: Booking) -> datetime | None:
    """Return when the next claim of somebody else on the vehicle begins."""
    change = waiting_change(booking)
    own = {booking.reference, one_way.block_claimant(booking.code), change.reference if change else ""}
    rows = VehicleAllocation.objects.live(clock.now()).filter(
        vehicle=booking.allocation.vehicle, period__endswith__gt=booking.allocation.period.upper
    )
    later = rows.exclude(claimant__in=own).order_by("period").first()
    return reshaping.period_of(later).starts_at if later else None


def _papers_end(booking: Booking, latest: datetime) -> datetime:
    """Return the end of the last day on which the vehicle's papers are all valid, if that is sooner."""
    vehicle = booking.allocation.vehicle
    days = [vehicle.registration_expires_on, vehicle.insurance_expires_on, vehicle.inspection_expires_on]
    last_day = min(day for day in days if day is not None)
    if last_day >= clock.local(latest).date():
        return latest
    return clock.day_bounds(last_day)[1] - SLOT
