"""Ending holds whose payment never came. Search and hold ignore them already; this tidies up."""

from django.db import transaction

from payments.intents.services import expire_intents, query_now
from rentals.bookings.enums import BOOKING, BookingState
from rentals.bookings.models import Booking
from rentals.bookings.signals import booking_expired
from stations.timeline import services as timeline
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM

BATCH = 200


def expire_hold(booking: Booking) -> bool:
    """Expire one booking whose hold has run out; say whether it was this call that did it.

    Asks the payment provider first, outside of any transaction: money that is already on its way
    confirms instead. Locks the booking.
    """
    if not booking.is_hold_over:
        return False
    query_now(booking.reference)
    return _expire(booking)


@transaction.atomic
def _expire(booking: Booking) -> bool:
    current = locks.lock_row(booking)
    if not current.is_hold_over:
        return False
    timeline.expire(current.allocation)
    states.move(BOOKING, current, to=BookingState.EXPIRED, by=SYSTEM, reason="hold ran out")
    expire_intents(current.reference)
    booking_expired.send(sender=Booking, booking=current)
    booking.refresh_from_db()
    return True


def expire_due_holds() -> int:
    """Expire every hold that ran out; return how many. Each in a transaction of its own."""
    due = Booking.objects.filter(
        state=BookingState.HELD, allocation__hold_expires_at__lte=clock.now()
    ).select_related("allocation")
    return sum(expire_hold(booking) for booking in due[:BATCH])
