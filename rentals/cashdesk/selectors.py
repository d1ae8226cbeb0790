"""What somebody at the counter may pay in cash."""

from django.db.models import Q, QuerySet

from payments.intents.enums import OPEN_STATES, Purpose
from payments.intents.models import PaymentIntent
from rentals.bookings.models import Booking
from voltgo.core import clock


def requests_for(booking: Booking) -> QuerySet[PaymentIntent]:
    """Return every request to pay of a booking, and its renter's debts and fines from anywhere, oldest first."""
    owed = Q(payer=booking.renter_id, purpose__in=[Purpose.BALANCE, Purpose.FINE])
    rows = PaymentIntent.objects.filter(Q(reference=booking.reference) | owed)
    return rows.select_related("payer").order_by("created_at")


def payable_for(booking: Booking) -> QuerySet[PaymentIntent]:
    """Return those of them that can be paid now."""
    return requests_for(booking).filter(state__in=OPEN_STATES, expires_at__gt=clock.now())
