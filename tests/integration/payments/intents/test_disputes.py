"""Payers' banks that take money back: every order of what the provider says ends the same."""

from itertools import permutations, product

import pytest

from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.gateways.base import FactKind, FactResult, ProviderFact
from payments.intents import selectors, services
from payments.intents.enums import ChargebackState, IntentState, RefundState
from payments.intents.models import Chargeback, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.payments import RENT, make_paid_intent
from tests.factories.ways_back import OPERATOR, give_back
from voltgo.core.actors import SYSTEM

PAID = 4_200_000
OPENED, WON, LOST = FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST


@pytest.fixture
def paid(payer: User) -> PaymentIntent:
    return make_paid_intent(payer=payer)


def tell(intent: PaymentIntent, kind: FactKind, *, ref: str = "dp_1", amount: int = PAID) -> FactResult:
    payment = intent.payments.get()
    return services.apply_fact(
        ProviderFact(payment.provider, kind, payment.merchant_ref, ref, amount=amount, code="fraudulent")
    )


def books(payer: User) -> tuple[int, int, int]:
    """Return what the provider has for us, what lies in the reserve, and what the payer owes."""
    return (
        ledger.balance(chart.psp_clearing("vnpay")),
        ledger.balance(chart.DISPUTE_RESERVE),
        selectors.debt_of(payer),
    )


def test_an_opened_dispute_moves_the_money_into_the_reserve(paid: PaymentIntent, payer: User) -> None:
    assert [tell(paid, OPENED).outcome.value for _ in range(2)] == ["recorded", "repeated"]
    assert books(payer) == (0, PAID, 0)
    paid.refresh_from_db()
    assert paid.state == IntentState.CHARGED_BACK
    case = MoneyCase.objects.get()
    assert (case.kind, case.reference, case.amount) == ("chargeback", paid.reference, PAID)


@pytest.mark.parametrize(
    ("verdict", "state", "expected", "intent_state"),
    [
        (WON, ChargebackState.WON, (PAID, 0, 0), IntentState.SUCCEEDED),
        (LOST, ChargebackState.LOST, (0, 0, PAID), IntentState.CHARGED_BACK),
    ],
)
def test_opening_and_verdict_end_the_same_in_any_order_and_number(
    payer: User, verdict: FactKind, state: str, expected: tuple[int, int, int], intent_state: str
) -> None:
    intent = make_paid_intent(payer=payer)
    for index, order in enumerate(sorted(set(permutations([OPENED, verdict, OPENED, verdict])))):
        ref = f"dp_{index}"
        before = books(payer)
        for kind in order:
            tell(intent, kind, ref=ref, amount=1_000)
        share = tuple(value * 1_000 // PAID if value else 0 for value in expected)
        change = tuple(after - was for was, after in zip(before, books(payer), strict=True))
        assert change == ((share[0] - 1_000 if verdict is WON else -1_000), 0, share[2])
        assert Chargeback.objects.get(provider_ref=ref).state == state
        intent.refresh_from_db()
        assert intent.state == intent_state
    assert ledger.prove().holds


def test_won_is_final_whatever_order_the_verdicts_come_in(payer: User) -> None:
    intent = make_paid_intent(payer=payer)
    orders = [order for order in product([OPENED, WON, LOST], repeat=3) if WON in order]
    for index, order in enumerate(orders):
        for kind in order:
            tell(intent, kind, ref=f"dp_{index}", amount=1_000)
        assert books(payer) == (PAID, 0, 0), order
        intent.refresh_from_db()
        assert intent.state == IntentState.SUCCEEDED


def test_a_won_dispute_of_a_partly_refunded_payment_is_partly_refunded(
    paid: PaymentIntent, payer: User
) -> None:
    refund = give_back(paid, 200_000)
    services.apply_fact(
        ProviderFact("vnpay", FactKind.REFUND_SUCCEEDED, refund.request_id, "r1", amount=200_000)
    )
    tell(paid, OPENED, amount=4_000_000)
    tell(paid, WON, amount=4_000_000)
    paid.refresh_from_db()
    assert paid.state == IntentState.PARTLY_REFUNDED


def test_a_refund_of_disputed_money_waits_for_a_person(paid: PaymentIntent, payer: User) -> None:
    """The bank has taken it: who sends it back as well pays twice."""
    tell(paid, OPENED)
    refund = give_back(paid, RENT, by=SYSTEM)
    assert refund.state == RefundState.REQUESTED
    services.reject_refund(refund=refund, by=OPERATOR, reason="the bank has returned it")
    assert selectors.balance_of(paid.reference).prepaid == RENT
    tell(paid, WON)
    assert give_back(paid, RENT, by=SYSTEM).state == RefundState.APPROVED


def test_a_refund_that_arrives_while_the_dispute_runs_leaves_it_open(
    paid: PaymentIntent, payer: User
) -> None:
    refund = give_back(paid, RENT)
    tell(paid, OPENED, amount=PAID)
    services.apply_fact(
        ProviderFact("vnpay", FactKind.REFUND_SUCCEEDED, refund.request_id, "r1", amount=RENT)
    )
    paid.refresh_from_db()
    assert paid.state == IntentState.CHARGED_BACK
    assert Refund.objects.get().state == RefundState.SUCCEEDED
    # Both stand in the books, and a person is told.
    assert books(payer)[0] == -RENT
    assert MoneyCase.objects.filter(key__startswith="refund-disputed:").count() == 1


def test_a_dispute_of_nothing_we_know_writes_nothing(paid: PaymentIntent) -> None:
    entries = LedgerEntry.objects.count()
    fact = ProviderFact("vnpay", OPENED, "nobody", "dp_9", amount=1_000)
    assert services.apply_fact(fact).outcome.value == "unknown_reference"
    assert LedgerEntry.objects.count() == entries
    assert not Chargeback.objects.exists()
    assert MoneyCase.objects.get().kind == "unknown_money"
