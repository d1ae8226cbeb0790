"""Which webhook says what. Stripe promises no order and sends some twice; each event is read by itself.

Where an event leaves out what we need, its payment intent is asked for as it is now, which is newer than the
event and never older. Anything about objects without our reference is none of ours.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payments.gateways.base import ProviderFact
from payments.gateways.stripe import judging
from payments.gateways.stripe.protocol import CHARGE, Json

logger = logging.getLogger(__name__)

# Asks Stripe for a payment intent with its charge.
Ask = Callable[[str], Json]
Facts = tuple[ProviderFact, ...]


def facts_of(event: Mapping[str, Any], ask: Ask) -> Facts:
    """Return what an event with a valid signature says about money; empty if nothing."""
    read = _READERS.get(str(event.get("type")))
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if read is None or not isinstance(thing, dict):
        return ()
    return read(thing, judging.when(event.get("created")), ask)


def _session(session: Json, at: datetime | None, ask: Ask) -> Facts:
    """A session says by itself that it expired, and that a plain charge was paid."""
    if not judging.merchant_ref_of(session):
        return ()
    number = session.get("payment_intent")
    is_plain = session.get("status") == "expired" or judging.use_of(session) == CHARGE
    if is_plain or not number:
        return (judging.judge_session(session, at),)
    return (judging.judge_intent(ask(str(number)), at),)


def _late_failure(session: Json, at: datetime | None, ask: Ask) -> Facts:
    """A way to pay that takes days has failed; the intent knows whether another one was used meanwhile."""
    number = session.get("payment_intent")
    if not judging.merchant_ref_of(session) or not number:
        return ()
    return (judging.judge_unpaid(ask(str(number)), at),)


def _intent(intent: Json, at: datetime | None, ask: Ask) -> Facts:
    if not judging.merchant_ref_of(intent):
        return ()
    if judging.needs_card(intent):
        intent = ask(str(intent["id"]))
    return (judging.judge_intent(intent, at),)


def _captured(charge: Json, at: datetime | None, ask: Ask) -> Facts:
    """A charge is told as captured at once when it never was a hold: that is said by its intent."""
    if not judging.merchant_ref_of(charge) or not judging.is_hold(charge):
        return ()
    return (judging.judge_captured_charge(charge, at),)


def _refund(refund: Json, at: datetime | None, ask: Ask) -> Facts:
    return (judging.judge_refund(refund, at),)


def _dispute(dispute: Json, at: datetime | None, ask: Ask) -> Facts:
    if not judging.is_dispute(dispute):
        logger.warning("a bank inquires at Stripe: %s %s", dispute.get("id"), dispute.get("status"))
        return ()
    number = dispute.get("payment_intent")
    merchant_ref = judging.merchant_ref_of(ask(str(number))) if number else ""
    return (judging.judge_dispute(dispute, merchant_ref, at),) if merchant_ref else ()


# `charge.succeeded` and `charge.refunded` say the same again, of the whole charge: intents and refunds say it better.
_READERS: dict[str, Callable[[Json, datetime | None, Ask], Facts]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _late_failure,
    "checkout.session.expired": _session,
    "payment_intent.succeeded": _intent,
    "payment_intent.payment_failed": _intent,
    "payment_intent.processing": _intent,
    "payment_intent.canceled": _intent,
    "payment_intent.amount_capturable_updated": _intent,
    "charge.captured": _captured,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.closed": _dispute,
}
