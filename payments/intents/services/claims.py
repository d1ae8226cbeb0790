"""Claims of others that a payer answers for, such as a traffic fine: collected, passed on, never income."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import User
from payments.intents.enums import Purpose
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, PaymentIntent
from payments.intents.services.deposits import capture_deposit
from payments.intents.services.paying import create_intent
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from voltgo.core.actors import Actor
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong


@dataclass(frozen=True, slots=True)
class ChargedClaim:
    """Where the amount of a claim comes from; `intent` asks for the debt."""

    from_deposit: Dong
    debt: Dong
    intent: PaymentIntent | None


@transaction.atomic
def charge_claim(
    *,
    claim: str,
    payer: User,
    amount: Dong,
    deposit_of: str | None,
    description: str,
    expires_at: datetime,
    by: Actor,
) -> ChargedClaim:
    """Charge a claim: first what is still held of a deposit, then a debt with a request to pay it.

    `claim` is a reference of its own, such as `fine:PN-7K2M4Q`; `deposit_of` names the reference whose deposit
    may be used. Locks the owner of the claim, the owner of the deposit, their intents, then ledger accounts.
    Safe to call twice.

    Raises:
        InvalidInput: nothing is claimed.
    """
    if amount <= 0:
        raise InvalidInput(amount=amount)
    lock_reference(claim)
    key = f"claim:{claim}"
    before = LedgerEntry.objects.filter(idempotency_key=key).first()
    if before is not None:
        return _as_charged(before, claim)
    from_deposit = _from_deposit(claim, deposit_of, amount, by)
    debt = amount - from_deposit
    lines = [
        (chart.customer_prepaid(deposit_of or ""), from_deposit),
        (chart.receivable(payer.public_id), debt),
        (chart.fine_payable(claim), -amount),
    ]
    ledger.post(
        kind=EntryKind.FINE,
        key=key,
        reference=claim,
        lines=[(account, value) for account, value in lines if value],
        by=by,
    )
    intent = None
    if debt:
        intent = create_intent(
            payer=payer,
            reference=claim,
            purpose=Purpose.FINE,
            prepayment_amount=debt,
            deposit_amount=0,
            expires_at=expires_at,
            idempotency_key=key,
            by=by,
            description=description,
        )
    return ChargedClaim(from_deposit, debt, intent)


def _from_deposit(claim: str, deposit_of: str | None, amount: Dong, by: Actor) -> Dong:
    if deposit_of is None:
        return 0
    lock_reference(deposit_of)
    deposit = Deposit.objects.filter(reference=deposit_of).first()
    taken = min(amount, deposit.remaining) if deposit else 0
    if taken:
        capture_deposit(
            reference=deposit_of, amount=taken, settlement_line=claim, idempotency_key=claim, by=by
        )
    return taken


def _as_charged(entry: LedgerEntry, claim: str) -> ChargedClaim:
    amounts = dict(entry.lines.values_list("account__code", "amount"))
    debt = sum(value for code, value in amounts.items() if code.startswith("receivable:"))
    from_deposit = sum(value for code, value in amounts.items() if code.startswith("customer_prepaid:"))
    intent = PaymentIntent.objects.filter(idempotency_key=f"claim:{claim}").first()
    return ChargedClaim(from_deposit, debt, intent)


@transaction.atomic
def pass_claim_on(*, claim: str, amount: Dong, by: Actor) -> LedgerEntry:
    """Note that what was collected for a claim has left our account at the bank. Safe to call twice.

    Raises:
        AccountOverdrawn: less was charged for it.
    """
    return ledger.post(
        kind=EntryKind.FINE,
        key=f"claim:{claim}:passed-on",
        reference=claim,
        lines=[(chart.fine_payable(claim), amount), (chart.BANK, -amount)],
        by=by,
    )
