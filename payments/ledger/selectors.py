"""Reading balances, and proving that they are right."""

from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Sum

from payments.ledger.chart import Account, receivable
from payments.ledger.models import LedgerAccount, LedgerLine
from voltgo.core.money import Dong


def balance(account: Account) -> Dong:
    """Return the balance of an account in its natural direction; 0 for one never used."""
    row = LedgerAccount.objects.filter(code=account.code).first()
    if row is None:
        return 0
    if row.tracked:
        stored: Dong = row.balance
        return stored
    total: Dong | None = LedgerLine.objects.filter(account=row).aggregate(total=Sum("amount"))["total"]
    return row.sign * (total or 0)


def debt_of_reference(*, user_ref: str, reference: str) -> Dong:
    """Return what a person owes for one reference."""
    lines = LedgerLine.objects.filter(account__code=receivable(user_ref).code, entry__reference=reference)
    return lines.aggregate(total=Sum("amount"))["total"] or 0


@dataclass(frozen=True, slots=True)
class Proof:
    """What a full recount of the ledger found."""

    entries: int
    lines: int
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.problems


_COUNT = "SELECT (SELECT count(*) FROM payments_ledgerentry), (SELECT count(*) FROM payments_ledgerline)"
_TOTAL = "SELECT coalesce(sum(amount), 0) FROM payments_ledgerline"
_ENTRIES = """
SELECT e.id, count(l.id), coalesce(sum(l.amount), 0)
FROM payments_ledgerentry e LEFT JOIN payments_ledgerline l ON l.entry_id = e.id
GROUP BY e.id HAVING count(l.id) < 2 OR coalesce(sum(l.amount), 0) <> 0
ORDER BY e.id LIMIT 50
"""
_BALANCES = """
SELECT a.code, a.balance,
       coalesce(sum(l.amount), 0) * CASE WHEN a.kind IN ('asset', 'expense') THEN 1 ELSE -1 END
FROM payments_ledgeraccount a LEFT JOIN payments_ledgerline l ON l.account_id = a.id
WHERE a.tracked
GROUP BY a.id
HAVING a.balance <> coalesce(sum(l.amount), 0) * CASE WHEN a.kind IN ('asset', 'expense') THEN 1 ELSE -1 END
ORDER BY a.code LIMIT 50
"""


def prove() -> Proof:
    """Recount every entry and every guarded balance from the lines alone."""
    problems: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        entries, lines = cursor.fetchone()
        cursor.execute(_TOTAL)
        total = cursor.fetchone()[0]
        if total:
            problems.append(f"all lines together come to {total}")
        cursor.execute(_ENTRIES)
        problems += [
            f"entry {entry} has {count} lines that sum to {total}"
            for entry, count, total in cursor.fetchall()
        ]
        cursor.execute(_BALANCES)
        problems += [
            f"account {code} says {said}, its lines say {counted}"
            for code, said, counted in cursor.fetchall()
        ]
    return Proof(entries, lines, problems)
