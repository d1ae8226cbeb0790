"""Loading and locking the rows of a handover in one order."""

from rentals.bookings.models import Booking
from rentals.handovers.models import Inspection, Rental
from voltgo.core import locks


def lock_rental(rental: Rental) -> Rental:
    """Lock a rental's booking, then the rental; return the rental fresh, with its booking."""
    booking = locks.lock_row(Booking.objects.get(pk=rental.booking_id))
    current = locks.lock_row(rental)
    current.booking = booking
    return current


def inspection_of(rental: Rental, kind: str) -> Inspection:
    """Return the rental's inspection of a kind.

    Raises:
        Inspection.DoesNotExist: it was not begun.
    """
    inspection = rental.inspections.select_related("checklist").get(kind=kind)
    inspection.rental = rental
    return inspection
