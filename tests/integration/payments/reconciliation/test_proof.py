"""The nightly proof: documents and ledger say the same, or a case says where they do not."""

import pytest
from django.db import connection

from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from payments.intents import services as intents
from payments.intents.models import Deposit, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.reconciliation import proof, tasks
from tests.factories.accounts import make_user
from tests.factories.payments import REFERENCE, make_paid_intent
from voltgo.core.actors import SYSTEM


@pytest.fixture
def paid() -> PaymentIntent:
    return make_paid_intent(payer=make_user())


def refund(amount: int = 200_000, deposit: int = 0) -> Refund:
    return intents.refund(
        reference=REFERENCE, prepayment_amount=amount, deposit_amount=deposit, reason="cancellation",
        idempotency_key=f"r{amount}", by=SYSTEM,
    )  # fmt: skip


def unguarded(statement: str) -> None:
    """Do what only a superuser with the triggers switched off can do."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_paid_captured_and_refunded_money_agrees_with_the_ledger(paid: PaymentIntent) -> None:
    refund()
    refund(0 + 1, deposit=500_000)
    intents.capture_deposit(
        reference=REFERENCE, amount=300_000, settlement_line="damage", idempotency_key="c", by=SYSTEM
    )

    assert proof.prove_books().problems == []
    assert tasks.prove_ledger()
    assert not MoneyCase.objects.exists()


def test_a_deposit_that_somebody_changed_is_a_case_until_it_agrees_again(
    paid: PaymentIntent, caplog: pytest.LogCaptureFixture
) -> None:
    Deposit.objects.update(captured=100_000)

    assert not tasks.prove_ledger()
    assert not tasks.prove_ledger()

    case = MoneyCase.objects.get()
    assert (case.kind, case.state) == (CaseKind.LEDGER, CaseState.OPEN)
    assert case.details == {
        "problem": f"deposits held, {REFERENCE}: the ledger says 3000000, documents say 2900000"
    }
    assert "ALERT ledger: deposits held" in caplog.text
    Deposit.objects.update(captured=0)
    assert tasks.prove_ledger()
    assert MoneyCase.objects.get().state == CaseState.RESOLVED


def test_a_refund_that_disappeared_and_a_payment_that_grew_are_found(paid: PaymentIntent) -> None:
    row = refund()
    unguarded(f"UPDATE payments_refund SET state = 'rejected' WHERE id = '{row.pk}'")
    unguarded("UPDATE payments_payment SET amount = amount + 1, prepayment_amount = prepayment_amount + 1")

    assert [problem.split(":")[0] for problem in proof.prove_books().problems] == [
        "refunds on their way, vnpay",
        f"money received, {REFERENCE.split(':')[0]}",
        f"money promised back, {REFERENCE.split(':')[0]}",
        "money with vnpay",
    ]


def test_lines_that_do_not_add_up_to_zero_are_found(paid: PaymentIntent) -> None:
    first = "(SELECT min(id) FROM payments_ledgerline)"
    unguarded(f"UPDATE payments_ledgerline SET amount = amount + 7 WHERE id = {first}")

    problems = proof.prove_books().problems

    unguarded(f"UPDATE payments_ledgerline SET amount = amount - 7 WHERE id = {first}")
    assert "all lines together come to 7" in problems


def test_cash_that_lies_in_no_session_is_found() -> None:
    ledger.post(
        kind=EntryKind.CASH_FLOAT, key="f", reference="cash:X",
        lines=[(chart.cash_drawer("X"), 500_000), (chart.CASH_FLOATS, -500_000)], by=SYSTEM,
    )  # fmt: skip

    assert proof.prove_books().problems == ["cash in drawers, X: the ledger says 500000, documents say 0"]
