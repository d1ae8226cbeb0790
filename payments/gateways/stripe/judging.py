"""What Stripe's objects mean for us: pure functions from an object to one fact.

Every payment intent carries our merchant reference and its use in its metadata, so each object can be judged by
itself, in whatever order they come. An object without our reference is none of ours.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from payments.gateways.base import FactKind, FailureReason, Instrument, ProviderFact
from payments.gateways.stripe import protocol
from payments.gateways.stripe.client import Refused
from payments.gateways.stripe.protocol import CHARGE_AND_KEEP, HOLD, HOLD_KEPT, MERCHANT_REF, USE, Json

PROVIDER = "stripe"
LIVE, TEST = "live", "test"
# The columns that keep a result code of a payment or of a refund.
LONGEST_CODE = 16

_REASONS = {
    "insufficient_funds": FailureReason.NO_MONEY,
    "card_velocity_exceeded": FailureReason.OVER_LIMIT,
    "withdrawal_count_limit_exceeded": FailureReason.OVER_LIMIT,
    "incorrect_cvc": FailureReason.WRONG_CODE,
    "incorrect_pin": FailureReason.WRONG_CODE,
    "authentication_required": FailureReason.WRONG_CODE,
    "payment_intent_authentication_failure": FailureReason.WRONG_CODE,
    "expired": FailureReason.TIMED_OUT,
    "abandoned": FailureReason.TIMED_OUT,
    "requested_by_customer": FailureReason.CANCELLED,
}
_REFUND_KINDS = {
    "succeeded": FactKind.REFUND_SUCCEEDED,
    "failed": FactKind.REFUND_FAILED,
    "canceled": FactKind.REFUND_FAILED,
    # The bank needs more of the payer, or of us: it has neither gone nor failed.
    "pending": FactKind.REFUND_PENDING,
    "requires_action": FactKind.REFUND_PENDING,
}
# An inquiry of a bank takes no money: only its name is like a dispute's.
_DISPUTE_KINDS = {
    "needs_response": FactKind.DISPUTE_OPENED,
    "under_review": FactKind.DISPUTE_OPENED,
    "won": FactKind.DISPUTE_WON,
    "lost": FactKind.DISPUTE_LOST,
}


def merchant_ref_of(thing: Mapping[str, Any]) -> str:
    """Return our reference on an object; "" where it is none of ours."""
    return str((thing.get("metadata") or {}).get(MERCHANT_REF) or thing.get("client_reference_id") or "")


def use_of(thing: Mapping[str, Any]) -> str:
    return str((thing.get("metadata") or {}).get(USE) or "")


def is_hold(thing: Mapping[str, Any]) -> bool:
    return use_of(thing) in {HOLD, HOLD_KEPT}


def mode_of(thing: Mapping[str, Any]) -> str:
    """Return whether an object is of real money or of Stripe's test mode; "" if it does not say."""
    livemode = thing.get("livemode")
    return "" if livemode is None else (LIVE if livemode else TEST)


def when(value: object) -> datetime | None:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and value > 0 else None


def reason_of(code: str) -> FailureReason:
    return _REASONS.get(code, FailureReason.OTHER)


# --- Payments and holds -------------------------------------------------------------------------
def needs_card(intent: Mapping[str, Any]) -> bool:
    """Return whether only the charge can tell the rest: the kept card, or until when a hold stands."""
    use, status = use_of(intent), intent.get("status")
    return (use == CHARGE_AND_KEEP and status == "succeeded") or status == "requires_capture"


def judge_intent(intent: Mapping[str, Any], at: datetime | None = None) -> ProviderFact:
    """Return what a payment intent says; `latest_charge` may be expanded.

    `at` is when Stripe said so, for what has no time of its own.
    """
    held = is_hold(intent) or intent.get("capture_method") == "manual"
    charge = _charge_of(intent)
    status = str(intent.get("status") or "")
    fact = ProviderFact(
        provider=PROVIDER,
        kind=FactKind.HOLD_PENDING if held else FactKind.PENDING,
        merchant_ref=merchant_ref_of(intent),
        provider_ref=str(intent.get("id") or ""),
        currency=str(intent.get("currency") or "").upper(),
        merchant=mode_of(intent),
        code=status[:LONGEST_CODE],
        occurred_at=at,
        method=_method_of(charge),
    )
    if status == "succeeded":
        kind = FactKind.HOLD_CAPTURED if held else FactKind.SUCCEEDED
        paid_at = at if held else when(charge.get("created")) or at
        amount = _amount(intent.get("amount_received"))
        fact = replace(fact, kind=kind, amount=amount, occurred_at=paid_at, instrument=_kept(intent, charge))
    elif status == "requires_capture":
        fact = replace(
            fact,
            kind=FactKind.AUTHORIZED,
            amount=_amount(intent.get("amount_capturable")),
            occurred_at=when(charge.get("created")) or at,
            capture_before=when(_card_of(charge).get("capture_before")),
            instrument=_kept(intent, charge),
        )
    elif status == "canceled":
        code = str(intent.get("cancellation_reason") or "canceled")
        # Without any charge nothing was ever held.
        ended = FactKind.HOLD_ENDED if _id(intent.get("latest_charge")) else FactKind.HOLD_FAILED
        kind = ended if held else FactKind.FAILED
        reason = None if kind is FactKind.HOLD_ENDED else reason_of(code)
        fact = replace(fact, kind=kind, code=code[:LONGEST_CODE], reason=reason)
    elif status == "requires_payment_method" and use_of(intent) == HOLD_KEPT:
        # Nobody is there to try another card. On the page a declined card is not the end: the payer stays there.
        fact = refused_hold(fact, intent.get("last_payment_error") or {})
    return fact


def judge_unpaid(intent: Mapping[str, Any], at: datetime | None = None) -> ProviderFact:
    """Return what an intent says whose session is over: a payer who is gone tries no other card."""
    fact = judge_intent(intent, at)
    if intent.get("status") != "requires_payment_method":
        return fact
    failed = refused_hold(fact, intent.get("last_payment_error") or {})
    return (
        failed if is_hold(intent) else replace(failed, kind=FactKind.FAILED, code=failed.code[:LONGEST_CODE])
    )


def refused_hold(fact: ProviderFact, error: Mapping[str, Any]) -> ProviderFact:
    code = str(error.get("decline_code") or error.get("code") or fact.code)
    return replace(fact, kind=FactKind.HOLD_FAILED, amount=None, code=code, reason=reason_of(code))


def judge_session(session: Mapping[str, Any], at: datetime | None = None) -> ProviderFact:
    """Return what a checkout session says by itself, its payment intent left out of account."""
    held = is_hold(session)
    fact = ProviderFact(
        provider=PROVIDER,
        kind=FactKind.HOLD_PENDING if held else FactKind.PENDING,
        merchant_ref=merchant_ref_of(session),
        provider_ref=_id(session.get("payment_intent")),
        currency=str(session.get("currency") or "").upper(),
        merchant=mode_of(session),
        code=str(session.get("status") or "")[:LONGEST_CODE],
        occurred_at=at,
    )
    if session.get("status") == "expired":
        kind = FactKind.HOLD_FAILED if held else FactKind.FAILED
        return replace(fact, kind=kind, reason=FailureReason.TIMED_OUT)
    if session.get("payment_status") == "paid" and not held:
        # In the same words as its payment intent, whichever is told first.
        amount = _amount(session.get("amount_total"))
        return replace(fact, kind=FactKind.SUCCEEDED, amount=amount, code="succeeded")
    return fact


def judge_captured_charge(charge: Mapping[str, Any], at: datetime | None = None) -> ProviderFact:
    """Return what a charge that was held says once it is taken."""
    return ProviderFact(
        provider=PROVIDER,
        kind=FactKind.HOLD_CAPTURED,
        merchant_ref=merchant_ref_of(charge),
        provider_ref=_id(charge.get("payment_intent")),
        amount=_amount(charge.get("amount_captured")),
        currency=str(charge.get("currency") or "").upper(),
        merchant=mode_of(charge),
        code="succeeded",
        occurred_at=at,
        method=_method_of(charge),
    )


def refused_intent(refusal: Refused, merchant_ref: str, merchant: str) -> ProviderFact:
    """Return the fact of a hold that the card's bank or Stripe refused."""
    return ProviderFact(
        provider=PROVIDER,
        kind=FactKind.HOLD_FAILED,
        merchant_ref=merchant_ref,
        provider_ref=_id(refusal.payment_intent),
        merchant=merchant,
        code=refusal.short_code,
        reason=reason_of(refusal.short_code),
    )


# --- Refunds and disputes -----------------------------------------------------------------------
def judge_refund(refund: Mapping[str, Any], at: datetime | None = None) -> ProviderFact:
    """Return what a refund says. One that we did not ask for is named by its own number, which nobody knows."""
    kind = _REFUND_KINDS.get(str(refund.get("status")), FactKind.REFUND_PENDING)
    failed = kind is FactKind.REFUND_FAILED
    code = str((refund.get("failure_reason") if failed else None) or refund.get("status") or "")
    number = str(refund.get("id") or "")
    return ProviderFact(
        provider=PROVIDER,
        kind=kind,
        merchant_ref=str((refund.get("metadata") or {}).get(protocol.REQUEST_ID) or number),
        provider_ref=number,
        amount=None if failed else _amount(refund.get("amount")),
        currency=str(refund.get("currency") or "").upper(),
        code=code[:LONGEST_CODE],
        occurred_at=at,
    )


def is_dispute(dispute: Mapping[str, Any]) -> bool:
    return dispute.get("status") in _DISPUTE_KINDS


def judge_dispute(dispute: Mapping[str, Any], merchant_ref: str, at: datetime | None = None) -> ProviderFact:
    """Return what a dispute says; its payment's reference must be asked for, Stripe leaves it out."""
    return ProviderFact(
        provider=PROVIDER,
        kind=_DISPUTE_KINDS[str(dispute["status"])],
        merchant_ref=merchant_ref,
        provider_ref=str(dispute.get("id") or ""),
        amount=_amount(dispute.get("amount")),
        currency=str(dispute.get("currency") or "").upper(),
        merchant=mode_of(dispute),
        code=str(dispute.get("reason") or ""),
        occurred_at=when(dispute.get("created")) or at,
    )


# --- Parts --------------------------------------------------------------------------------------
def _amount(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _id(value: object) -> str:
    """Return the number of a related object, expanded or not."""
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    return str(value or "")


def _charge_of(intent: Mapping[str, Any]) -> Json:
    charge = intent.get("latest_charge")
    return charge if isinstance(charge, dict) else {}


def _card_of(charge: Mapping[str, Any]) -> Json:
    card = (charge.get("payment_method_details") or {}).get("card")
    return card if isinstance(card, dict) else {}


def _method_of(charge: Mapping[str, Any]) -> str:
    card = _card_of(charge)
    return protocol.card_label(card) if card else ""


def _kept(intent: Mapping[str, Any], charge: Mapping[str, Any]) -> Instrument | None:
    """Return the card that Stripe keeps; only where the payer agreed to that, and the charge tells which it is."""
    customer, method = _id(intent.get("customer")), _id(intent.get("payment_method"))
    if intent.get("setup_future_usage") != "off_session" or not (customer and method):
        return None
    return Instrument(customer, method, protocol.card_label(_card_of(charge)))
