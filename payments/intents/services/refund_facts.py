"""What a provider says about a refund on its way."""

import logging
from collections.abc import Callable

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways.base import FactKind, FactOutcome, FactResult, ProviderFact
from payments.intents.enums import REFUND, RefundState, RefundWay
from payments.intents.locking import lock_reference
from payments.intents.models import Refund
from payments.intents.services.settled import let_the_next_go, settle
from payments.ledger import chart
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
        cases.open_case(
            kind=CaseKind.MISMATCH,
            key=f"refund-amount:{row.request_id}:{fact.amount}",
            reference=row.reference,
            amount=fact.amount,
            details={"refund": str(row.pk), "expected": row.amount},
        )
        return FactResult(FactOutcome.AMOUNT_MISMATCH, row.intent_id)
    if fact.provider_ref and fact.provider_ref != row.provider_ref:
        Refund.objects.filter(pk=row.pk).update(provider_ref=fact.provider_ref)
        row.provider_ref = fact.provider_ref
    step = _REFUND_STEPS.get(fact.kind)
    outcome = step(row, fact) if step else FactOutcome.UNDECIDED
    return FactResult(outcome, row.intent_id)


def _refund_arrived(row: Refund, fact: ProviderFact) -> FactOutcome:
    if row.state == RefundState.SUCCEEDED:
        if row.way != RefundWay.ORIGINAL:
            _came_back_twice(row)
        return FactOutcome.REPEATED
    if row.batch_id is not None:
        # The bank may be transferring it as well.
        _came_back_twice(row)
    settle(
        row,
        source=chart.received_through(row.payment.provider, row.payment.account_ref),
        by=Actor(ActorKind.PROVIDER, "", fact.provider),
        at=fact.occurred_at,
        way=RefundWay.ORIGINAL,
        provider_code=fact.code,
    )
    return FactOutcome.RECORDED


def _came_back_twice(row: Refund) -> None:
    logger.error("ALERT refund %s of %s: the provider returned it too", row.pk, row.reference)
    cases.open_case(
        kind=CaseKind.MISMATCH,
        key=f"refund-twice:{row.pk}",
        reference=row.reference,
        amount=row.amount,
        details={"way": row.way, "request_id": row.request_id},
    )


def _refund_refused(row: Refund, fact: ProviderFact) -> FactOutcome:
    if row.state == RefundState.SUCCEEDED and row.way == RefundWay.ORIGINAL:
        # Cards are closed and banks return: only a person can tell that from an old refusal that comes late.
        _open_refused_case(row, fact)
        return FactOutcome.REPEATED
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
    _open_refused_case(row, fact)
    let_the_next_go(row)
    return FactOutcome.RECORDED


def _open_refused_case(row: Refund, fact: ProviderFact) -> None:
    logger.error(
        "ALERT refund %s of %s for %s failed with code %s",
        row.pk,
        format_dong(row.amount),
        row.reference,
        fact.code,
    )
    cases.open_case(
        kind=CaseKind.REFUND_FAILED,
        key=f"refund-failed:{row.request_id}",
        reference=row.reference,
        amount=row.amount,
        details={"refund": str(row.pk), "provider": fact.provider, "code": fact.code},
    )


_REFUND_STEPS: dict[FactKind, Callable[[Refund, ProviderFact], FactOutcome]] = {
    FactKind.REFUND_SUCCEEDED: _refund_arrived,
    FactKind.REFUND_FAILED: _refund_refused,
}
