"""Every write to changes of bookings and rentals."""

from rentals.changes.services.apply import apply_paid_change
from rentals.changes.services.extend import (
    check_may_extend,
    longest_extension,
    preview_extension,
    request_extension,
)
from rentals.changes.services.lapse import lapse_change, lapse_due_changes, withdraw_change
from rentals.changes.services.preview import Preview, preview_change
from rentals.changes.services.request import request_change

__all__ = [
    "Preview",
    "apply_paid_change",
    "check_may_extend",
    "lapse_change",
    "lapse_due_changes",
    "longest_extension",
    "preview_change",
    "preview_extension",
    "request_change",
    "request_extension",
    "withdraw_change",
]
