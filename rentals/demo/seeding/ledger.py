"""The ledger entries of the trips: the same accounts and keys as the payment services use, so that the proof holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from accounts.access.actors import renter_actor
from payments.intents.services.revenue import INCOME_ACCOUNTS
from payments.ledger import chart
from payments.ledger.chart import Account
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from payments.ledger.services import lock_accounts
from rentals.demo.seeding.bulk import copy_rows, reserve_ids
from rentals.demo.seeding.money import MOMENT, PROVIDER, PROVIDER_ACTOR, Money
from rentals.demo.seeding.trip import Ending
from voltgo.core.actors import SYSTEM, Actor

ENTRY_COLUMNS = (
    "id", "kind", "idempotency_key", "reference", "occurred_at", "posted_at", "actor_kind", "actor_ref",
)  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One ledger entry before it has a key."""

    kind: str
    key: str
    reference: str
    at: datetime
    by: Actor
    lines: list[tuple[Account, int]]


def write_ledger(moneys: Iterable[Money]) -> int:
    """Write the entries in the order of time; return how many. The database checks each at commit."""
    entries = sorted((entry for money in moneys for entry in _entries(money)), key=attrgetter("at"))
    ids = _open_accounts(entries)
    keys = reserve_ids(LedgerEntry, len(entries))
    copy_rows(
        LedgerEntry,
        ENTRY_COLUMNS,
        (
            (
                pk,
                entry.kind,
                entry.key,
                entry.reference,
                entry.at,
                entry.at,
                entry.by.kind.value,
                entry.by.ref,
            )
            for pk, entry in zip(keys, entries, strict=True)
        ),
    )
    copy_rows(
        LedgerLine,
        ("entry_id", "account_id", "amount"),
        (
            (pk, ids[account.code], amount)
            for pk, entry in zip(keys, entries, strict=True)
            for account, amount in entry.lines
            if amount
        ),
    )
    return len(entries)


def _open_accounts(entries: Sequence[Entry]) -> dict[str, int]:
    """Open the accounts that the entries need; return {code: key}."""
    wanted = {account.code: account for entry in entries for account, _ in entry.lines}
    shared = lock_accounts(account for account in wanted.values() if not account.tracked)
    own = [account for account in wanted.values() if account.tracked]
    keys = reserve_ids(LedgerAccount, len(own))
    copy_rows(
        LedgerAccount,
        ("id", "code", "kind", "owner_ref", "tracked"),
        (
            (pk, account.code, account.kind.value, account.owner_ref, True)
            for pk, account in zip(keys, own, strict=True)
        ),
    )
    return {account.code: pk for pk, account in zip(keys, own, strict=True)} | {
        code: row.pk for code, row in shared.items()
    }


def _entries(money: Money) -> Iterator[Entry]:
    """Yield what the services post: payment, captures, revenue, refund, and its arrival."""
    if not money.is_paid:
        return
    trip, reference = money.trip, money.trip.reference
    if not trip.is_detailed:
        yield from _taken_over(money)
        return
    prepaid, deposit = chart.customer_prepaid(reference), chart.deposit_liability(reference)
    clearing, leaving = chart.psp_clearing(PROVIDER), chart.refund_clearing(PROVIDER)
    yield Entry(
        EntryKind.PAYMENT.value,
        f"{PROVIDER}:paid:{money.provider_ref}",
        reference,
        trip.paid_at,
        PROVIDER_ACTOR,
        [(clearing, money.amount), (prepaid, -trip.prepaid), (deposit, -trip.deposit)],
    )
    ended_at = trip.closed_at or trip.ended_at
    if ended_at is None:
        return
    by = money.refund.by if money.refund else renter_actor(trip.renter.user)
    for position, amount in money.captures:
        key = f"capture:settlement:{trip.code}:{position}"
        lines = [(deposit, amount), (prepaid, -amount)]
        yield Entry(EntryKind.DEPOSIT_CAPTURE.value, key, reference, ended_at, by, lines)
    if money.revenue:
        name = "settlement" if trip.ending is Ending.CLOSED else "cancel-fee"
        yield Entry(
            EntryKind.REVENUE.value,
            f"revenue:{name}:{trip.code}",
            reference,
            ended_at + MOMENT,
            by,
            _revenue_lines(money.revenue, prepaid),
        )
    if money.refund is not None:
        back = money.refund
        lines = [(prepaid, back.prepayment), (deposit, back.deposit), (leaving, -back.amount)]
        yield Entry(EntryKind.REFUND.value, f"refund:{back.id}", reference, ended_at + 2 * MOMENT, by, lines)
        lines = [(leaving, back.amount), (clearing, -back.amount)]
        yield Entry(
            EntryKind.REFUND_SETTLED.value,
            f"refund-settled:{back.id}",
            reference,
            back.arrived_at,
            PROVIDER_ACTOR,
            lines,
        )


def _taken_over(money: Money) -> Iterator[Entry]:
    """Yield the one entry of an old trip: what was earned is still with the provider.

    The history before the last two weeks is booked like one that is taken over from another ledger: money
    that came and went back, such as deposits, leaves no line.
    """
    ended_at = money.trip.closed_at or money.trip.ended_at
    if money.revenue and ended_at is not None:
        yield Entry(
            EntryKind.REVENUE.value,
            f"revenue:taken-over:{money.trip.code}",
            money.trip.reference,
            ended_at,
            SYSTEM,
            _revenue_lines(money.revenue, chart.psp_clearing(PROVIDER)),
        )


def _revenue_lines(revenue: Iterable[tuple[str, int, int]], source: Account) -> list[tuple[Account, int]]:
    sums: defaultdict[str, int] = defaultdict(int)
    all_vat = 0
    for kind, net, vat in revenue:
        sums[kind] += net
        all_vat += vat
    income = [(INCOME_ACCOUNTS[kind], -amount) for kind, amount in sums.items()]
    return [(source, sum(sums.values()) + all_vat), *income, (chart.VAT_OUTPUT, -all_vat)]
