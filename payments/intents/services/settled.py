"""The end of every refund, whatever way it went, and the promise to bring it to its provider."""

import logging
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Sum

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.intents import signals
from payments.intents.enums import INTENT, PAID_STATES, REFUND, ChargebackState, IntentState, RefundState
from payments.intents.models import Chargeback, Payment, PaymentIntent, Refund
from payments.intents.services import telling
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.chart import Account
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from voltgo.core import outbox, states
from voltgo.core.actors import SYSTEM, Actor

logger = logging.getLogger(__name__)

SUBMIT = "payments.submit_refund"


def promise_submission(row: Refund, *, again: str = "") -> None:
    """Promise that the provider will be asked; `again` names why the promise is renewed."""
    outbox.promise(SUBMIT, key=f"{SUBMIT}:{row.request_id}:{again}", refund_id=str(row.pk))


def settle(
    row: Refund,
    *,
    source: Account,
    by: Actor,
    at: datetime | None = None,
    kind: EntryKind = EntryKind.REFUND_SETTLED,
    reason: str = "",
    **changes: Any,
) -> None:
    """Say that the money has reached the payer out of `source`. The caller holds the reference and the row.

    Sends `refund_succeeded` inside the transaction and writes to the payer. The ledger's key bars a second
    settling by another way.
    """
    entry = ledger.post(
        kind=kind,
        key=_settled_key(row),
        reference=row.reference,
        lines=[(chart.refund_clearing(row.payment.provider), row.amount), (source, -row.amount)],
        occurred_at=at,
        by=by,
    )
    states.move(
        REFUND,
        row,
        to=RefundState.SUCCEEDED,
        by=by,
        reason=reason,
        succeeded_at=entry.occurred_at,
        next_poll_at=None,
        **changes,
    )
    _follow_in_intent(row)
    if is_disputed(row.payment):
        _back_and_disputed(row)
    signals.refund_succeeded.send(sender=Refund, refund=row)
    telling.money_went_back(row)
    let_the_next_go(row)


def settlings_of(row: Refund) -> QuerySet[LedgerEntry]:
    """Return the entries by which a refund reached its payer, those that came back included."""
    return LedgerEntry.objects.filter(
        reference=row.reference, idempotency_key__startswith=f"refund-settled:{row.pk}", reverses=None
    )


def _settled_key(row: Refund) -> str:
    came_back = settlings_of(row).filter(reversed_by__isnull=False).count()
    return f"refund-settled:{row.pk}" + (f":{came_back + 1}" if came_back else "")


def is_disputed(payment: Payment) -> bool:
    """Whether the payer's bank has taken the money back: who returns it as well returns it twice."""
    taken = [ChargebackState.OPEN, ChargebackState.LOST]
    return Chargeback.objects.filter(payment=payment, state__in=taken).exists()


def _back_and_disputed(row: Refund) -> None:
    logger.error("ALERT refund %s of %s: the payer's bank took it as well", row.pk, row.reference)
    cases.open_case(
        kind=CaseKind.CHARGEBACK,
        key=f"refund-disputed:{row.pk}",
        reference=row.reference,
        amount=row.amount,
        details={"refund": str(row.pk), "way": row.way},
    )


def _follow_in_intent(row: Refund) -> None:
    intent = PaymentIntent.objects.get(pk=row.intent_id)
    back = intent.refunds.filter(state=RefundState.SUCCEEDED).aggregate(
        total=Sum(F("prepayment_amount") + F("deposit_amount"))
    )["total"]
    if not back or intent.state not in PAID_STATES - {IntentState.CHARGED_BACK}:
        return
    target = IntentState.REFUNDED if back >= intent.amount else IntentState.PARTLY_REFUNDED
    if intent.state not in {target, IntentState.REFUNDED}:
        states.move(INTENT, intent, to=target, by=SYSTEM, reason=f"refund {row.pk}")


def let_the_next_go(row: Refund) -> None:
    """Refunds of one payment go one by one; this one has ended."""
    waiting = Refund.objects.filter(payment_id=row.payment_id, state=RefundState.APPROVED).order_by(
        "created_at"
    )
    following = waiting.first()
    if following is not None:
        promise_submission(following, again=f"after:{row.request_id}")
