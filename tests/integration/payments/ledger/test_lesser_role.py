"""The application's role in production: it works, and cannot change what is history."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.users.models import User
from payments.intents import services as intents
from payments.ledger import restricting
from payments.ledger.models import LedgerLine
from tests.factories.accounts import make_user
from tests.factories.payments import REFERENCE, make_paid_intent
from voltgo.core.actors import SYSTEM

ROLE = "voltgo_lesser_test"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def payer() -> User:
    return make_user()


@pytest.fixture
def lesser() -> None:
    """A role that owns nothing; it ends with the test's transaction, as do its rights."""
    run(f"CREATE ROLE {ROLE}")
    call_command("restrict_ledger", role=ROLE, stdout=io.StringIO())


@contextmanager
def as_lesser() -> Iterator[None]:
    run(f"SET LOCAL ROLE {ROLE}")
    yield
    run("RESET ROLE")


def test_the_lesser_role_takes_money_and_gives_it_back(lesser: None, payer: User) -> None:
    with as_lesser():
        make_paid_intent(payer=payer)
        intents.refund(
            reference=REFERENCE, prepayment_amount=200_000, deposit_amount=100_000, reason="cancellation",
            idempotency_key="r", by=SYSTEM,
        )  # fmt: skip
        run("SET CONSTRAINTS ALL IMMEDIATE")

    assert LedgerLine.objects.count() == 6


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_ledgerline SET amount = 1",
        "DELETE FROM payments_ledgerentry",
        "TRUNCATE payments_ledgerline CASCADE",
        "UPDATE payments_ledgeraccount SET code = 'x'",
        "DELETE FROM payments_ledgeraccount",
        "UPDATE payments_payment SET amount = 1",
        "UPDATE payments_reconciliationitem SET status = 'matched'",
        "DELETE FROM payments_bankline",
        "DELETE FROM core_auditevent",
        "ALTER TABLE payments_ledgerline DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP TRIGGER ledger_line_append_only ON payments_ledgerline",
    ],
)
def test_the_lesser_role_cannot_change_history(lesser: None, payer: User, statement: str) -> None:
    make_paid_intent(payer=payer)
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
        as_lesser(),
    ):
        run(statement)


def test_a_balance_follows_its_lines_alone_for_the_lesser_role_too(lesser: None, payer: User) -> None:
    make_paid_intent(payer=payer)
    with pytest.raises(DatabaseError, match="changes only by its lines"), transaction.atomic(), as_lesser():
        run("UPDATE payments_ledgeraccount SET balance = 0 WHERE tracked")


@pytest.mark.parametrize(
    "role", ["x; DROP TABLE payments_payment", "Robert'); --", "", "nobody_of_this_name"]
)
def test_only_plain_names_of_roles_that_exist_are_taken(role: str) -> None:
    with pytest.raises(CommandError):
        call_command("restrict_ledger", role=role, stdout=io.StringIO())


def test_the_statements_can_be_looked_at_first() -> None:
    out = io.StringIO()

    call_command("restrict_ledger", role=ROLE, show=True, stdout=out)

    assert f"REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER ON payments_ledgerline FROM {ROLE};" in out.getvalue()
    kept = {row.table for row in restricting.guarded_tables() if row.is_append_only}
    assert {"payments_ledgerentry", "payments_ledgerline", "payments_payment", "core_auditevent"} <= kept
