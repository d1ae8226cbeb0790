"""What payOS tells and what the bank's statement tells of it are one and the same money."""

from collections.abc import Iterator

import pytest

from payments.gateways.base import Incoming
from payments.gateways.sandbox.notifier import Mishap
from payments.intents.enums import IntentState
from payments.intents.models import Payment, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.reconciliation import services as reconciliation
from payments.webhooks import services as webhooks
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent
from tests.fakes.payos import PayOSSandbox, begin, code_of, running_payos
from voltgo.core.actors import SYSTEM

AMOUNT = RENT + DEPOSIT


@pytest.fixture
def intent() -> PaymentIntent:
    return make_intent(payer=make_user(full_name="Nguyễn Minh Anh"))


@pytest.fixture
def payos() -> Iterator[PayOSSandbox]:
    with running_payos() as running:
        yield running


def notify(payos: PayOSSandbox, reference: str) -> int:
    outgoing = payos.callback(reference, {}, Mishap())
    assert outgoing is not None
    return webhooks.receive(
        provider="payos", message=Incoming(body=outgoing.body), address="127.0.0.1"
    ).status_code


def balances() -> tuple[int, int, int]:
    """Return what lies at payOS, prepaid, and as deposit, in dong."""
    return (
        ledger.balance(chart.psp_clearing("payos")),
        ledger.balance(chart.customer_prepaid(REFERENCE)),
        ledger.balance(chart.deposit_liability(REFERENCE)),
    )


def import_statement(payos: PayOSSandbox) -> dict[str, int]:
    content = payos.statement(payos.store.today())
    reconciliation.import_statement(name="statement.csv", content=content, by=SYSTEM)
    return reconciliation.settle_bank_lines()


def test_the_statement_and_payos_tell_of_the_same_money(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    notify(payos, payos.pay(code_of(intent))["reference"])

    assert import_statement(payos) == {"booked": 1, "suspense": 0}

    assert (Payment.objects.count(), ledger.balance(chart.BANK)) == (1, AMOUNT)
    assert balances() == (0, RENT, DEPOSIT)


def test_a_notification_after_the_statement_says_nothing_new(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    begin(intent)
    row = payos.pay(code_of(intent))
    payos.control.http_status = 503
    assert import_statement(payos) == {"booked": 1, "suspense": 0}
    payos.control.http_status = 0

    assert notify(payos, row["reference"]) == 200

    assert (Payment.objects.count(), ledger.balance(chart.BANK)) == (1, AMOUNT)
    assert balances() == (0, RENT, DEPOSIT)
    assert not Refund.objects.exists()


def test_a_broken_memo_and_two_equal_transfers_are_both_booked_from_the_statement(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    told = begin(intent)
    for _ in range(2):
        payos.answer("POST", f"/web/{told.session_ref}", {}, b"outcome=garbled")

    assert import_statement(payos) == {"booked": 2, "suspense": 0}

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert sorted(Payment.objects.values_list("surplus_amount", flat=True)) == [0, AMOUNT]
    assert Refund.objects.get().amount == AMOUNT
    assert import_statement(payos) == {"booked": 0, "suspense": 0}
