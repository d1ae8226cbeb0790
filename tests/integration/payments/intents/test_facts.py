"""What the provider says, in every order and number: one ledger entry, one final state."""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.users.models import User
from payments.gateways.base import FactKind, FactOutcome, ProviderFact
from payments.intents import selectors, services, signals
from payments.intents.enums import AttemptOutcome, DepositState, IntentState, RefundReason, RefundState
from payments.intents.models import Deposit, Payment, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry, LedgerLine
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, fact_of, make_intent, make_paid_intent, start
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.errors import IllegalTransition, NotAllowed

OPERATOR = Actor(ActorKind.OPERATOR, "U-OPER", "Thu Hà")


@pytest.fixture
def intent(payer: User) -> PaymentIntent:
    row = make_intent(payer=payer)
    start(row)
    return row


@pytest.fixture
def news() -> Iterator[list[tuple[str, Any]]]:
    """Collects (signal, late or None) of every message sent."""
    heard: list[tuple[str, Any]] = []

    def on_success(sender: Any, intent: PaymentIntent, late: bool, **_kwargs: Any) -> None:
        heard.append(("succeeded", late))

    def on_failure(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
        heard.append(("failed", None))

    signals.payment_succeeded.connect(on_success)
    signals.payment_failed.connect(on_failure)
    yield heard
    signals.payment_succeeded.disconnect(on_success)
    signals.payment_failed.disconnect(on_failure)


def outcome(fact: ProviderFact) -> str:
    return services.apply_fact(fact).outcome.value


def nothing_was_written() -> bool:
    return not (Payment.objects.exists() or LedgerEntry.objects.exists() or Refund.objects.exists())


def test_a_success_books_the_money_holds_the_deposit_and_says_so(
    intent: PaymentIntent, news: list[tuple[str, Any]]
) -> None:
    assert outcome(fact_of(intent)) == "recorded"
    intent.refresh_from_db()
    assert (intent.state, intent.provider_ref) == (IntentState.SUCCEEDED, "14000001")
    payment = Payment.objects.get()
    assert (payment.prepayment_amount, payment.deposit_amount, payment.surplus_amount) == (RENT, DEPOSIT, 0)
    assert intent.succeeded_at == payment.paid_at
    entry = LedgerEntry.objects.get()
    assert entry.idempotency_key == "vnpay:paid:14000001"
    assert sorted(entry.lines.values_list("account__code", "amount")) == [
        (f"customer_prepaid:{REFERENCE}", -1_200_000),
        (f"deposit_liability:{REFERENCE}", -3_000_000),
        ("psp_clearing:vnpay", 4_200_000),
    ]
    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.remaining) == (DepositState.HELD, DEPOSIT)
    assert news == [("succeeded", False)]


def test_repeating_a_success_changes_nothing(intent: PaymentIntent, news: list[tuple[str, Any]]) -> None:
    outcomes = [outcome(fact_of(intent)) for _ in range(5)]
    assert outcomes == ["recorded", "repeated", "repeated", "repeated", "repeated"]
    assert LedgerEntry.objects.count() == 1
    assert news == [("succeeded", False)]


def test_a_cancelled_payment_is_a_failure_and_nothing_is_booked(
    intent: PaymentIntent, news: list[tuple[str, Any]]
) -> None:
    fact = fact_of(intent, FactKind.FAILED, provider_ref="0", code="24/02")
    assert [outcome(fact), outcome(fact)] == ["recorded", "repeated"]
    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED
    assert nothing_was_written()
    assert news == [("failed", None)]


def test_a_success_after_a_failure_counts(intent: PaymentIntent) -> None:
    services.apply_fact(fact_of(intent, FactKind.FAILED, provider_ref="0", code="51/02"))
    assert outcome(fact_of(intent)) == "recorded"
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED


def test_a_failure_after_a_success_changes_nothing(
    intent: PaymentIntent, news: list[tuple[str, Any]]
) -> None:
    services.apply_fact(fact_of(intent))
    assert outcome(fact_of(intent, FactKind.FAILED, provider_ref="0", code="99/02")) == "repeated"
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert news == [("succeeded", False)]


def test_an_old_attempt_that_fails_does_not_end_the_new_one(
    intent: PaymentIntent, news: list[tuple[str, Any]]
) -> None:
    old = fact_of(intent, FactKind.FAILED, provider_ref="0", code="11/02")
    start(intent)
    assert outcome(old) == "recorded"
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    assert news == []


def test_money_on_an_old_attempt_counts(intent: PaymentIntent) -> None:
    old = fact_of(intent)
    start(intent)
    assert outcome(old) == "recorded"
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert Payment.objects.get().merchant_ref == old.merchant_ref


@pytest.mark.parametrize("end", ["expired", "cancelled"])
def test_late_money_is_booked_and_announced_as_late(
    intent: PaymentIntent, news: list[tuple[str, Any]], end: str
) -> None:
    if end == "expired":
        services.expire_intents(REFERENCE)
    else:
        services.cancel_intent(intent=intent, by=SYSTEM, reason="test")
    assert outcome(fact_of(intent)) == "recorded"
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert ledger.balance(chart.customer_prepaid(REFERENCE)) == RENT
    assert news == [("succeeded", True)]


def test_an_unknown_reference_is_named_so(intent: PaymentIntent) -> None:
    fact = ProviderFact("vnpay", FactKind.SUCCEEDED, "NOBODY-123", "14000001", amount=4_200_000)
    assert outcome(fact) == "unknown_reference"
    assert nothing_was_written()


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"amount": 4_199_999}, "amount_mismatch"),
        ({"amount": 42}, "amount_mismatch"),
        ({"amount": None}, "amount_mismatch"),
        ({"currency": "USD"}, "amount_mismatch"),
        ({"merchant": "SOMEBODY"}, "merchant_mismatch"),
    ],
)
def test_a_success_that_does_not_fit_is_not_taken(
    intent: PaymentIntent, caplog: pytest.LogCaptureFixture, wrong: dict[str, Any], expected: str
) -> None:
    assert outcome(fact_of(intent, **wrong)) == expected
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    assert nothing_was_written()
    assert f"ALERT {expected}" in caplog.text


def test_a_suspicious_payment_waits_for_a_person_and_books_nothing(
    intent: PaymentIntent, news: list[tuple[str, Any]]
) -> None:
    assert outcome(fact_of(intent, FactKind.REVIEW, code="07/07")) == "recorded"
    intent.refresh_from_db()
    assert intent.state == IntentState.NEEDS_REVIEW
    assert nothing_was_written()
    assert news == []


def test_an_operator_accepts_a_suspicious_payment(intent: PaymentIntent, news: list[tuple[str, Any]]) -> None:
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    result = services.settle_review(intent=intent, accept=True, by=OPERATOR, reason="seen in the portal")
    assert result.outcome is FactOutcome.RECORDED
    assert intent.state == IntentState.SUCCEEDED
    assert news == [("succeeded", False)]
    # The provider's own word comes later and is the same money.
    assert outcome(fact_of(intent)) == "repeated"
    assert LedgerEntry.objects.count() == 1


def test_an_operator_refuses_a_suspicious_payment(intent: PaymentIntent) -> None:
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    services.settle_review(intent=intent, accept=False, by=OPERATOR, reason="returned by the bank")
    assert intent.state == IntentState.FAILED
    assert nothing_was_written()


def test_nobody_else_settles_a_review(intent: PaymentIntent) -> None:
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    staff = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")
    with pytest.raises(NotAllowed):
        services.settle_review(intent=intent, accept=True, by=staff, reason="")
    assert nothing_was_written()


def test_only_a_payment_under_review_is_settled(intent: PaymentIntent) -> None:
    with pytest.raises(IllegalTransition):
        services.settle_review(intent=intent, accept=True, by=OPERATOR, reason="")


def test_the_providers_success_after_a_review_counts(intent: PaymentIntent) -> None:
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    assert outcome(fact_of(intent)) == "recorded"
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED


def test_a_second_payment_of_one_intent_is_kept_apart_and_goes_back(
    intent: PaymentIntent, news: list[tuple[str, Any]]
) -> None:
    first = fact_of(intent, provider_ref="14000001")
    start(intent)
    second = fact_of(intent, provider_ref="14000002")
    assert [outcome(first), outcome(second), outcome(second)] == ["recorded", "surplus", "repeated"]
    assert news == [("succeeded", False)]
    money = selectors.money_of(REFERENCE)
    assert (money.paid, money.deposit_held, money.pending_refunds) == (RENT, DEPOSIT, 4_200_000)
    refund = Refund.objects.get()
    assert (refund.reason, refund.state, refund.surplus_amount) == (
        RefundReason.SURPLUS,
        RefundState.APPROVED,
        4_200_000,
    )
    assert refund.payment.provider_ref == "14000002"
    assert ledger.balance(chart.customer_credit(REFERENCE)) == 0
    assert ledger.balance(chart.refund_clearing("vnpay")) == 4_200_000
    assert ledger.prove().holds


def test_one_transaction_number_cannot_pay_two_intents(intent: PaymentIntent, payer: User) -> None:
    services.apply_fact(fact_of(intent, provider_ref="14000001"))
    other = make_intent(payer=payer, reference="order:OTHER")
    start(other)
    assert outcome(fact_of(other, provider_ref="14000001")) == "conflict"
    other.refresh_from_db()
    assert other.state == IntentState.PENDING
    assert Payment.objects.count() == 1


def test_an_undecided_payment_changes_nothing(intent: PaymentIntent) -> None:
    assert outcome(fact_of(intent, FactKind.PENDING)) == "undecided"
    assert outcome(fact_of(intent, FactKind.NOT_FOUND, amount=None)) == "undecided"
    assert intent.attempts.get().outcome == AttemptOutcome.STARTED


def test_a_receiver_that_raises_undoes_the_whole_step(intent: PaymentIntent) -> None:
    def refuse(**_kwargs: Any) -> None:
        raise RuntimeError("the booking cannot be confirmed")

    signals.payment_succeeded.connect(refuse)
    try:
        with pytest.raises(RuntimeError), transaction.atomic():
            services.apply_fact(fact_of(intent))
    finally:
        signals.payment_succeeded.disconnect(refuse)
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    assert Deposit.objects.get().state == DepositState.DUE
    assert nothing_was_written()
    assert outcome(fact_of(intent)) == "recorded"


# --- Any order ----------------------------------------------------------------------------------
def _final(intent: PaymentIntent) -> tuple[Any, ...]:
    intent.refresh_from_db()
    lines = LedgerLine.objects.values_list("account__code", "amount")
    return (
        intent.state,
        sorted(lines),
        sorted(intent.attempts.values_list("number", "outcome")),
        sorted(Refund.objects.values_list("surplus_amount", "state")),
    )


class _Undo(Exception):
    pass


def _play(intent: PaymentIntent, facts: list[ProviderFact]) -> tuple[Any, ...]:
    """Apply facts, read the end, and take everything back."""
    end: tuple[Any, ...] = ()
    try:
        with transaction.atomic():
            for fact in facts:
                services.apply_fact(fact)
            end = _final(intent)
            assert ledger.prove().holds
            raise _Undo
    except _Undo:
        return end


def test_every_order_of_failure_review_and_success_ends_the_same(intent: PaymentIntent) -> None:
    facts = [
        fact_of(intent, FactKind.FAILED, provider_ref="0", code="51/02"),
        fact_of(intent, FactKind.REVIEW, provider_ref="14000001", code="07/07"),
        fact_of(intent, FactKind.SUCCEEDED, provider_ref="14000001"),
        fact_of(intent, FactKind.PENDING),
    ]
    ends = {str(_play(intent, list(order))) for order in permutations(facts)}
    assert len(ends) == 1
    assert "succeeded" in ends.pop()


KINDS = [
    (FactKind.SUCCEEDED, "14000001"),
    (FactKind.FAILED, "0"),
    (FactKind.REVIEW, "14000009"),
    (FactKind.PENDING, ""),
]
STEPS = st.lists(st.tuples(st.sampled_from(range(3)), st.sampled_from(KINDS)), min_size=1, max_size=8)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, shuffle=st.randoms(use_true_random=False))
def test_any_multiset_of_facts_ends_the_same_in_any_order(
    payer: User, steps: list[tuple[int, tuple[FactKind, str]]], shuffle: Any
) -> None:
    try:
        with transaction.atomic():
            intent = make_intent(payer=payer, reference="order:ANY")
            makers: list[Callable[[FactKind, str], ProviderFact]] = []
            for number in range(3):
                start(intent)
                merchant_ref = intent.merchant_ref

                def make(
                    kind: FactKind, ref: str, merchant_ref: str | None = merchant_ref, number: int = number
                ) -> ProviderFact:
                    # Each attempt has a transaction number of its own.
                    own = f"{ref}{number}" if len(ref) > 1 else ref
                    return fact_of(intent, kind, provider_ref=own, merchant_ref=merchant_ref)

                makers.append(make)
            facts = [makers[attempt](kind, ref) for attempt, (kind, ref) in steps]
            shuffled = [*facts, *facts]
            shuffle.shuffle(shuffled)
            first, second = _play(intent, facts), _play(intent, shuffled)
            # Which of two payments is the surplus depends on who came first; that one is does not.
            assert first == second
            raise _Undo
    except _Undo:
        pass


# --- Paying a debt ------------------------------------------------------------------------------
@pytest.fixture
def debtor(payer: User) -> User:
    """Owes 300,000: 1,500,000 was earned, 1,200,000 was prepaid."""
    make_paid_intent(payer=payer, deposit_amount=0)
    services.recognise_revenue(
        reference=REFERENCE, lines=[("rental", 1_388_889, 111_111)], idempotency_key="close", by=SYSTEM
    )
    assert selectors.debt_of(payer) == 300_000
    return payer


def test_a_balance_payment_clears_the_debt(debtor: User) -> None:
    make_paid_intent(payer=debtor, purpose="balance", prepayment_amount=300_000, deposit_amount=0)
    assert selectors.debt_of(debtor) == 0
    assert selectors.balance_of(REFERENCE) == selectors.ReferenceBalance(0, 0, 0, 0)
    assert selectors.money_of(REFERENCE).paid == 1_500_000


def test_a_debt_paid_twice_is_cleared_once_and_the_rest_goes_back(debtor: User) -> None:
    for _ in range(2):
        make_paid_intent(payer=debtor, purpose="balance", prepayment_amount=300_000, deposit_amount=0)
    assert selectors.debt_of(debtor) == 0
    refund = Refund.objects.get()
    assert (refund.reason, refund.amount) == (RefundReason.SURPLUS, 300_000)
    assert selectors.balance_of(REFERENCE).is_zero
    assert ledger.prove().holds


def test_a_balance_paid_before_settlement_becomes_prepaid_money(payer: User) -> None:
    make_paid_intent(payer=payer, purpose="balance", prepayment_amount=300_000, deposit_amount=0)
    assert selectors.balance_of(REFERENCE).prepaid == 300_000
    assert not Refund.objects.exists()


def test_a_debt_of_another_reference_is_not_touched(debtor: User) -> None:
    make_paid_intent(
        payer=debtor, reference="order:OTHER", purpose="balance", prepayment_amount=300_000, deposit_amount=0
    )
    assert selectors.debt_of(debtor) == 300_000
    assert selectors.balance_of("order:OTHER").prepaid == 300_000
