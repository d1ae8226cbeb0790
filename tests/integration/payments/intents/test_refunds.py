"""Giving money back: decided once, approved by two, brought to the provider without doing it twice."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.users.models import User
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import selectors, services, signals
from payments.intents.enums import (
    REFUND,
    DepositState,
    IntentState,
    RefundReason,
    RefundState,
)
from payments.intents.errors import (
    DepositTooSmall,
    IdempotencyConflict,
    RefundTooLarge,
    SecondPersonNeeded,
    UnknownReference,
)
from payments.intents.models import Deposit, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_paid_intent
from voltgo.core import states
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed
from voltgo.core.models import OutboxMessage

STAFF = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")
SUPERVISOR = Actor(ActorKind.SUPERVISOR, "U-SUPER", "Khánh Linh")
OPERATOR = Actor(ActorKind.OPERATOR, "U-OPER", "Thu Hà")


@pytest.fixture
def paid(payer: User) -> PaymentIntent:
    return make_paid_intent(payer=payer)


def give_back(
    rent: int = 500_000,
    deposit: int = 0,
    *,
    key: str = "cancel:1",
    by: Actor = SYSTEM,
    reference: str = REFERENCE,
) -> Refund:
    return services.refund(
        reference=reference,
        prepayment_amount=rent,
        deposit_amount=deposit,
        reason=RefundReason.CANCELLATION,
        idempotency_key=key,
        by=by,
    )


# --- Deciding -----------------------------------------------------------------------------------
def test_the_money_leaves_its_accounts_at_once(paid: PaymentIntent) -> None:
    refund = give_back(RENT, DEPOSIT)
    assert (refund.amount, refund.state) == (4_200_000, RefundState.APPROVED)
    entry = LedgerEntry.objects.get(kind="refund")
    assert sorted(entry.lines.values_list("account__code", "amount")) == [
        (f"customer_prepaid:{REFERENCE}", 1_200_000),
        (f"deposit_liability:{REFERENCE}", 3_000_000),
        ("refund_clearing:vnpay", -4_200_000),
    ]
    assert Deposit.objects.get().state == DepositState.RELEASED
    assert selectors.balance_of(REFERENCE).is_zero
    assert selectors.money_of(REFERENCE).pending_refunds == 4_200_000
    # Nothing has reached the payer yet.
    paid.refresh_from_db()
    assert paid.state == IntentState.SUCCEEDED


def test_the_same_refund_twice_is_one(paid: PaymentIntent) -> None:
    assert give_back().pk == give_back().pk
    assert Refund.objects.count() == 1
    assert OutboxMessage.objects.filter(topic="payments.submit_refund").count() == 1


def test_the_same_key_for_another_amount_is_refused(paid: PaymentIntent) -> None:
    give_back(500_000)
    with pytest.raises(IdempotencyConflict):
        give_back(600_000)


def test_more_than_is_left_is_not_given_back(paid: PaymentIntent) -> None:
    give_back(1_000_000)
    with pytest.raises(RefundTooLarge) as refusal:
        give_back(200_001, key="cancel:2")
    assert refusal.value.details == {"available": 200_000}
    with pytest.raises(DepositTooSmall):
        give_back(0, DEPOSIT + 1, key="cancel:3")
    assert Refund.objects.count() == 1
    assert selectors.balance_of(REFERENCE).prepaid == 200_000


def test_nothing_was_paid_nothing_goes_back(payer: User) -> None:
    with pytest.raises((RefundTooLarge, UnknownReference)):
        give_back(reference="order:NOBODY")
    assert not Refund.objects.exists()


@pytest.mark.parametrize(("rent", "deposit"), [(0, 0), (-1, 2), (2, -1)])
def test_nothing_is_not_refunded(paid: PaymentIntent, rent: int, deposit: int) -> None:
    with pytest.raises(InvalidInput):
        give_back(rent, deposit)


def test_a_refund_that_no_single_payment_covers_is_split(paid: PaymentIntent, payer: User) -> None:
    make_paid_intent(payer=payer, prepayment_amount=800_000, deposit_amount=0)
    first = give_back(2_000_000, DEPOSIT)
    amounts = [(row.prepayment_amount, row.deposit_amount) for row in selectors.refunds_of(REFERENCE)]
    assert sorted(amounts) == [(800_000, 0), (1_200_000, 3_000_000)]
    assert first.amount == 4_200_000
    assert give_back(2_000_000, DEPOSIT).pk == first.pk
    assert selectors.balance_of(REFERENCE).is_zero
    assert ledger.prove().holds


def test_the_smallest_payment_that_suffices_is_chosen(paid: PaymentIntent, payer: User) -> None:
    small = make_paid_intent(payer=payer, prepayment_amount=800_000, deposit_amount=0)
    assert give_back(700_000).intent == small


# --- Two people ---------------------------------------------------------------------------------
@pytest.fixture
def large(payer: User) -> PaymentIntent:
    return make_paid_intent(payer=payer, prepayment_amount=5_000_000)


@pytest.mark.parametrize(
    ("amount", "by", "state"),
    [
        (2_000_000, STAFF, RefundState.APPROVED),
        (2_000_001, STAFF, RefundState.REQUESTED),
        (2_000_001, SUPERVISOR, RefundState.REQUESTED),
        (2_000_001, OPERATOR, RefundState.REQUESTED),
        (5_000_000, SYSTEM, RefundState.APPROVED),
        (5_000_000, Actor(ActorKind.RENTER, "U-RENTER", "Minh Anh"), RefundState.APPROVED),
    ],
)
def test_staff_need_a_second_person_above_the_limit(
    large: PaymentIntent, amount: int, by: Actor, state: str
) -> None:
    assert give_back(amount, by=by).state == state
    promised = OutboxMessage.objects.filter(topic="payments.submit_refund").count()
    assert promised == (1 if state == RefundState.APPROVED else 0)


def test_the_deposit_does_not_count_towards_the_limit(large: PaymentIntent) -> None:
    assert give_back(1_000_000, DEPOSIT, by=STAFF).state == RefundState.APPROVED


def test_small_parts_count_together_towards_the_limit(large: PaymentIntent) -> None:
    assert give_back(1_500_000, by=OPERATOR, key="a").state == RefundState.APPROVED
    assert give_back(1_500_000, by=SYSTEM, key="b").state == RefundState.APPROVED
    assert give_back(1_500_000, by=STAFF, key="c").state == RefundState.REQUESTED


def test_another_person_approves(large: PaymentIntent) -> None:
    refund = give_back(5_000_000, by=STAFF)
    services.approve_refund(refund=refund, by=SUPERVISOR)
    assert refund.state == RefundState.APPROVED
    assert OutboxMessage.objects.filter(topic="payments.submit_refund").count() == 1
    events = [(event.target, event.actor_ref) for event in states.events_of(REFUND, refund)]
    assert events == [("requested", "U-STAFF"), ("approved", "U-SUPER")]


def test_who_asked_cannot_approve(large: PaymentIntent) -> None:
    refund = give_back(5_000_000, by=SUPERVISOR)
    with pytest.raises(SecondPersonNeeded):
        services.approve_refund(refund=refund, by=SUPERVISOR)
    with pytest.raises(NotAllowed):
        services.approve_refund(refund=refund, by=STAFF)
    refund.refresh_from_db()
    assert refund.state == RefundState.REQUESTED
    assert not OutboxMessage.objects.filter(topic="payments.submit_refund").exists()


def test_a_refund_is_approved_once(large: PaymentIntent) -> None:
    refund = give_back(5_000_000, by=STAFF)
    services.approve_refund(refund=refund, by=SUPERVISOR)
    with pytest.raises(IllegalTransition):
        services.approve_refund(refund=refund, by=OPERATOR)


def test_a_rejected_refund_puts_everything_back(large: PaymentIntent) -> None:
    refund = give_back(5_000_000, DEPOSIT, by=STAFF)
    assert Deposit.objects.get().state == DepositState.RELEASED
    services.reject_refund(refund=refund, by=SUPERVISOR, reason="wrong booking")
    assert refund.state == RefundState.REJECTED
    balance = selectors.balance_of(REFERENCE)
    assert (balance.prepaid, balance.deposit) == (5_000_000, DEPOSIT)
    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.released) == (DepositState.HELD, 0)
    assert ledger.balance(chart.refund_clearing("vnpay")) == 0
    # And may be asked for again.
    assert give_back(1_000_000, key="cancel:2").state == RefundState.APPROVED


@pytest.fixture
def arrivals() -> Iterator[list[Refund]]:
    heard: list[Refund] = []

    def on_refund(sender: Any, refund: Refund, **_kwargs: Any) -> None:
        heard.append(refund)

    signals.refund_succeeded.connect(on_refund)
    yield heard
    signals.refund_succeeded.disconnect(on_refund)


def test_only_a_failed_refund_is_retried(paid: PaymentIntent) -> None:
    refund = give_back()
    with pytest.raises(IllegalTransition):
        services.retry_refund(refund=refund, by=OPERATOR)


def test_a_repeated_word_about_a_refund_changes_nothing(paid: PaymentIntent, arrivals: list[Refund]) -> None:
    refund = give_back()
    fact = ProviderFact("vnpay", FactKind.REFUND_SUCCEEDED, refund.request_id, "99", amount=500_000)
    outcomes = [services.apply_fact(fact).outcome.value for _ in range(3)]
    assert outcomes == ["recorded", "repeated", "repeated"]
    refused = ProviderFact("vnpay", FactKind.REFUND_FAILED, refund.request_id, code="99/09")
    assert services.apply_fact(refused).outcome.value == "repeated"
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert len(arrivals) == 1
    assert LedgerEntry.objects.filter(kind="refund_settled").count() == 1


def test_a_word_about_an_unknown_refund_or_amount_is_named_so(paid: PaymentIntent) -> None:
    refund = give_back()
    unknown = ProviderFact("vnpay", FactKind.REFUND_SUCCEEDED, "nobody", amount=500_000)
    wrong = ProviderFact("vnpay", FactKind.REFUND_SUCCEEDED, refund.request_id, amount=500_001)
    assert services.apply_fact(unknown).outcome.value == "unknown_reference"
    assert services.apply_fact(wrong).outcome.value == "amount_mismatch"
    refund.refresh_from_db()
    assert refund.state == RefundState.APPROVED
