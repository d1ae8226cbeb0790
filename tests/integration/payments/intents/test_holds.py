"""The deposit on a card: planned, placed, taken, lost."""

from datetime import timedelta

import pytest

from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.gateways.base import FactKind, FactOutcome, ProviderFact
from payments.intents import selectors, services, signals, targets
from payments.intents.enums import DepositState, HoldState, IntentState, Purpose
from payments.intents.errors import DepositTooSmall, NothingToHoldOn
from payments.intents.models import (
    DepositHold,
    OutboundCall,
    Payment,
    PaymentIntent,
    Refund,
    SavedInstrument,
)
from payments.intents.services import hold_calls
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent, settle
from tests.fakes.cards import CODE, Cards
from tests.integration.payments.intents.holding import (
    STAFF,
    ask_deposit_only,
    capture,
    check_books,
    finish,
    hold_deposit_on_card,
    pay_with_card,
    release,
    run_jobs,
    start_with_card,
    the_deposit,
)
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

CLEARING = chart.hold_clearing(CODE)
TAKEN = chart.psp_clearing(CODE)


# --- Planning and placing -----------------------------------------------------------------------
def test_a_card_pays_the_rent_and_keeps_the_deposit_for_a_hold(payer: User, cards: Cards) -> None:
    intent = pay_with_card(payer)
    hold = DepositHold.objects.get()
    assert (intent.state, intent.received_amount, intent.pledged_amount) == (
        IntentState.SUCCEEDED,
        RENT,
        DEPOSIT,
    )
    assert (hold.state, hold.amount, the_deposit().state) == (HoldState.PLANNED, DEPOSIT, DepositState.DUE)
    assert SavedInstrument.objects.get().label == "Visa •••• 4242"
    run_jobs()
    hold.refresh_from_db()
    deposit = the_deposit()
    assert (hold.state, hold.held_at is not None) == (HoldState.HELD, True)
    assert (deposit.state, deposit.remaining, deposit.on_hold, deposit.money) == (
        DepositState.HELD,
        DEPOSIT,
        DEPOSIT,
        0,
    )
    # Promised, not received: the ledger knows only of the rent.
    assert (ledger.balance(TAKEN), selectors.balance_of(REFERENCE).deposit) == (RENT, 0)
    check_books(cards)


def test_a_hold_waits_until_a_day_before_it_is_needed(
    payer: User, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now() + timedelta(days=9)
    monkeypatch.setattr(targets, "window_for", lambda _reference: (start, start + timedelta(days=2)))
    pay_with_card(payer)
    run_jobs()
    hold = DepositHold.objects.get()
    assert (hold.state, hold.place_at) == (HoldState.PLANNED, start - timedelta(hours=24))
    assert cards.calls == []
    DepositHold.objects.update(place_at=clock.now(), next_check_at=clock.now())
    services.mind_holds()
    run_jobs()
    assert DepositHold.objects.get().state == HoldState.HELD


def test_a_card_that_was_not_kept_leaves_the_deposit_due_and_asks_for_it(payer: User, cards: Cards) -> None:
    pay_with_card(payer, keeps=False)
    assert not DepositHold.objects.exists()
    assert the_deposit().state == DepositState.DUE
    assert MoneyCase.objects.get().kind == "hold_lost"
    asked = PaymentIntent.objects.get(purpose=Purpose.DEPOSIT)
    assert (asked.amount, asked.deposit_amount, asked.state) == (DEPOSIT, DEPOSIT, IntentState.CREATED)


def test_a_declined_hold_asks_the_renter_to_pay_otherwise(payer: User, cards: Cards) -> None:
    heard: list[str] = []
    signals.deposit_needed.connect(listener := lambda sender, why, **_: heard.append(why))
    cards.failing = [("hold", "declined")]
    hold = hold_deposit_on_card(payer)
    signals.deposit_needed.disconnect(listener)
    assert (hold.state, the_deposit().state, heard) == (HoldState.FAILED, DepositState.DUE, ["declined"])
    assert OutboundCall.objects.get().state == "error"
    asked = PaymentIntent.objects.get(purpose=Purpose.DEPOSIT)
    settle(asked)
    deposit = the_deposit()
    assert (deposit.state, deposit.money) == (DepositState.HELD, DEPOSIT)
    check_books()


def test_once_more_on_the_same_card_is_a_new_hold_and_closes_the_request(payer: User, cards: Cards) -> None:
    cards.failing = [("hold", "declined")]
    first = hold_deposit_on_card(payer)
    again = services.place_now(reference=REFERENCE, by=STAFF)
    assert (again.state, again.pk != first.pk) == (HoldState.HELD, True)
    assert again.merchant_ref != first.merchant_ref
    assert PaymentIntent.objects.get(purpose=Purpose.DEPOSIT).state == IntentState.CANCELLED
    with pytest.raises(NothingToHoldOn):
        services.place_now(reference=REFERENCE, by=STAFF)
    check_books(cards)


def test_a_planned_hold_is_placed_at_once_when_the_counter_asks(
    payer: User, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now() + timedelta(days=3)
    monkeypatch.setattr(targets, "window_for", lambda _reference: (start, start + timedelta(days=2)))
    pay_with_card(payer)
    assert services.place_now(reference=REFERENCE, by=STAFF).state == HoldState.HELD
    assert the_deposit().state == DepositState.HELD


@pytest.mark.parametrize("how", ["away", "lost", "unheard"])
def test_an_unknown_outcome_never_leads_to_a_second_hold(payer: User, cards: Cards, how: str) -> None:
    cards.failing = [("hold", how)]
    hold = hold_deposit_on_card(payer)
    assert hold.state == HoldState.REQUESTED
    finish(cards)
    hold.refresh_from_db()
    assert hold.state == HoldState.HELD
    assert len(cards.holds) == 1
    assert cards.count("hold") == (1 if how == "unheard" else 2)
    check_books(cards)


def test_the_counter_goes_on_while_the_provider_is_away(payer: User, cards: Cards) -> None:
    pay_with_card(payer)
    cards.failing = [("hold", "away")]
    assert services.place_now(reference=REFERENCE, by=STAFF).state == HoldState.REQUESTED


# --- The payer holds it in person ---------------------------------------------------------------
def test_a_deposit_alone_is_held_by_the_visit_itself(payer: User, cards: Cards) -> None:
    intent = ask_deposit_only(payer)
    reference = start_with_card(intent)
    attempt = intent.attempts.get()
    assert (attempt.amount, attempt.hold_amount) == (0, DEPOSIT)
    cards.put_hold(reference, DEPOSIT)
    assert services.apply_fact(cards.tell(reference)).outcome is FactOutcome.RECORDED
    assert services.apply_fact(cards.tell(reference)).outcome is FactOutcome.REPEATED
    intent.refresh_from_db()
    assert (intent.state, intent.pledged_amount, intent.received_amount) == (
        IntentState.SUCCEEDED,
        DEPOSIT,
        0,
    )
    assert (the_deposit().state, the_deposit().on_hold) == (DepositState.HELD, DEPOSIT)
    assert not Payment.objects.exists()
    check_books(cards)


def test_a_second_hold_of_one_request_is_freed(payer: User, cards: Cards) -> None:
    intent = ask_deposit_only(payer)
    first = start_with_card(intent)
    intent.attempts.update(expires_at=clock.now())
    second = start_with_card(intent)
    for reference in (first, second):
        cards.put_hold(reference, DEPOSIT)
    assert services.apply_fact(cards.tell(second)).outcome is FactOutcome.RECORDED
    assert services.apply_fact(cards.tell(first)).outcome is FactOutcome.SURPLUS
    run_jobs()
    assert (cards.holds[first].state, cards.holds[second].state) == ("ended", "held")
    assert the_deposit().on_hold == DEPOSIT
    check_books(cards)


def test_a_visit_that_is_declined_may_be_repeated(payer: User, cards: Cards) -> None:
    intent = ask_deposit_only(payer)
    reference = start_with_card(intent)
    cards.put_hold(reference, DEPOSIT).state = "declined"
    services.apply_fact(cards.tell(reference))
    intent.refresh_from_db()
    assert (intent.state, the_deposit().state) == (IntentState.FAILED, DepositState.DUE)
    assert not DepositHold.objects.exists()


def test_another_amount_on_the_card_is_not_taken_for_the_deposit(payer: User, cards: Cards) -> None:
    intent = ask_deposit_only(payer)
    reference = start_with_card(intent)
    cards.put_hold(reference, DEPOSIT - 1)
    assert services.apply_fact(cards.tell(reference)).outcome is FactOutcome.AMOUNT_MISMATCH
    assert the_deposit().state == DepositState.DUE
    assert not DepositHold.objects.exists()
    assert MoneyCase.objects.get().kind == "mismatch"


def test_a_hold_nobody_knows_changes_nothing(cards: Cards) -> None:
    fact = ProviderFact(CODE, FactKind.AUTHORIZED, "nobody", amount=1)
    assert services.apply_fact(fact).outcome is FactOutcome.UNKNOWN_REFERENCE


# --- Taking -------------------------------------------------------------------------------------
def test_a_part_is_taken_and_the_rest_is_free(payer: User, cards: Cards) -> None:
    hold = hold_deposit_on_card(payer)
    capture(500_000)
    capture(300_000, "fee:1")
    assert release() is None
    hold.refresh_from_db()
    assert (hold.state, hold.to_capture) == (HoldState.CAPTURING, 800_000)
    assert (ledger.balance(CLEARING), selectors.balance_of(REFERENCE).prepaid) == (800_000, RENT + 800_000)
    run_jobs()
    hold.refresh_from_db()
    deposit = the_deposit()
    assert (hold.state, hold.captured, cards.count("capture")) == (HoldState.CAPTURED, 800_000, 1)
    assert (ledger.balance(CLEARING), ledger.balance(TAKEN)) == (0, RENT + 800_000)
    assert (deposit.state, deposit.captured, deposit.released, deposit.on_hold) == (
        DepositState.RELEASED,
        800_000,
        DEPOSIT - 800_000,
        0,
    )
    paid = Payment.objects.get(provider_ref=hold.provider_ref)
    assert (paid.amount, paid.prepayment_amount, paid.deposit_amount) == (800_000, 800_000, 0)
    assert cards.holds[hold.merchant_ref].captured == 800_000
    check_books(cards)


def test_capturing_twice_changes_neither_ledger_nor_provider(payer: User, cards: Cards) -> None:
    hold = hold_deposit_on_card(payer)
    capture(500_000)
    release()
    run_jobs()
    entries = LedgerEntry.objects.count()
    capture(500_000)
    with pytest.raises(DepositTooSmall):
        capture(1, "more")
    hold_calls.take_hold(hold_id=hold.pk)
    assert services.apply_fact(cards.tell(hold.merchant_ref)).outcome is FactOutcome.REPEATED
    assert (LedgerEntry.objects.count(), cards.count("capture")) == (entries, 1)
    # A second capture is refused by the provider; its own account of the hold then decides.
    assert cards.holds[hold.merchant_ref].captured == 500_000


def test_a_capture_that_the_provider_refuses_as_done_is_taken_as_done(payer: User, cards: Cards) -> None:
    hold = hold_deposit_on_card(payer)
    capture(500_000)
    there = cards.holds[hold.merchant_ref]
    there.state, there.captured = "captured", 500_000
    run_jobs()
    hold.refresh_from_db()
    assert (hold.state, hold.captured, ledger.balance(TAKEN)) == (HoldState.CAPTURED, 500_000, RENT + 500_000)


def test_money_goes_before_holds(payer: User, cards: Cards) -> None:
    settle(make_intent(payer=payer, deposit_amount=1_000_000))
    hold_deposit_on_card(payer, prepayment_amount=10_000, deposit_amount=2_000_000)
    assert (the_deposit().money, the_deposit().on_hold) == (1_000_000, 2_000_000)
    capture(1_500_000)
    assert (the_deposit().money, the_deposit().on_hold) == (0, 1_500_000)
    assert ledger.balance(CLEARING) == 500_000
    release()
    run_jobs()
    assert DepositHold.objects.get().captured == 500_000
    check_books(cards)


def test_more_than_money_and_holds_together_is_refused(payer: User, cards: Cards) -> None:
    hold_deposit_on_card(payer)
    with pytest.raises(DepositTooSmall):
        capture(DEPOSIT + 1)
    assert (the_deposit().captured, DepositHold.objects.get().state) == (0, HoldState.HELD)


def test_a_provider_that_takes_only_the_whole_gives_the_rest_back_as_a_refund(
    payer: User, cards: Cards
) -> None:
    cards.capabilities = type(cards.capabilities)(
        min_amount=1, max_amount=10**9, hold=True, reuse=True, calls_to_start=True
    )
    hold = hold_deposit_on_card(payer)
    capture(500_000)
    release()
    run_jobs()
    hold.refresh_from_db()
    assert (hold.to_capture, hold.captured) == (500_000, DEPOSIT)
    refund = Refund.objects.get()
    assert (refund.amount, refund.deposit_amount) == (DEPOSIT - 500_000, DEPOSIT - 500_000)
    deposit = the_deposit()
    assert (deposit.state, deposit.captured, deposit.released) == (
        DepositState.RELEASED,
        500_000,
        DEPOSIT - 500_000,
    )
    assert (ledger.balance(CLEARING), selectors.balance_of(REFERENCE).deposit) == (0, 0)
    check_books(cards)


def test_a_hold_captured_too_late_becomes_a_debt_a_request_and_a_case(payer: User, cards: Cards) -> None:
    hold = hold_deposit_on_card(payer)
    cards.holds[hold.merchant_ref].state = "ended"
    capture(500_000)
    services.recognise_revenue(
        reference=REFERENCE,
        lines=[("rental", RENT, 0), ("compensation", 500_000, 0)],
        idempotency_key="close",
        by=SYSTEM,
    )
    release()
    run_jobs()
    hold.refresh_from_db()
    assert hold.state == HoldState.EXPIRED
    assert (selectors.debt_of(payer), ledger.balance(CLEARING)) == (500_000, 0)
    asked = PaymentIntent.objects.get(purpose=Purpose.BALANCE)
    assert (asked.amount, asked.state) == (500_000, IntentState.CREATED)
    assert MoneyCase.objects.filter(kind="hold_lost", reference=REFERENCE).count() == 1
    check_books(cards)
    settle(asked)
    assert selectors.debt_of(payer) == 0
    check_books(cards)
