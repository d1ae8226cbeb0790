"""Every write to payments, deposits and refunds.

Amounts are whole dong. All calls are keyword-only and safe to repeat with the same key or state.
"""

from payments.intents.services.asking import ask_soon, poll_pending, poll_refunds, query_now
from payments.intents.services.by_hand import (
    cash_to_pay_out,
    find_by_memo,
    name_payee,
    pay_out_cash,
    settle_by_hand,
    transfer_instead,
)
from payments.intents.services.deposits import capture_deposit, release_deposit
from payments.intents.services.facts import apply_fact, settle_review
from payments.intents.services.paying import (
    NEXT_DEPOSIT,
    cancel_intent,
    create_intent,
    expire_intents,
    first_request,
    start_payment,
)
from payments.intents.services.refunds import approve_refund, refund, reject_refund, retry_refund
from payments.intents.services.revenue import recognise_revenue
from payments.intents.services.submitting import submit_refund

__all__ = [
    "NEXT_DEPOSIT",
    "apply_fact",
    "approve_refund",
    "ask_soon",
    "cancel_intent",
    "capture_deposit",
    "cash_to_pay_out",
    "create_intent",
    "expire_intents",
    "find_by_memo",
    "first_request",
    "name_payee",
    "pay_out_cash",
    "poll_pending",
    "poll_refunds",
    "query_now",
    "recognise_revenue",
    "refund",
    "reject_refund",
    "release_deposit",
    "retry_refund",
    "settle_by_hand",
    "settle_review",
    "start_payment",
    "submit_refund",
    "transfer_instead",
]
