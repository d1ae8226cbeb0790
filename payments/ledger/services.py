"""Posting: the only way money moves."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from payments.ledger.chart import Account
from payments.ledger.enums import EntryKind
from payments.ledger.errors import AccountOverdrawn, EntryConflict, EntryRefused
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.money import Dong

Line = tuple[Account, Dong]

MIN_LINES = 2
GUARD = "ledger_account_guarded"


def post(
    *,
    kind: EntryKind,
    key: str,
    reference: str,
    lines: Sequence[Line],
    by: Actor,
    occurred_at: datetime | None = None,
) -> LedgerEntry:
    """Write one entry; debits are positive. A repeat with the same key and lines returns the first entry.

    Locks the guarded accounts in primary-key order. Runs in the caller's transaction if there is one.

    Raises:
        EntryRefused: fewer than two lines, a zero amount, or the lines do not add up to zero.
        EntryConflict: the key belongs to an entry with other lines.
        AccountOverdrawn: a guarded account would fall below its limit.
    """
    amounts = [amount for _, amount in lines]
    if len(lines) < MIN_LINES or 0 in amounts or sum(amounts) != 0:
        raise EntryRefused(key=key)
    with transaction.atomic():
        before = LedgerEntry.objects.filter(idempotency_key=key).first()
        if before is not None:
            return _same_or_conflict(before, kind, reference, lines)
        rows = lock_accounts([account for account, _ in lines])
        try:
            with transaction.atomic():
                return _write(kind, key, reference, lines, rows, occurred_at, by)
        except IntegrityError as error:
            constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
            if constraint == GUARD:
                raise AccountOverdrawn(key=key) from error
            twin = LedgerEntry.objects.filter(idempotency_key=key).first()
            if twin is None:
                raise
            return _same_or_conflict(twin, kind, reference, lines)


def reverse(*, entry: LedgerEntry, key: str, by: Actor) -> LedgerEntry:
    """Write the mirror image of an entry; an entry is reversed at most once."""
    lines = [(line.account, -line.amount) for line in entry.lines.select_related("account").order_by("pk")]
    with transaction.atomic():
        before = LedgerEntry.objects.filter(reverses=entry).first()
        if before is not None:
            return before
        rows = {account.code: account for account, _ in lines}
        locks.lock(LedgerAccount.objects.filter(pk__in=[row.pk for row in rows.values()], tracked=True))
        mirror = LedgerEntry.objects.create(
            kind=EntryKind.REVERSAL,
            idempotency_key=key,
            reference=entry.reference,
            reverses=entry,
            occurred_at=clock.now(),
            actor_kind=by.kind,
            actor_ref=by.ref,
        )
        LedgerLine.objects.bulk_create(
            [LedgerLine(entry=mirror, account=account, amount=amount) for account, amount in lines]
        )
        return mirror


def lock_accounts(accounts: Iterable[Account]) -> dict[str, LedgerAccount]:
    """Open the accounts that are missing, lock the guarded ones in primary-key order, return all by code.

    The balances returned are those under the lock. Must run inside a transaction.
    """
    wanted = {account.code: account for account in accounts}
    found = {row.code: row for row in LedgerAccount.objects.filter(code__in=wanted)}
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        # Sorted, so that two writers that open the same accounts wait for each other in one order.
        LedgerAccount.objects.bulk_create(
            [
                LedgerAccount(
                    code=code,
                    kind=wanted[code].kind,
                    owner_ref=wanted[code].owner_ref,
                    tracked=wanted[code].tracked,
                )
                for code in missing
            ],
            ignore_conflicts=True,
        )
        found = {row.code: row for row in LedgerAccount.objects.filter(code__in=wanted)}
    guarded = LedgerAccount.objects.filter(code__in=wanted, tracked=True)
    return found | {row.code: row for row in locks.lock(guarded)}


def _write(
    kind: EntryKind,
    key: str,
    reference: str,
    lines: Sequence[Line],
    rows: dict[str, LedgerAccount],
    occurred_at: datetime | None,
    by: Actor,
) -> LedgerEntry:
    entry = LedgerEntry.objects.create(
        kind=kind,
        idempotency_key=key,
        reference=reference,
        occurred_at=occurred_at or clock.now(),
        actor_kind=by.kind,
        actor_ref=by.ref,
    )
    LedgerLine.objects.bulk_create(
        [LedgerLine(entry=entry, account=rows[account.code], amount=amount) for account, amount in lines]
    )
    return entry


def _same_or_conflict(
    entry: LedgerEntry, kind: EntryKind, reference: str, lines: Sequence[Line]
) -> LedgerEntry:
    written = sorted(entry.lines.values_list("account__code", "amount"))
    wanted = sorted((account.code, amount) for account, amount in lines)
    if (entry.kind, entry.reference, written) != (kind, reference, wanted):
        raise EntryConflict(key=entry.idempotency_key)
    return entry
