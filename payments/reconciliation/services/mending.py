"""What a comparison may mend by itself: ask the provider, take its facts, put unknown money aside."""

import logging
from collections.abc import Callable, Iterable, Sequence

from django.db import transaction

from payments.gateways import registry
from payments.gateways.base import (
    FactKind,
    FactOutcome,
    LineKind,
    ProviderFact,
    QueryRequest,
)
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.intents.models import Payment, PaymentAttempt, Refund
from payments.intents.services import apply_fact
from payments.intents.services.submitting import request_of
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from payments.reconciliation import selectors
from payments.reconciliation.comparing import Item
from payments.reconciliation.enums import ItemStatus
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

logger = logging.getLogger(__name__)

# A provider is asked about so many in one run; the next run asks about the rest.
MOST_ASKED = 200
CHANGES = frozenset({FactOutcome.RECORDED, FactOutcome.SURPLUS, FactOutcome.PARTIAL})
WITHOUT_RECORD = frozenset({ItemStatus.MISSING_INTERNAL, ItemStatus.STATUS_MISMATCH})


def mend(source: str, items: Sequence[Item]) -> int:
    """Ask about what we have no record of, and take in what the provider says; return how much changed.

    Call it outside of transactions: it waits for the network. A provider that is away mends nothing today.
    """
    changed = 0
    try:
        for ask in _questions(source, items):
            changed += sum(_take(fact) for fact in ask())
    except GatewayUnavailable:
        logger.warning("%s is away: reconciliation mends nothing now", source)
    for item in items:
        if item.status is ItemStatus.CHARGEBACK and item.line is not None:
            changed += _dispute(source, item)
    return changed


def _questions(source: str, items: Sequence[Item]) -> Iterable[Callable[[], Iterable[ProviderFact]]]:
    if not registry.has(source) or not registry.capabilities_of(source).query:
        return []
    asked: list[Callable[[], Iterable[ProviderFact]]] = []
    refs = {item.line.merchant_ref for item in items if item.status in WITHOUT_RECORD and item.line}
    asked += [
        lambda attempt=attempt: _ask(source, attempt)  # type: ignore[misc]
        for attempt in selectors.attempts_without_money(source, refs).values()
    ]
    ids = [
        item.subject.removeprefix("refund:")
        for item in items
        if item.status is ItemStatus.REFUND_PENDING and item.line is not None
    ]
    asked += [
        lambda refund=refund: _ask_refund(source, refund)  # type: ignore[misc]
        for refund in Refund.objects.filter(pk__in=ids).select_related("payment")
    ]
    return asked[:MOST_ASKED]


def _ask(source: str, attempt: PaymentAttempt) -> Iterable[ProviderFact]:
    request = QueryRequest(
        attempt.merchant_ref,
        attempt.provider_created_at,
        session_ref=attempt.session_ref,
        amount=attempt.amount or attempt.hold_amount,
        is_hold=not attempt.amount,
    )
    try:
        return registry.get(source).fetch(request)
    except OutcomeUnknown as error:
        logger.warning("no clear answer about %s: %s", attempt.merchant_ref, error.details)
        return ()


def _ask_refund(source: str, refund: Refund) -> Iterable[ProviderFact]:
    try:
        return (registry.get(source).fetch_refund(request_of(refund)),)
    except OutcomeUnknown as error:
        logger.warning("no clear answer about refund %s: %s", refund.pk, error.details)
        return ()


def _take(fact: ProviderFact) -> bool:
    try:
        return apply_fact(fact).outcome in CHANGES
    except Exception:
        # One fact that cannot be taken in must not keep the day from being compared.
        logger.exception("a fact about %s cannot be taken in", fact.merchant_ref)
        return False


def _dispute(source: str, item: Item) -> bool:
    """Take a dispute, or that we won it, of which only the file told us; it names one of our payments or stays a case."""
    line = item.line
    if line is None or not line.provider_ref:
        return False
    if not Payment.objects.filter(provider=source, merchant_ref=line.merchant_ref).exists():
        return False
    fact = ProviderFact(
        provider=source,
        kind=FactKind.DISPUTE_OPENED if line.amount < 0 else FactKind.DISPUTE_WON,
        merchant_ref=line.merchant_ref,
        provider_ref=line.provider_ref,
        amount=abs(line.amount),
        code="settlement_file",
        occurred_at=clock.day_bounds(line.day)[0],
    )
    return _take(fact)


# --- Money that nobody can name -----------------------------------------------------------------
def suspense_key(source: str, item_key: str) -> str:
    return f"suspense:{source}:{item_key}"[:150]


@transaction.atomic
def put_aside(source: str, items: Sequence[Item]) -> int:
    """Book money that the provider has for us and nobody can name as suspense; take back what is named now.

    Returns 0: suspense changes no comparison.
    """
    lines = [item for item in items if item.line is not None and item.line.kind is LineKind.PAYMENT]
    keys = {suspense_key(source, item.key): item for item in lines}
    booked = {
        entry.idempotency_key
        for entry in LedgerEntry.objects.filter(
            idempotency_key__in=[*keys, *(f"{key}:cleared" for key in keys)]
        )
    }
    clearing = chart.psp_clearing(source)
    for key, item in keys.items():
        is_unknown = item.status is ItemStatus.MISSING_INTERNAL
        amount = item.external_amount
        if is_unknown and key not in booked and amount:
            ledger.post(
                kind=EntryKind.SUSPENSE,
                key=key,
                reference=f"recon:{source}",
                lines=[(clearing, amount), (chart.SUSPENSE, -amount)],
                by=SYSTEM,
            )
        if not is_unknown and key in booked and f"{key}:cleared" not in booked:
            take_back(source, item.key)
    return 0


def take_back(source: str, item_key: str) -> None:
    """Take money out of suspense again, because it is booked where it belongs."""
    entry = LedgerEntry.objects.filter(idempotency_key=suspense_key(source, item_key)).first()
    if entry is None:
        return
    ledger.post(
        kind=EntryKind.SUSPENSE_CLEARED,
        key=f"{entry.idempotency_key}:cleared",
        reference=entry.reference,
        lines=[
            (_account(line.account.code, source), -line.amount)
            for line in entry.lines.select_related("account").order_by("pk")
        ],
        by=SYSTEM,
    )


def _account(code: str, source: str) -> chart.Account:
    return chart.SUSPENSE if code == chart.SUSPENSE.code else chart.psp_clearing(source)
