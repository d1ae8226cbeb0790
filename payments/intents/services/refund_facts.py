"""What a provider says about a refund on its way."""

import logging
from collections.abc import Callable

from django.db.models import F, Sum

from payments.gateways.base import FactKind, FactOutcome, FactResult, ProviderFact
from payments.intents import signals
from payments.intents.enums import INTENT, PAID_STATES, REFUND, IntentState, RefundState
from payments.intents.locking import lock_reference
from payments.intents.models import PaymentIntent, Refund
from payments.intents.services.refunds import promise_submission
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import locks, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.money import format_dong

logger = logging.getLogger(__name__)


def apply_refund_fact(fact: ProviderFact) -> FactResult:
    """Take what a provider says about a refund into account. Called by `apply_fact` only."""
    row = Refund.objects.filter(payment__provider=fact.provider, request_id=fact.merchant_ref).first()
    if row is None:
        logger.error("%s names an unknown refund %s", fact.provider, fact.merchant_ref)
        return FactResult(FactOutcome.UNKNOWN_REFERENCE)
    lock_reference(row.reference)
    row = locks.lock_row(row)
    if fact.amount is not None and fact.amount != row.amount:
        logger.error("ALERT refund %s of %s: the provider names another amount", row.pk, row.reference)
        return FactResult(FactOutcome.AMOUNT_MISMATCH, row.intent_id)
    if fact.provider_ref and fact.provider_ref != row.provider_ref:
        Refund.objects.filter(pk=row.pk).update(provider_ref=fact.provider_ref)
        row.provider_ref = fact.provider_ref
    step = _REFUND_STEPS.get(fact.kind)
    outcome = step(row, fact) if step else FactOutcome.UNDECIDED
    return FactResult(outcome, row.intent_id)


def _refund_arrived(row: Refund, fact: ProviderFact) -> FactOutcome:
    if row.state == RefundState.SUCCEEDED:
        return FactOutcome.REPEATED
    by = Actor(ActorKind.PROVIDER, "", fact.provider)
    entry = ledger.post(
        kind=EntryKind.REFUND_SETTLED,
        key=f"refund-settled:{row.pk}",
        reference=row.reference,
        lines=[
            (chart.refund_clearing(row.payment.provider), row.amount),
            (chart.psp_clearing(row.payment.provider), -row.amount),
        ],
        occurred_at=fact.occurred_at,
        by=by,
    )
    states.move(
        REFUND,
        row,
        to=RefundState.SUCCEEDED,
        by=by,
        succeeded_at=entry.occurred_at,
        provider_code=fact.code,
        next_poll_at=None,
    )
    _follow_in_intent(row, by)
    signals.refund_succeeded.send(sender=Refund, refund=row)
    _let_the_next_go(row)
    return FactOutcome.RECORDED


def _refund_refused(row: Refund, fact: ProviderFact) -> FactOutcome:
    if row.state != RefundState.SUBMITTED:
        return FactOutcome.REPEATED
    by = Actor(ActorKind.PROVIDER, "", fact.provider)
    states.move(
        REFUND,
        row,
        to=RefundState.FAILED,
        by=by,
        reason=f"code {fact.code}",
        provider_code=fact.code,
        next_poll_at=None,
    )
    logger.error(
        "ALERT refund %s of %s for %s failed with code %s",
        row.pk,
        format_dong(row.amount),
        row.reference,
        fact.code,
    )
    _let_the_next_go(row)
    return FactOutcome.RECORDED


_REFUND_STEPS: dict[FactKind, Callable[[Refund, ProviderFact], FactOutcome]] = {
    FactKind.REFUND_SUCCEEDED: _refund_arrived,
    FactKind.REFUND_FAILED: _refund_refused,
}


def _follow_in_intent(row: Refund, by: Actor) -> None:
    intent = PaymentIntent.objects.get(pk=row.intent_id)
    back = intent.refunds.filter(state=RefundState.SUCCEEDED).aggregate(
        total=Sum(F("prepayment_amount") + F("deposit_amount"))
    )["total"]
    if not back or intent.state not in PAID_STATES:
        return
    target = IntentState.REFUNDED if back >= intent.amount else IntentState.PARTLY_REFUNDED
    if intent.state not in {target, IntentState.REFUNDED}:
        states.move(INTENT, intent, to=target, by=by)


def _let_the_next_go(row: Refund) -> None:
    """Refunds of one payment go one by one; this one has ended."""
    waiting = Refund.objects.filter(payment_id=row.payment_id, state=RefundState.APPROVED).order_by(
        "created_at"
    )
    following = waiting.first()
    if following is not None:
        promise_submission(following, again=f"after:{row.request_id}")
