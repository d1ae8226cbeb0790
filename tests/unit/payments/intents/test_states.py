"""The transition tables of payments, deposits and refunds."""

import pytest

from payments.intents.enums import (
    DEPOSIT,
    HOLD,
    INTENT,
    OPEN_STATES,
    PAID_STATES,
    REFUND,
    DepositState,
    HoldState,
    IntentState,
    RefundState,
)
from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, Machine

PEOPLE = [ActorKind.RENTER, ActorKind.STAFF, ActorKind.SUPERVISOR, ActorKind.OPERATOR]


@pytest.mark.parametrize("machine", [INTENT, DEPOSIT, REFUND, HOLD], ids=lambda machine: str(machine.name))
def test_every_state_is_reached_from_the_first(machine: Machine) -> None:
    reached, front = {machine.initial}, [machine.initial]
    while front:
        for target in machine.targets(front.pop()):
            if target not in reached:
                reached.add(target)
                front.append(target)
    states = {
        INTENT.name: IntentState,
        DEPOSIT.name: DepositState,
        REFUND.name: RefundState,
        HOLD.name: HoldState,
    }[machine.name]
    assert reached == set(states)


@pytest.mark.parametrize("kind", list(ActorKind))
def test_nothing_leads_from_paid_back_to_unpaid(kind: ActorKind) -> None:
    for source in PAID_STATES:
        for target in set(IntentState) - PAID_STATES:
            assert not INTENT.allows(source, target, kind)


@pytest.mark.parametrize("source", sorted(set(IntentState) - PAID_STATES))
def test_money_that_arrives_is_taken_whatever_the_state(source: str) -> None:
    assert INTENT.allows(source, IntentState.SUCCEEDED, ActorKind.PROVIDER)


@pytest.mark.parametrize("source", sorted(OPEN_STATES))
@pytest.mark.parametrize("kind", PEOPLE)
def test_no_person_declares_a_payment_paid(source: str, kind: ActorKind) -> None:
    assert not INTENT.allows(source, IntentState.SUCCEEDED, kind)


def test_only_an_operator_settles_a_review() -> None:
    takers = {kind for kind in ActorKind if INTENT.allows(IntentState.NEEDS_REVIEW, IntentState.FAILED, kind)}
    assert takers == {ActorKind.OPERATOR}


def test_a_refund_that_reached_the_payer_is_final() -> None:
    assert REFUND.targets(RefundState.REJECTED) == []
    # Unless its provider has it again, which nobody but the back office says.
    assert REFUND.targets(RefundState.SUCCEEDED) == [RefundState.FAILED]
    assert REFUND.table[RefundState.SUCCEEDED, RefundState.FAILED] == BACK_OFFICE


@pytest.mark.parametrize("kind", PEOPLE)
def test_no_person_says_that_a_refund_arrived(kind: ActorKind) -> None:
    for source in set(RefundState) - {RefundState.BY_HAND}:
        assert not REFUND.allows(source, RefundState.SUCCEEDED, kind)


def test_what_is_paid_out_by_hand_is_said_by_those_who_may_hand_it_out() -> None:
    takers = {kind for kind in PEOPLE if REFUND.allows(RefundState.BY_HAND, RefundState.SUCCEEDED, kind)}
    assert takers == {ActorKind.STAFF, ActorKind.SUPERVISOR, ActorKind.OPERATOR}


def test_a_rejected_refund_needs_a_checker() -> None:
    takers = {kind for kind in ActorKind if REFUND.allows(RefundState.REQUESTED, RefundState.REJECTED, kind)}
    assert takers == {ActorKind.SUPERVISOR, ActorKind.OPERATOR}


def test_a_captured_deposit_is_never_due_again() -> None:
    # A hold that runs out before anything was taken makes the deposit due again.
    for source in set(DepositState) - {DepositState.DUE, DepositState.HELD}:
        assert DepositState.DUE not in DEPOSIT.targets(source)


def test_what_was_taken_from_a_hold_stays_taken() -> None:
    assert HOLD.targets(HoldState.CAPTURED) == []


@pytest.mark.parametrize("kind", PEOPLE)
def test_no_person_says_that_a_card_holds_or_gave_the_money(kind: ActorKind) -> None:
    for source in HoldState:
        assert not HOLD.allows(source, HoldState.HELD, kind)
        assert not HOLD.allows(source, HoldState.CAPTURED, kind)
