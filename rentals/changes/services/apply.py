"""Putting a change in place: time, quote, money, papers and news, in one transaction."""

import logging

from django.db import transaction

from payments.intents.models import PaymentIntent
from payments.intents.services import give_back
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import one_way
from rentals.bookings.services.confirm import LATE_MONEY_GRACE
from rentals.bookings.services.fees import keep_fee
from rentals.changes import news
from rentals.changes.difference import Difference
from rentals.changes.enums import CHANGE, ChangeKind, ChangeState
from rentals.changes.models import BookingChange
from rentals.changes.selectors import running_rental
from rentals.changes.services import claims
from rentals.changes.services.lapse import withdraw_with_booking
from rentals.changes.services.papers import renew_papers
from rentals.changes.services.preview import fresh, preview_of
from rentals.changes.signals import booking_changed
from rentals.handovers.models import Rental
from stations.bays.services import release_bay, reserve_bay
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import DomainError

logger = logging.getLogger(__name__)


@transaction.atomic
def apply_change(*, change: BookingChange, by: Actor) -> BookingChange:
    """Make a booking or a rental what its change says. The caller holds the booking's lock.

    Claims again what was swept of the change's pieces, moves the allocation, sets quote, time, places and
    vehicle, gives back what is too much, renews contract or addendum, and tells the renter; all or nothing.

    Raises:
        VehicleUnavailable: the time has been taken meanwhile.
    """
    booking, quote = fresh(change.booking), change.after_quote
    preview = preview_of(booking, quote, change.created_at)
    # The station of the bay is locked before any vehicle, as everywhere.
    _move_bay(change, booking)
    vehicle = claims.secure(
        booking=booking, quote=quote, claimant=change.reference, hold_expires_at=change.expires_at
    )
    # To make room, the booking itself may have been moved.
    booking = fresh(booking)
    allocation = claims.put_in_place(booking=booking, quote=quote, vehicle=vehicle, claimant=change.reference)
    before = _facts(booking)
    Booking.objects.filter(pk=booking.pk).update(
        quote=quote,
        allocation=allocation,
        model=quote.model,
        pickup_station=quote.pickup_station,
        return_station=quote.return_station,
        starts_at=quote.starts_at,
        ends_at=quote.ends_at,
        is_by_model=quote.vehicle_id is None,
        refund_cap_bp=preview.refund_cap_bp,
    )
    Rental.objects.filter(booking=booking, state="active").update(
        due_at=quote.ends_at, return_station=quote.return_station
    )
    after = fresh(booking)
    _settle(change, after, by)
    states.move(CHANGE, change, to=ChangeState.APPLIED, by=by, vehicle=vehicle, applied_at=clock.now())
    record(
        f"booking.{change.kind}",
        after.reference,
        by=by,
        change=change.code,
        before=before,
        after=_facts(after),
    )
    change.booking = after
    _end_others(change)
    renew_papers(change)
    news.tell_applied(change)
    booking_changed.send(sender=BookingChange, booking=after, change=change)
    return change


def _end_others(change: BookingChange) -> None:
    """Take back another change that waits: it was made from terms that no longer stand, so nobody shall pay it."""
    withdraw_with_booking(change.booking, "another change came first")


def _facts(booking: Booking) -> dict[str, str]:
    """Return what a change is about, for the audit."""
    return {
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "pickup": booking.pickup_station.code,
        "return": booking.return_station.code,
        "vehicle": booking.allocation.vehicle.code,
        "total": str(booking.quote.total_amount),
        "quote": str(booking.quote_id),
    }


def _move_bay(change: BookingChange, booking: Booking) -> None:
    """Hand the change's bay over to the booking, or give up the one that it needs no more."""
    quote = change.after_quote
    release_bay(claimant=change.reference)
    if one_way.is_one_way(quote):
        reserve_bay(station=quote.return_station, claimant=booking.reference, arrives_at=quote.ends_at)
    else:
        release_bay(claimant=booking.reference)


def _settle(change: BookingChange, booking: Booking, by: Actor) -> None:
    """Give back what is too much, and book as earned what is kept of it."""
    difference = Difference(change.rent_difference, change.deposit_difference, change.fee_amount)
    if difference.back:
        give_back(
            reference=booking.reference,
            prepayment_amount=difference.back_rent,
            deposit_amount=difference.back_deposit,
            reason="change",
            idempotency_key=change.reference,
            by=by,
        )
    keep_fee(
        booking=booking,
        fee=difference.fee,
        paid_for=change.before_quote,
        key=f"{change.reference}:fee",
        by=by,
    )


@transaction.atomic
def apply_paid_change(*, intent: PaymentIntent) -> BookingChange | None:
    """Decide what the money of an intent means for its change. Runs inside the money's transaction.

    It applies while the booking is as the change found it and its time can still be claimed, also late; else
    the money goes back in full, and the renter is told. Locks the booking, then vehicles.
    """
    if intent.purpose != "change":
        return None
    change = BookingChange.objects.select_related("booking", "after_quote").get(
        code=intent.idempotency_key.partition(":")[2]
    )
    locks.lock_row(change.booking)
    change.refresh_from_db()
    if change.state == ChangeState.APPLIED:
        return change
    try:
        if not _still_stands(change):
            raise VehicleUnavailable(change=change.code)
        with transaction.atomic():
            return apply_change(change=change, by=SYSTEM)
    except (VehicleUnavailable, AllocationLost) as refusal:
        _give_back(change, intent, refusal)
    except DomainError as refusal:
        logger.exception("change %s was paid and cannot be applied", change.code)
        _give_back(change, intent, refusal)
    return change


def _still_stands(change: BookingChange) -> bool:
    if change.state == ChangeState.WITHDRAWN:
        return False
    booking = fresh(change.booking)
    if booking.quote_id != change.before_quote_id:
        return False
    if change.kind == ChangeKind.EXTENSION:
        rental = running_rental(booking)
        return rental is not None and rental.presented_at is None
    return booking.state == BookingState.CONFIRMED and not _is_over(change, booking)


def _is_over(change: BookingChange, booking: Booking) -> bool:
    """Say whether the time that a change would give is past: late money must not turn into a missed pickup."""
    quote = change.after_quote
    is_moved = quote.starts_at != booking.starts_at
    latest = min(quote.ends_at, quote.starts_at + LATE_MONEY_GRACE) if is_moved else quote.ends_at
    return clock.now() > latest


def _give_back(change: BookingChange, intent: PaymentIntent, refusal: DomainError) -> None:
    """Refund everything that this intent brought, and say so."""
    if change.state == ChangeState.AWAITING_PAYMENT:
        states.move(CHANGE, change, to=ChangeState.LAPSED, by=SYSTEM, reason=refusal.code)
    claims.let_go(change.reference)
    give_back(
        reference=change.booking.reference,
        prepayment_amount=intent.prepayment_amount,
        intent=intent,
        reason="late_payment",
        idempotency_key=f"{change.reference}:late",
        by=SYSTEM,
    )
    news.tell_refunded(change, intent.amount)
