"""Ending an open attempt at its provider, because the payer wants another way to pay."""

import logging

from payments.gateways import registry
from payments.gateways.base import FactKind, QueryRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.intents.enums import AttemptOutcome
from payments.intents.models import PaymentAttempt, PaymentIntent
from payments.intents.services.facts import apply_fact
from voltgo.core import clock

logger = logging.getLogger(__name__)


def is_open_transfer(attempt: PaymentAttempt) -> bool:
    """Return whether an attempt waits for a transfer by which money may still come."""
    is_waiting = bool(attempt.transfer) and attempt.outcome == AttemptOutcome.STARTED
    return is_waiting and attempt.expires_at > clock.now()


def open_transfer(intent: PaymentIntent) -> PaymentAttempt | None:
    """Return the newest attempt of an intent if it is an open transfer."""
    attempt = intent.attempts.filter(merchant_ref=intent.merchant_ref).first()
    return attempt if attempt is not None and is_open_transfer(attempt) else None


def stop_transfer(intent: PaymentIntent) -> bool:
    """End the open transfer of an intent at its provider; return whether nothing more comes by it.

    Calls the provider, in no transaction. What the provider tells then is taken into account like any other of
    its words, so a transfer that came in the same moment counts. A provider that is away changes nothing: the
    payer may still choose another way, and what comes by this one later counts or goes back.
    """
    attempt = open_transfer(intent)
    if attempt is None or not registry.capabilities_of(attempt.provider).cancel:
        return False
    request = QueryRequest(
        attempt.merchant_ref,
        attempt.provider_created_at,
        session_ref=attempt.session_ref,
        amount=attempt.amount,
    )
    try:
        facts = registry.get(attempt.provider).cancel(request)
    except (GatewayUnavailable, OutcomeUnknown) as error:
        logger.warning("%s did not end %s: %s", attempt.provider, attempt.merchant_ref, error.code)
        return False
    for fact in facts:
        apply_fact(fact)
    return any(fact.kind is FactKind.FAILED for fact in facts)
