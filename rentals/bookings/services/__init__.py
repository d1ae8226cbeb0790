"""Every write to bookings."""

from rentals.bookings.services.cancel import cancel_booking, refund_preview
from rentals.bookings.services.confirm import confirm_paid
from rentals.bookings.services.expire import expire_due_holds, expire_hold
from rentals.bookings.services.hold import check_eligibility, hold_booking

__all__ = [
    "cancel_booking",
    "check_eligibility",
    "confirm_paid",
    "expire_due_holds",
    "expire_hold",
    "hold_booking",
    "refund_preview",
]
