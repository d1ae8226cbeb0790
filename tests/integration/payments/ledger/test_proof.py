"""The nightly recount, and random histories that it must always find whole."""

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.ledger import chart, selectors, services
from payments.ledger.enums import EntryKind
from payments.ledger.errors import AccountOverdrawn
from payments.ledger.models import LedgerAccount
from payments.reconciliation import tasks
from voltgo.core.actors import SYSTEM

ACCOUNTS = [
    chart.psp_clearing("vnpay"),
    chart.customer_prepaid("booking:A"),
    chart.deposit_liability("booking:A"),
    chart.receivable("U-A"),
    chart.REVENUE_RENTAL,
    chart.VAT_OUTPUT,
]
MOVES = st.lists(
    st.tuples(
        st.sampled_from(range(len(ACCOUNTS))),
        st.sampled_from(range(len(ACCOUNTS))),
        st.integers(min_value=1, max_value=5_000_000),
    ),
    max_size=12,
)


class _Undo(Exception):
    pass


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOVES)
def test_after_any_moves_balances_are_the_sum_of_their_lines_and_all_lines_sum_to_zero(
    moves: list[tuple[int, int, int]],
) -> None:
    expected = dict.fromkeys((account.code for account in ACCOUNTS), 0)
    try:
        with transaction.atomic():
            for number, (source, target, amount) in enumerate(moves):
                if source != target and _moved(number, ACCOUNTS[target], ACCOUNTS[source], amount):
                    expected[ACCOUNTS[target].code] += amount
                    expected[ACCOUNTS[source].code] -= amount
            assert selectors.prove().problems == []
            for account in ACCOUNTS:
                sign = 1 if account.kind in {"asset", "expense"} else -1
                balance = selectors.balance(account)
                assert balance == sign * expected[account.code]
                assert not account.tracked or balance >= 0
            raise _Undo
    except _Undo:
        pass


def _moved(number: int, debit: chart.Account, credit: chart.Account, amount: int) -> bool:
    try:
        services.post(
            kind=EntryKind.PAYMENT,
            key=f"move:{number}",
            reference="booking:A",
            lines=[(debit, amount), (credit, -amount)],
            by=SYSTEM,
        )
    except AccountOverdrawn:
        return False
    return True


def test_the_recount_finds_a_balance_that_somebody_forged(caplog: pytest.LogCaptureFixture) -> None:
    prepaid = chart.customer_prepaid("booking:A")
    services.post(
        kind=EntryKind.PAYMENT,
        key="paid:1",
        reference="booking:A",
        lines=[(chart.SUSPENSE, 500), (prepaid, -500)],
        by=SYSTEM,
    )
    assert tasks.prove_ledger()
    with connection.cursor() as cursor:
        # A superuser who switches the triggers off.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_ledgeraccount SET balance = 400 WHERE code = %s", [prepaid.code])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert selectors.prove().problems == [
        "account customer_prepaid:booking:A says 400, its lines say 500",
    ]
    assert not tasks.prove_ledger()
    assert "ALERT ledger: account customer_prepaid:booking:A" in caplog.text
    assert LedgerAccount.objects.get(code=prepaid.code).balance == 400


def test_an_empty_ledger_holds() -> None:
    assert selectors.prove() == selectors.Proof(0, 0, [])
