"""Taking from the deposit, and giving back what is left of it."""

from django.db import transaction

from payments.intents.enums import DEPOSIT, DepositState, RefundReason
from payments.intents.errors import DepositTooSmall, IdempotencyConflict, UnknownReference
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, Refund
from payments.intents.services.refunds import refund
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.errors import AccountOverdrawn
from payments.ledger.models import LedgerEntry
from voltgo.core import locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong


@transaction.atomic
def capture_deposit(
    *, reference: str, amount: Dong, settlement_line: str, idempotency_key: str, by: Actor
) -> Deposit:
    """Turn part of the deposit into money that pays what the payer owes; names the settlement line it is for.

    The amount becomes prepaid money of the reference; `recognise_revenue` then uses it up. Locks the owner of
    the reference, its intents, then the ledger accounts. Safe to call twice with one key.

    Raises:
        DepositTooSmall: less than that is still held.
        UnknownReference: there is no deposit.
        IdempotencyConflict: the key belongs to another amount.
    """
    if amount <= 0 or not settlement_line:
        raise InvalidInput(amount=amount)
    lock_reference(reference)
    deposit = Deposit.objects.filter(reference=reference).first()
    if deposit is None:
        raise UnknownReference(reference=reference)
    deposit = locks.lock_row(deposit)
    key = f"capture:{idempotency_key}"
    before = LedgerEntry.objects.filter(idempotency_key=key).first()
    if before is not None:
        _require_same(before, reference, amount)
        return deposit
    if amount > deposit.remaining:
        raise DepositTooSmall(available=deposit.remaining)
    try:
        ledger.post(
            kind=EntryKind.DEPOSIT_CAPTURE,
            key=key,
            reference=reference,
            lines=[
                (chart.deposit_liability(reference), amount),
                (chart.customer_prepaid(reference), -amount),
            ],
            by=by,
        )
    except AccountOverdrawn as error:
        raise DepositTooSmall(available=deposit.remaining) from error
    target = (
        DepositState.CAPTURED
        if amount == deposit.remaining and not deposit.released
        else DepositState.PARTLY_CAPTURED
    )
    if amount == deposit.remaining and deposit.released:
        target = DepositState.RELEASED
    captured = deposit.captured + amount
    if target == deposit.state:
        Deposit.objects.filter(pk=deposit.pk).update(captured=captured)
        deposit.captured = captured
    else:
        states.move(DEPOSIT, deposit, to=target, by=by, reason=settlement_line[:300], captured=captured)
    audit.record(
        "deposit.captured", f"deposit:{deposit.pk}", by=by, reason=settlement_line[:300], amount=amount
    )
    return deposit


def _require_same(entry: LedgerEntry, reference: str, amount: Dong) -> None:
    if entry.reference != reference or not entry.lines.filter(amount=amount).exists():
        raise IdempotencyConflict(key=entry.idempotency_key)


@transaction.atomic
def release_deposit(
    *, reference: str, idempotency_key: str, by: Actor, amount: Dong | None = None
) -> Refund | None:
    """Give back what is left of the deposit, or the amount named, to the payment it came from.

    Returns None if nothing is held. The provider is asked after commit; no approval is needed, because
    the money never was ours. Locks as `refund` does. Safe to call twice with one key.

    Raises:
        DepositTooSmall: more is named than is held.
    """
    lock_reference(reference)
    before = Refund.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        return before
    deposit = Deposit.objects.filter(reference=reference).first()
    if deposit is None:
        return None
    deposit = locks.lock_row(deposit)
    to_release = deposit.remaining if amount is None else amount
    if to_release == 0:
        return None
    return refund(
        reference=reference,
        prepayment_amount=0,
        deposit_amount=to_release,
        reason=RefundReason.DEPOSIT_RELEASE,
        idempotency_key=idempotency_key,
        by=by,
    )
