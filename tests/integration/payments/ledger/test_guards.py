"""What the database itself refuses, whoever asks: the ledger is append-only, balanced and closed."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction

from payments.intents.models import Payment
from payments.ledger import chart, services
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from tests.factories.accounts import make_user
from tests.factories.payments import make_paid_intent
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

CLEARING = chart.psp_clearing("vnpay")
DEPOSIT = chart.deposit_liability("booking:VG-7K2M4Q")


@pytest.fixture
def entry() -> LedgerEntry:
    return services.post(
        kind=EntryKind.PAYMENT,
        key="paid:1",
        reference="booking:VG-7K2M4Q",
        lines=[(CLEARING, 1_000_000), (DEPOSIT, -1_000_000)],
        by=SYSTEM,
    )


def refused(action: Callable[[], object], words: str) -> None:
    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        action()


def sql(text: str) -> Callable[[], object]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(text)

    return run


def check_deferred() -> None:
    sql("SET CONSTRAINTS ALL IMMEDIATE")()
    sql("SET CONSTRAINTS ALL DEFERRED")()


def bare_entry(key: str) -> LedgerEntry:
    return LedgerEntry.objects.create(
        kind=EntryKind.PAYMENT, idempotency_key=key, occurred_at=clock.now(), actor_kind="system"
    )


@pytest.mark.parametrize("table", ["payments_ledgerentry", "payments_ledgerline"])
def test_entries_and_lines_are_neither_changed_nor_deleted(entry: LedgerEntry, table: str) -> None:
    column = "reference" if table == "payments_ledgerentry" else "amount"
    refused(sql(f"UPDATE {table} SET {column} = {column}"), "append-only: UPDATE refused")
    refused(sql(f"DELETE FROM {table}"), "append-only: DELETE refused")
    assert LedgerLine.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "table", ["payments_ledgerentry", "payments_ledgerline", "payments_ledgeraccount", "payments_payment"]
)
def test_tables_of_money_are_not_truncated_where_it_matters(entry: LedgerEntry, table: str) -> None:
    def truncate() -> None:
        sql("SET LOCAL voltgo.allow_truncate = 'off'")()
        sql(f"TRUNCATE {table} CASCADE")()

    refused(truncate, "append-only: TRUNCATE refused")
    assert LedgerLine.objects.count() == 2


def test_received_money_is_neither_changed_nor_deleted() -> None:
    intent = make_paid_intent(payer=make_user())
    refused(lambda: intent.payments.update(amount=1), "append-only: UPDATE refused")
    refused(sql("DELETE FROM payments_payment"), "append-only: DELETE refused")
    assert Payment.objects.get().amount == 4_200_000


def test_an_entry_without_lines_is_refused_at_commit() -> None:
    def write() -> None:
        bare_entry("empty")
        check_deferred()

    refused(write, "needs at least 2")
    assert not LedgerEntry.objects.exists()


def test_an_unbalanced_entry_is_refused_at_commit(entry: LedgerEntry) -> None:
    account = LedgerAccount.objects.get(code=CLEARING.code)

    def write() -> None:
        bad = bare_entry("bad")
        LedgerLine.objects.create(entry=bad, account=account, amount=100)
        LedgerLine.objects.create(entry=bad, account=account, amount=-99)
        check_deferred()

    refused(write, "out of balance by 1")
    assert LedgerEntry.objects.count() == 1


def test_a_zero_line_is_refused(entry: LedgerEntry) -> None:
    account = LedgerAccount.objects.get(code=CLEARING.code)
    refused(lambda: LedgerLine.objects.create(entry=entry, account=account, amount=0), "ledger_line_not_zero")


def test_a_guarded_account_never_goes_below_its_limit(entry: LedgerEntry) -> None:
    accounts = {account.code: account for account in LedgerAccount.objects.all()}

    def write() -> None:
        row = bare_entry("too-much")
        LedgerLine.objects.create(entry=row, account=accounts[DEPOSIT.code], amount=1_000_001)

    refused(write, "ledger_account_guarded")
    accounts[DEPOSIT.code].refresh_from_db()
    assert accounts[DEPOSIT.code].balance == 1_000_000


def test_a_balance_follows_its_lines_and_nothing_else(entry: LedgerEntry) -> None:
    refused(sql("UPDATE payments_ledgeraccount SET balance = balance + 1 WHERE tracked"), "only by its lines")
    refused(sql("UPDATE payments_ledgeraccount SET kind = 'asset' WHERE tracked"), "only by its lines")
    refused(sql("UPDATE payments_ledgeraccount SET tracked = false, balance = 0"), "only by its lines")
    refused(sql("DELETE FROM payments_ledgeraccount"), "append-only: DELETE refused")


def test_an_account_opens_empty() -> None:
    refused(
        lambda: LedgerAccount.objects.create(code="free-money", kind="liability", tracked=True, balance=5),
        "must open empty",
    )


def test_an_entry_is_reversed_at_most_once(entry: LedgerEntry) -> None:
    services.reverse(entry=entry, key="undo:1", by=SYSTEM)

    def write() -> None:
        LedgerEntry.objects.create(
            kind=EntryKind.REVERSAL,
            idempotency_key="undo:2",
            reverses=entry,
            occurred_at=clock.now(),
            actor_kind="system",
        )

    refused(write, "unique")


@pytest.mark.django_db(transaction=True)
def test_no_line_joins_an_entry_of_an_earlier_transaction(entry: LedgerEntry) -> None:
    account = LedgerAccount.objects.get(code=CLEARING.code)

    def write() -> None:
        LedgerLine.objects.create(entry=entry, account=account, amount=500)
        LedgerLine.objects.create(entry=entry, account=account, amount=-500)

    refused(write, "is closed")
    assert LedgerLine.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_unbalanced_entry_fails_the_commit_itself() -> None:
    def write() -> None:
        row = bare_entry("bad")
        account = LedgerAccount.objects.create(code="a", kind="asset")
        LedgerLine.objects.create(entry=row, account=account, amount=5)
        LedgerLine.objects.create(entry=row, account=account, amount=6)

    refused(write, "out of balance by 11")
    assert not LedgerEntry.objects.exists()
