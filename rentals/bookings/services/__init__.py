"""Every write to bookings."""

from rentals.bookings.services.cancel import cancel_booking, refund_preview
from rentals.bookings.services.confirm import confirm_paid, keep_or_return_deposit
from rentals.bookings.services.expire import expire_due_holds, expire_hold
from rentals.bookings.services.hold import Held, check_eligibility, hold_and_ask, hold_booking
from rentals.bookings.services.no_show import mark_no_show, no_show_preview, wait_longer

__all__ = [
    "Held",
    "cancel_booking",
    "check_eligibility",
    "confirm_paid",
    "expire_due_holds",
    "expire_hold",
    "hold_and_ask",
    "hold_booking",
    "keep_or_return_deposit",
    "mark_no_show",
    "no_show_preview",
    "refund_preview",
    "wait_longer",
]
