"""Reads of changes."""

from django.db.models import QuerySet

from rentals.bookings.models import Booking
from rentals.changes.enums import ChangeState
from rentals.changes.models import BookingChange
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from voltgo.core import clock


def waiting_change(booking: Booking) -> BookingChange | None:
    """Return the change of a booking that waits for its money, also one whose time is over by now."""
    rows = BookingChange.objects.filter(booking=booking, state=ChangeState.AWAITING_PAYMENT)
    return rows.select_related("after_quote", "before_quote", "vehicle").first()


def open_change(booking: Booking) -> BookingChange | None:
    """Return the change of a booking that can still be paid."""
    change = waiting_change(booking)
    return change if change is not None and change.expires_at > clock.now() else None


def applied_changes(booking: Booking) -> QuerySet[BookingChange]:
    """Return what was changed of a booking or extended, in order."""
    return BookingChange.objects.filter(booking=booking, state=ChangeState.APPLIED).order_by("applied_at")


def running_rental(booking: Booking) -> Rental | None:
    """Return the rental of a booking whose vehicle is with its renter."""
    return Rental.objects.filter(booking=booking, state=RentalState.ACTIVE).select_related("vehicle").first()
