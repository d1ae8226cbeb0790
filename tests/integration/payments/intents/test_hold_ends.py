"""How a hold ends: freed, renewed, run out, waived, or kept back as money."""

from datetime import datetime, timedelta

import pytest

from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.intents import selectors, services, targets
from payments.intents.enums import DepositState, HoldState, Purpose
from payments.intents.errors import DepositTooSmall
from payments.intents.models import (
    Deposit,
    DepositHold,
    OutboundCall,
    Payment,
    PaymentIntent,
    Refund,
)
from payments.ledger import chart
from payments.ledger.models import LedgerEntry
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent, settle
from tests.fakes.cards import CODE, Cards
from tests.integration.payments.intents.holding import (
    STAFF,
    SUPERVISOR,
    capture,
    check_books,
    finish,
    hold_deposit_on_card,
    pay_with_card,
    release,
    run_jobs,
    the_deposit,
)
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed

CLEARING = chart.hold_clearing(CODE)
TAKEN = chart.psp_clearing(CODE)


# --- Freeing ------------------------------------------------------------------------------------
def test_releasing_frees_the_card_and_moves_no_money(payer: User, cards: Cards) -> None:
    hold = hold_deposit_on_card(payer)
    entries = LedgerEntry.objects.count()
    assert release() is None
    assert the_deposit().state == DepositState.RELEASED
    run_jobs()
    hold.refresh_from_db()
    assert (hold.state, cards.holds[hold.merchant_ref].state) == (HoldState.ENDED, "ended")
    assert LedgerEntry.objects.count() == entries
    assert release() is None
    check_books(cards)


def test_a_planned_hold_is_dropped_without_a_call(payer: User, cards: Cards) -> None:
    pay_with_card(payer)
    release()
    run_jobs()
    assert (DepositHold.objects.get().state, cards.calls) == (HoldState.ENDED, [])
    check_books(cards)


@pytest.mark.parametrize("how", ["lost", "unheard"])
def test_a_hold_given_up_while_its_placing_is_unknown_is_freed_if_it_stands(
    payer: User, cards: Cards, how: str
) -> None:
    cards.failing = [("hold", how)]
    hold = hold_deposit_on_card(payer)
    release()
    finish(cards)
    hold.refresh_from_db()
    assert the_deposit().state == DepositState.DUE
    if how == "lost":
        # Our request may still be under way: "not found" proves nothing yet.
        assert hold.state == HoldState.ENDING
        OutboundCall.objects.update(created_at=clock.now() - timedelta(hours=1))
        finish(cards)
        hold.refresh_from_db()
    assert hold.state == HoldState.ENDED
    check_books(cards)


def test_less_is_needed_than_is_held(payer: User, cards: Cards) -> None:
    hold_deposit_on_card(payer)
    services.give_back(
        reference=REFERENCE,
        prepayment_amount=200_000,
        deposit_amount=1_000_000,
        reason="change",
        idempotency_key="change:1",
        by=SYSTEM,
    )
    deposit = the_deposit()
    assert (deposit.remaining, deposit.on_hold) == (2_000_000, 2_000_000)
    assert Refund.objects.get().amount == 200_000
    with pytest.raises(DepositTooSmall):
        capture(2_000_001)
    capture(2_000_000)
    run_jobs()
    assert DepositHold.objects.get().captured == 2_000_000
    check_books(cards)


def test_a_planned_hold_shrinks_with_the_deposit(
    payer: User, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now() + timedelta(days=3)
    monkeypatch.setattr(targets, "window_for", lambda _reference: (start, start + timedelta(days=2)))
    pay_with_card(payer)
    services.give_back(
        reference=REFERENCE,
        prepayment_amount=0,
        deposit_amount=1_000_000,
        reason="change",
        idempotency_key="change:1",
        by=SYSTEM,
    )
    assert DepositHold.objects.get().amount == 2_000_000
    services.place_now(reference=REFERENCE, by=STAFF)
    assert the_deposit().remaining == 2_000_000


def test_everything_goes_back_money_and_holds(payer: User, cards: Cards) -> None:
    hold_deposit_on_card(payer)
    refund = services.give_back(
        reference=REFERENCE, prepayment_amount=RENT, reason="cancellation", idempotency_key="c", by=SYSTEM
    )
    assert refund is not None
    assert (refund.amount, refund.deposit_amount) == (RENT, 0)
    run_jobs()
    assert DepositHold.objects.get().state == HoldState.ENDED
    assert selectors.balance_of(REFERENCE).is_zero
    check_books(cards)


# --- Running out --------------------------------------------------------------------------------
def near_its_end(hold: DepositHold, left: timedelta) -> datetime:
    end = clock.now() + left
    DepositHold.objects.filter(pk=hold.pk).update(capture_before=end, next_check_at=clock.now())
    return end


def test_a_hold_is_renewed_before_it_runs_out_new_one_first(payer: User, cards: Cards) -> None:
    old = hold_deposit_on_card(payer)
    near_its_end(old, timedelta(hours=23))
    services.mind_holds()
    run_jobs()
    new = DepositHold.objects.get(replaces=old)
    old.refresh_from_db()
    assert (new.state, old.state) == (HoldState.HELD, HoldState.ENDED)
    names = [name for name, ref in cards.calls if ref in {old.merchant_ref, new.merchant_ref}]
    assert names == ["hold", "hold", "void"]
    assert (the_deposit().remaining, the_deposit().on_hold) == (DEPOSIT, DEPOSIT)
    check_books(cards)


def test_a_renewal_that_is_declined_keeps_the_old_hold_and_opens_a_case(payer: User, cards: Cards) -> None:
    old = hold_deposit_on_card(payer)
    near_its_end(old, timedelta(hours=23))
    cards.failing = [("hold", "declined")]
    services.mind_holds()
    run_jobs()
    old.refresh_from_db()
    assert (old.state, DepositHold.objects.get(replaces=old).state) == (HoldState.HELD, HoldState.FAILED)
    assert MoneyCase.objects.get().details["what"] == "renewal"
    assert (the_deposit().state, the_deposit().on_hold) == (DepositState.HELD, DEPOSIT)
    near_its_end(old, -timedelta(hours=1))
    cards.holds[old.merchant_ref].state = "ended"
    services.mind_holds()
    old.refresh_from_db()
    assert (old.state, the_deposit().state) == (HoldState.EXPIRED, DepositState.DUE)
    assert PaymentIntent.objects.get(purpose=Purpose.DEPOSIT).amount == DEPOSIT
    check_books(cards)


def test_a_hold_is_not_renewed_for_a_rental_that_is_over(
    payer: User, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = hold_deposit_on_card(payer)
    near_its_end(hold, timedelta(hours=23))
    monkeypatch.setattr(targets, "needs_deposit", lambda _reference: False)
    services.mind_holds()
    run_jobs()
    hold.refresh_from_db()
    assert (hold.state, DepositHold.objects.count()) == (HoldState.ENDED, 1)
    check_books(cards)


def test_settling_while_a_renewal_is_under_way_takes_the_old_hold_only(payer: User, cards: Cards) -> None:
    old = hold_deposit_on_card(payer)
    near_its_end(old, timedelta(hours=23))
    cards.failing = [("hold", "unheard")]
    services.mind_holds()
    run_jobs()
    new = DepositHold.objects.get(replaces=old)
    assert new.state == HoldState.REQUESTED
    capture(700_000)
    release()
    finish(cards)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.captured, new.state) == (HoldState.CAPTURED, 700_000, HoldState.ENDED)
    assert cards.holds[new.merchant_ref].state == "ended"
    check_books(cards)


# --- Waiving ------------------------------------------------------------------------------------
def test_a_supervisor_waives_a_deposit_that_is_due(
    payer: User, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now() + timedelta(days=3)
    monkeypatch.setattr(targets, "window_for", lambda _reference: (start, start + timedelta(days=2)))
    pay_with_card(payer)
    with pytest.raises(NotAllowed):
        services.waive_deposit(reference=REFERENCE, reason="khách quen", by=STAFF)
    with pytest.raises(InvalidInput):
        services.waive_deposit(reference=REFERENCE, reason=" ", by=SUPERVISOR)
    assert the_deposit().state == DepositState.DUE
    deposit = services.waive_deposit(reference=REFERENCE, reason="khách quen", by=SUPERVISOR)
    assert (deposit.state, deposit.remaining) == (DepositState.WAIVED, 0)
    assert DepositHold.objects.get().state == HoldState.ENDED


def test_a_deposit_that_is_held_is_not_waived(payer: User, cards: Cards) -> None:
    hold_deposit_on_card(payer)
    with pytest.raises(IllegalTransition):
        services.waive_deposit(reference=REFERENCE, reason="khách quen", by=SUPERVISOR)


# --- Kept back for fines ------------------------------------------------------------------------
def test_a_part_of_a_hold_is_taken_to_be_kept_back_and_goes_back_on_its_day(
    payer: User, cards: Cards
) -> None:
    hold = hold_deposit_on_card(payer)
    until = clock.today() + timedelta(days=30)
    capture(300_000)
    kept = services.retain_deposit(reference=REFERENCE, amount=500_000, until=until, by=STAFF)
    again = services.retain_deposit(reference=REFERENCE, amount=500_000, until=until, by=STAFF)
    release()
    run_jobs()
    hold.refresh_from_db()
    deposit = the_deposit()
    assert (kept, again, hold.captured) == (500_000, 500_000, 800_000)
    assert (deposit.state, deposit.retained, deposit.money, deposit.on_hold) == (
        DepositState.PARTLY_CAPTURED,
        500_000,
        500_000,
        0,
    )
    paid = Payment.objects.get(provider_ref=hold.provider_ref)
    assert (paid.prepayment_amount, paid.deposit_amount) == (300_000, 500_000)
    check_books(cards)
    assert services.release_retained() == 0
    Deposit.objects.update(retained_until=clock.today())
    assert services.release_retained() == 1
    assert services.release_retained() == 0
    refund = Refund.objects.get()
    assert (refund.amount, refund.payment, the_deposit().state) == (500_000, paid, DepositState.RELEASED)
    check_books(cards)


def test_what_is_kept_back_stays_while_a_claim_is_open(payer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(make_intent(payer=payer))
    services.retain_deposit(reference=REFERENCE, amount=500_000, until=clock.today(), by=STAFF)
    refund = release()
    assert refund is not None
    assert refund.amount == DEPOSIT - 500_000
    monkeypatch.setattr(targets, "_claims", [lambda reference: reference == REFERENCE])
    assert services.release_retained() == 0
    assert the_deposit().retained == 500_000
    # The fine takes its part; the rest goes back once nobody claims any more.
    capture(200_000, "fine:1")
    assert the_deposit().retained == 300_000
    monkeypatch.setattr(targets, "_claims", [])
    assert services.release_retained() == 1
    assert Refund.objects.latest("created_at").amount == 300_000
    assert selectors.balance_of(REFERENCE).deposit == 0
    check_books()


def test_no_more_is_kept_back_than_is_left(payer: User) -> None:
    settle(make_intent(payer=payer))
    capture(DEPOSIT - 100_000)
    assert (
        services.retain_deposit(reference=REFERENCE, amount=500_000, until=clock.today(), by=STAFF) == 100_000
    )


def test_an_extension_adds_a_second_hold_and_both_are_settled(payer: User, cards: Cards) -> None:
    hold_deposit_on_card(payer)
    hold_deposit_on_card(payer, prepayment_amount=300_000, deposit_amount=1_000_000)
    assert (the_deposit().remaining, the_deposit().on_hold) == (DEPOSIT + 1_000_000, DEPOSIT + 1_000_000)
    capture(DEPOSIT + 200_000)
    release()
    run_jobs()
    assert sorted(DepositHold.objects.values_list("state", "captured")) == [
        ("captured", 200_000),
        ("captured", DEPOSIT),
    ]
    assert the_deposit().state == DepositState.RELEASED
    check_books(cards)
