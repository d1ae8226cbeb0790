"""Every write to payments, deposits and refunds.

Amounts are whole dong. All calls are keyword-only and safe to repeat with the same key or state.
"""

from payments.intents.services.adjusting import adjust, approve_adjustment, reject_adjustment
from payments.intents.services.asking import ask_soon, poll_pending, poll_refunds, query_now
from payments.intents.services.batches import confirm_transfer, file_of, make_batch, take_out_of_batch
from payments.intents.services.by_hand import (
    cash_to_pay_out,
    find_by_memo,
    name_payee,
    pay_out_cash,
    settle_by_hand,
    transfer_instead,
)
from payments.intents.services.credit import (
    cancel_payout,
    credit_of,
    pay_out_credit,
    pay_with_credit,
    payable_out,
    refund_to_credit,
    spendable,
)
from payments.intents.services.deposit_requests import NeedReason, request_deposit
from payments.intents.services.deposits import capture_deposit, give_back, release_deposit, waive_deposit
from payments.intents.services.facts import apply_fact, note_under_way, settle_review
from payments.intents.services.holds import mind_holds, place_now
from payments.intents.services.instruments import forget_instrument
from payments.intents.services.paying import (
    NEXT_DEPOSIT,
    cancel_intent,
    create_intent,
    expire_intents,
    first_request,
    start_payment,
)
from payments.intents.services.refunds import (
    approve_refund,
    refund,
    reject_refund,
    retry_refund,
    take_back_refund,
    ways_back,
)
from payments.intents.services.retention import release_retained, retain_deposit
from payments.intents.services.revenue import recognise_revenue
from payments.intents.services.stopping import stop_transfer
from payments.intents.services.submitting import submit_refund

__all__ = [
    "NEXT_DEPOSIT",
    "NeedReason",
    "adjust",
    "apply_fact",
    "approve_adjustment",
    "approve_refund",
    "ask_soon",
    "cancel_intent",
    "cancel_payout",
    "capture_deposit",
    "cash_to_pay_out",
    "confirm_transfer",
    "create_intent",
    "credit_of",
    "expire_intents",
    "file_of",
    "find_by_memo",
    "first_request",
    "forget_instrument",
    "give_back",
    "make_batch",
    "mind_holds",
    "name_payee",
    "note_under_way",
    "pay_out_cash",
    "pay_out_credit",
    "pay_with_credit",
    "payable_out",
    "place_now",
    "poll_pending",
    "poll_refunds",
    "query_now",
    "recognise_revenue",
    "refund",
    "refund_to_credit",
    "reject_adjustment",
    "reject_refund",
    "release_deposit",
    "release_retained",
    "request_deposit",
    "retain_deposit",
    "retry_refund",
    "settle_by_hand",
    "settle_review",
    "spendable",
    "start_payment",
    "stop_transfer",
    "submit_refund",
    "take_back_refund",
    "take_out_of_batch",
    "transfer_instead",
    "waive_deposit",
    "ways_back",
]
