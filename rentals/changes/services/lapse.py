"""Ending changes: nobody paid, the renter took it back, or the booking has ended."""

from django.db import transaction

from payments.intents.enums import OPEN_STATES
from payments.intents.locking import lock_reference
from payments.intents.models import PaymentIntent
from payments.intents.services import cancel_intent, expire_intents, query_now
from rentals.bookings.models import Booking
from rentals.changes.enums import CHANGE, ChangeState
from rentals.changes.errors import ChangeEnded
from rentals.changes.models import BookingChange
from rentals.changes.selectors import waiting_change
from rentals.changes.services.claims import let_go
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM, Actor

BATCH = 200


def lapse_if_over(booking: Booking) -> bool:
    """End the change of a booking whose time to pay has run out; say whether it was this call that did it."""
    change = waiting_change(booking)
    return change is not None and lapse_change(change)


def lapse_change(change: BookingChange) -> bool:
    """End one change that was not paid in time; say whether it was this call that did it.

    Asks the payment provider first, outside of any transaction: money that is already on its way applies it
    instead. Locks the booking.
    """
    if not change.is_over:
        return False
    query_now(change.booking.reference)
    return _lapse(change)


@transaction.atomic
def _lapse(change: BookingChange) -> bool:
    lock_reference(change.booking.reference)
    change.refresh_from_db()
    if not change.is_over:
        return False
    let_go(change.reference)
    states.move(CHANGE, change, to=ChangeState.LAPSED, by=SYSTEM, reason="not paid in time")
    expire_intents(change.booking.reference)
    return True


def lapse_due_changes() -> int:
    """End every change that was not paid in time; return how many. Each in a transaction of its own."""
    due = BookingChange.objects.filter(
        state=ChangeState.AWAITING_PAYMENT, expires_at__lte=clock.now()
    ).select_related("booking")
    return sum(lapse_change(change) for change in due[:BATCH])


def withdraw_change(*, change: BookingChange, by: Actor) -> BookingChange:
    """Take back a change that waits for its money; the booking stays as it is. Safe to call twice.

    Asks the payment provider first, as lapse_change does. Locks the booking.

    Raises:
        ChangeEnded: it was paid, or its time is over.
    """
    query_now(change.booking.reference)
    with transaction.atomic():
        lock_reference(change.booking.reference)
        change.refresh_from_db()
        if change.state == ChangeState.WITHDRAWN:
            return change
        if change.state != ChangeState.AWAITING_PAYMENT:
            raise ChangeEnded(state=change.state)
        _withdraw(change, by, "taken back")
    return change


def withdraw_with_booking(booking: Booking, reason: str) -> None:
    """Take back the waiting change of a booking that ends. The caller holds the booking's lock."""
    change = waiting_change(booking)
    if change is not None:
        _withdraw(change, SYSTEM, reason)


def _withdraw(change: BookingChange, by: Actor, reason: str) -> None:
    let_go(change.reference)
    states.move(CHANGE, change, to=ChangeState.WITHDRAWN, by=by, reason=reason)
    intents = PaymentIntent.objects.filter(idempotency_key=change.reference, state__in=OPEN_STATES)
    for intent in intents:
        cancel_intent(intent=intent, by=by, reason="change withdrawn")
