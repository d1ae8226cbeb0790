"""What a provider says about a payer's bank that takes money back."""

import logging
from datetime import datetime

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways.base import FactKind, FactOutcome, FactResult, ProviderFact
from payments.intents.enums import CHARGEBACK, INTENT, PAID_STATES, ChargebackState, IntentState, RefundState
from payments.intents.locking import lock_reference
from payments.intents.models import Chargeback, Payment, PaymentIntent
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor, ActorKind

logger = logging.getLogger(__name__)

_TARGET = {FactKind.DISPUTE_WON: ChargebackState.WON, FactKind.DISPUTE_LOST: ChargebackState.LOST}


def apply_dispute_fact(fact: ProviderFact) -> FactResult:
    """Take a dispute into account; `merchant_ref` is the payment's, `provider_ref` the dispute's.

    The money leaves the provider's account for the dispute reserve when the dispute opens, comes back when
    it is won, and becomes the payer's debt when it is lost. A verdict that comes first opens it as well.
    Called by `apply_fact` only.
    """
    payment = Payment.objects.filter(provider=fact.provider, merchant_ref=fact.merchant_ref).first()
    if payment is None or not fact.provider_ref:
        logger.error("ALERT %s disputes an unknown payment %s", fact.provider, fact.merchant_ref)
        cases.open_case(
            kind=CaseKind.UNKNOWN_MONEY,
            key=f"chargeback-unknown:{fact.provider}:{fact.provider_ref or fact.merchant_ref}",
            amount=fact.amount or 0,
            details={"merchant_ref": fact.merchant_ref[:100], "kind": fact.kind.value},
        )
        return FactResult(FactOutcome.UNKNOWN_REFERENCE)
    reference = payment.intent.reference
    lock_reference(reference)
    by = Actor(ActorKind.PROVIDER, "", fact.provider)
    row, created = Chargeback.objects.get_or_create(
        provider=fact.provider,
        provider_ref=fact.provider_ref,
        defaults={
            "payment": payment,
            "reference": reference,
            "amount": fact.amount or payment.amount,
            "reason": fact.code[:60],
            "opened_at": fact.occurred_at or clock.now(),
        },
    )
    row = locks.lock_row(row)
    if created:
        _open(row, payment, by)
    target = _TARGET.get(fact.kind)
    if target is None:
        outcome = FactOutcome.RECORDED if created else FactOutcome.REPEATED
        return FactResult(outcome, payment.intent_id)
    if row.state == target or (row.state, target) == (ChargebackState.WON, ChargebackState.LOST):
        # Won is final; a verdict of loss that arrives after it is an old one.
        return FactResult(FactOutcome.REPEATED, payment.intent_id)
    _close(row, payment, target, by, fact.occurred_at or clock.now())
    return FactResult(FactOutcome.RECORDED, payment.intent_id)


def _open(row: Chargeback, payment: Payment, by: Actor) -> None:
    states.begin(CHARGEBACK, row, by=by, reason=row.reason)
    ledger.post(
        kind=EntryKind.DISPUTE_OPENED,
        key=f"dispute:{row.provider}:{row.provider_ref}:opened",
        reference=row.reference,
        lines=[(chart.DISPUTE_RESERVE, row.amount), (chart.psp_clearing(row.provider), -row.amount)],
        occurred_at=row.opened_at,
        by=by,
    )
    intent = PaymentIntent.objects.get(pk=payment.intent_id)
    if intent.state in PAID_STATES - {IntentState.CHARGED_BACK, IntentState.REFUNDED}:
        states.move(INTENT, intent, to=IntentState.CHARGED_BACK, by=by, reason=row.provider_ref)
    cases.open_case(
        kind=CaseKind.CHARGEBACK,
        key=f"chargeback:{row.provider}:{row.provider_ref}",
        reference=row.reference,
        amount=row.amount,
        details={"reason": row.reason},
    )


def _close(row: Chargeback, payment: Payment, target: ChargebackState, by: Actor, at: datetime) -> None:
    """Move the reserve to where the verdict sends it, whatever the verdict before was."""
    intent = PaymentIntent.objects.select_related("payer").get(pk=payment.intent_id)
    debt = chart.receivable(intent.payer.public_id)
    reserve = debt if row.state == ChargebackState.LOST else chart.DISPUTE_RESERVE
    won = target == ChargebackState.WON
    ledger.post(
        kind=EntryKind.DISPUTE_WON if won else EntryKind.DISPUTE_LOST,
        key=f"dispute:{row.provider}:{row.provider_ref}:{target}",
        reference=row.reference,
        lines=[(chart.psp_clearing(row.provider) if won else debt, row.amount), (reserve, -row.amount)],
        occurred_at=at,
        by=by,
    )
    states.move(CHARGEBACK, row, to=target, by=by, closed_at=at)
    if won and intent.state == IntentState.CHARGED_BACK:
        was_refunded = intent.refunds.filter(state=RefundState.SUCCEEDED).exists()
        back = IntentState.PARTLY_REFUNDED if was_refunded else IntentState.SUCCEEDED
        states.move(INTENT, intent, to=back, by=by, reason=row.provider_ref)
