"""Facts about holds in any order and number, and processes that die between any two steps."""

import itertools
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.users.models import User
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import selectors, services
from payments.intents.enums import HoldState
from payments.intents.models import Deposit, DepositHold, PaymentIntent, Refund
from payments.intents.services import hold_calls
from payments.ledger import chart
from payments.ledger import selectors as ledger
from tests.factories.payments import DEPOSIT, REFERENCE
from tests.fakes.cards import CODE, Cards, registered
from tests.integration.payments.intents.holding import (
    STAFF,
    ask_deposit_only,
    capture,
    check_books,
    finish,
    pay_with_card,
    run_jobs,
    start_with_card,
)
from voltgo.core import clock

FACTS: dict[str, dict[str, Any]] = {
    "pending": {"kind": FactKind.HOLD_PENDING},
    "unknown": {"kind": FactKind.HOLD_NOT_FOUND},
    "declined": {"kind": FactKind.HOLD_FAILED, "code": "do_not_honor"},
    "held": {"kind": FactKind.AUTHORIZED, "amount": DEPOSIT},
    "over": {"kind": FactKind.HOLD_ENDED},
    "taken": {"kind": FactKind.HOLD_CAPTURED, "amount": 800_000},
}
# What one hold may live through at its provider.
LIVES = [
    ("pending", "held"),
    ("declined", "held"),
    ("unknown", "pending", "declined"),
    ("held", "over"),
    ("declined", "held", "over"),
    ("held", "taken"),
    ("declined", "held", "taken"),
]


class _Undo(Exception):
    pass


def apply(name: str, merchant_ref: str) -> None:
    values: dict[str, Any] = FACTS[name]
    services.apply_fact(
        ProviderFact(CODE, merchant_ref=merchant_ref, provider_ref=f"pi_{merchant_ref}", **values)
    )


def end_state(intent_id: Any = None) -> tuple[Any, ...]:
    """Return all that the facts decide: the hold, the deposit, the requests for it, the money."""
    hold = DepositHold.objects.values("state", "captured", "to_capture", "provider_ref").order_by("pk").last()
    deposit = Deposit.objects.values("state", "amount", "captured", "released", "on_hold", "retained").get()
    intents = PaymentIntent.objects.order_by("purpose", "created_at")
    open_requests = [
        (row.purpose, row.amount, row.pk == intent_id)
        for row in intents
        if row.state in {"created", "pending", "failed"} and row.pk != intent_id
    ]
    own = intents.filter(pk=intent_id).values_list("state", "received_amount", "pledged_amount").first()
    balances = [
        ledger.balance(account)
        for account in (
            chart.psp_clearing(CODE),
            chart.hold_clearing(CODE),
            chart.deposit_liability(REFERENCE),
            chart.customer_prepaid(REFERENCE),
        )
    ]
    refunds = sorted(Refund.objects.values_list("amount", flat=True))
    return hold, deposit, open_requests, own, balances, refunds


def told(order: tuple[str, ...], payer: User, kind: str) -> tuple[Any, ...]:
    """Let a hold live through facts in an order, and undo it all."""
    ends: list[tuple[Any, ...]] = []
    try:
        with (
            transaction.atomic(),
            registered(Cards()),
            patch("payments.intents.services.hold_planning.new_code", lambda *_: "H-1"),
        ):
            if kind == "visit":
                intent = ask_deposit_only(payer)
                with patch("payments.intents.services.paying.new_code", lambda *_: "H-1"):
                    reference = start_with_card(intent)
            else:
                intent = pay_with_card(payer)
                hold = DepositHold.objects.get()
                reference = hold.merchant_ref
                DepositHold.objects.update(state=HoldState.REQUESTED)
                if kind == "given up":
                    services.release_deposit(reference=REFERENCE, idempotency_key="r", by=STAFF)
            for name in order:
                apply(name, reference)
            check_books()
            ends.append(end_state(intent.pk))
            raise _Undo
    except _Undo:
        pass
    return ends[0]


@pytest.mark.parametrize("kind", ["kept card", "visit"])
@pytest.mark.parametrize("life", LIVES, ids="-".join)
def test_facts_of_a_hold_in_any_order_end_in_the_same_state(
    payer: User, life: tuple[str, ...], kind: str
) -> None:
    expected = told(life, payer, kind)
    for order in itertools.permutations(life):
        assert told(order, payer, kind) == expected, order


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_repeated_facts_of_a_hold_change_nothing(payer: User, data: st.DataObject) -> None:
    life = data.draw(st.sampled_from(LIVES))
    kind = data.draw(st.sampled_from(["kept card", "visit", "given up"]))
    extra = data.draw(st.lists(st.sampled_from(life), max_size=4))
    order = tuple(data.draw(st.permutations([*life, *extra])))
    if kind == "given up":
        # Freed at the provider by our jobs; what is taken there all the same goes back.
        told(order, payer, kind)
    else:
        assert told(order, payer, kind) == told(life, payer, kind)


def test_captured_before_created_ends_as_if_they_had_come_in_order(payer: User) -> None:
    assert told(("taken", "held"), payer, "visit") == told(("held", "taken"), payer, "visit")


# --- Processes that die -------------------------------------------------------------------------
class _Killed(BaseException):
    """Nothing catches it: as if the process were gone."""


STEPS = [
    (hold_calls, "_prepare_placing"),
    (hold_calls, "_prepare_taking"),
    (hold_calls, "_prepare_freeing"),
    (hold_calls, "_note"),
    (hold_calls, "_conclude"),
    (Cards, "hold"),
    (Cards, "capture"),
    (Cards, "void"),
]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("owner", "step"), STEPS, ids=lambda value: str(value) if isinstance(value, str) else ""
)
@pytest.mark.parametrize("goal", ["taken", "freed", "kept back", "all taken"])
def test_a_process_killed_at_any_step_leaves_books_and_provider_agreeing(
    payer: User, cards: Cards, owner: Any, step: str, goal: str, *, after: bool
) -> None:
    pay_with_card(payer)
    _die_once(owner, step, after=after)
    if goal in {"taken", "all taken"}:
        _settle_card(800_000 if goal == "taken" else DEPOSIT)
    elif goal == "kept back":
        _settle_card(0, keep=500_000)
    else:
        _settle_card(0)
    _die_once(owner, step, after=after)
    finish(cards)
    check_books(cards)
    hold = DepositHold.objects.get()
    taken = {"taken": 800_000, "freed": 0, "kept back": 500_000, "all taken": DEPOSIT}[goal]
    assert (hold.state, hold.captured) == (HoldState.CAPTURED if taken else HoldState.ENDED, taken)
    assert len(cards.holds) == 1
    assert ledger.balance(chart.hold_clearing(CODE)) == 0
    assert selectors.balance_of(REFERENCE).deposit == (500_000 if goal == "kept back" else 0)


def _die_once(owner: Any, step: str, *, after: bool) -> None:
    """Run the jobs; the process dies at one step, once, if it comes by there."""
    original = getattr(owner, step)
    died: list[str] = []

    def dying(*args: Any, **kwargs: Any) -> Any:
        if died:
            return original(*args, **kwargs)
        died.append(step)
        if after:
            original(*args, **kwargs)
        raise _Killed

    with patch.object(owner, step, dying), suppress(_Killed):
        run_jobs()


def _settle_card(amount: int, keep: int = 0) -> None:
    """Wait for the hold, then settle: take, keep back, release."""
    run_jobs()
    if amount:
        capture(amount)
    if keep:
        services.retain_deposit(reference=REFERENCE, amount=keep, until=clock.today(), by=STAFF)
    services.release_deposit(reference=REFERENCE, idempotency_key="r", by=STAFF)
