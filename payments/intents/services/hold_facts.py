"""Holds on cards: planning them, and what a provider says about them."""

import logging
from datetime import datetime

from payments.gateways.base import FactOutcome, FactResult, Instrument, ProviderFact
from payments.intents.models import DepositHold, PaymentAttempt, PaymentIntent

logger = logging.getLogger(__name__)


def plan_hold(
    *, intent: PaymentIntent, attempt: PaymentAttempt, instrument: Instrument | None, paid_at: datetime
) -> DepositHold | None:
    """Write down that the deposit will be held on the card that the payer agreed to keep."""
    raise NotImplementedError


def apply_hold_fact(fact: ProviderFact) -> FactResult:
    """Take what a provider says about a hold into account. Called by `apply_fact` only."""
    logger.error("%s names an unknown hold %s", fact.provider, fact.merchant_ref)
    return FactResult(FactOutcome.UNKNOWN_REFERENCE)
