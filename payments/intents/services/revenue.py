"""Turning prepaid money into revenue when the service is done."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import User
from payments.intents.errors import IdempotencyConflict, UnknownReference
from payments.intents.locking import lock_reference
from payments.intents.models import PaymentIntent
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.chart import Account
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from voltgo.core.actors import Actor
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong

INCOME_ACCOUNTS: dict[str, Account] = {
    "rental": chart.REVENUE_RENTAL,
    "fee": chart.REVENUE_FEES,
    "compensation": chart.COMPENSATION_INCOME,
}


@transaction.atomic
def recognise_revenue(
    *,
    reference: str,
    lines: Sequence[tuple[str, Dong, Dong]],
    idempotency_key: str,
    by: Actor,
    payer: User | None = None,
) -> LedgerEntry | None:
    """Book what was earned: each line is (kind `rental` | `fee` | `compensation`, net, vat).

    Prepaid money of the reference pays first; what it does not cover becomes the payer's debt. Capture the
    deposit before this call and give back what is left of prepaid money after it, so that both accounts of
    the reference end at zero. Returns None if the lines come to nothing. Locks the owner of the reference,
    its intents, then ledger accounts. Safe to call twice with one key.

    Raises:
        UnknownReference: there is a debt and nobody is known to owe it (`payer` can name them).
        IdempotencyConflict: the key belongs to other lines.
        InvalidInput: an unknown kind, or a negative total.
    """
    income = _sum_by_account(lines)
    total = sum(amount for _, amount in income)
    if total < 0:
        raise InvalidInput(total=total)
    lock_reference(reference)
    key = f"revenue:{idempotency_key}"
    before = LedgerEntry.objects.filter(idempotency_key=key).first()
    if before is not None:
        _require_same(before, reference, income)
        return before
    if not income:
        return None
    debtor = payer or _payer_of(reference)
    prepaid_account = chart.customer_prepaid(reference)
    rows = ledger.lock_accounts([prepaid_account])
    from_prepaid = min(total, rows[prepaid_account.code].balance)
    sources = [(prepaid_account, from_prepaid)]
    if total > from_prepaid:
        if debtor is None:
            raise UnknownReference(reference=reference)
        sources.append((chart.receivable(debtor.public_id), total - from_prepaid))
    return ledger.post(
        kind=EntryKind.REVENUE,
        key=key,
        reference=reference,
        lines=[
            *((account, amount) for account, amount in sources if amount),
            *((account, -amount) for account, amount in income),
        ],
        by=by,
    )


def _sum_by_account(lines: Sequence[tuple[str, Dong, Dong]]) -> list[tuple[Account, Dong]]:
    sums: dict[Account, Dong] = {}
    for kind, net, vat in lines:
        if kind not in INCOME_ACCOUNTS:
            raise InvalidInput(kind=kind)
        sums[INCOME_ACCOUNTS[kind]] = sums.get(INCOME_ACCOUNTS[kind], 0) + net
        sums[chart.VAT_OUTPUT] = sums.get(chart.VAT_OUTPUT, 0) + vat
    return [(account, amount) for account, amount in sums.items() if amount]


def _require_same(entry: LedgerEntry, reference: str, income: list[tuple[Account, Dong]]) -> None:
    """Compare the income side only: a repeat comes when the prepaid money is used up already."""
    wanted = sorted((account.code, -amount) for account, amount in income)
    codes = [account.code for account in (*INCOME_ACCOUNTS.values(), chart.VAT_OUTPUT)]
    written = sorted(entry.lines.filter(account__code__in=codes).values_list("account__code", "amount"))
    if entry.reference != reference or written != wanted:
        raise IdempotencyConflict(key=entry.idempotency_key)


def _payer_of(reference: str) -> User | None:
    intent = (
        PaymentIntent.objects.filter(reference=reference)
        .select_related("payer")
        .order_by("created_at")
        .first()
    )
    return intent.payer if intent else None
