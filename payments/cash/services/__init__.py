"""Every write to drawers, sessions, movements and drops.

The session's row is locked first; the owner of what is paid, its intents and the ledger accounts come after.
"""

from payments.cash.services.counting import (
    close_session,
    confirm_difference,
    hand_in_count,
    reconcile_session,
    recount,
    resume_session,
    start_count,
)
from payments.cash.services.drawers import ensure_drawer
from payments.cash.services.drops import bank_drop, drop_cash
from payments.cash.services.sessions import add_float, open_session
from payments.cash.services.slips import mail_slip, send_slip
from payments.cash.services.takings import pay_refund, take_payment

__all__ = [
    "add_float",
    "bank_drop",
    "close_session",
    "confirm_difference",
    "drop_cash",
    "ensure_drawer",
    "hand_in_count",
    "mail_slip",
    "open_session",
    "pay_refund",
    "reconcile_session",
    "recount",
    "resume_session",
    "send_slip",
    "start_count",
    "take_payment",
]
