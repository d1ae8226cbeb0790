"""A part by bank transfer and a card that keeps the deposit: whichever comes first, the end is the same."""

from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from accounts.users.models import User
from payments.gateways.base import FactKind, FactOutcome, ProviderFact
from payments.intents import services, signals
from payments.intents.enums import DepositState, HoldState, IntentState, Purpose
from payments.intents.models import Deposit, DepositHold, Payment, PaymentIntent, Refund
from payments.intents.services import paying
from payments.ledger import chart
from payments.ledger import selectors as ledger
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent
from tests.factories.settlements import TransferGateway, served_by
from tests.fakes.cards import CARD, CODE, Cards, registered
from tests.integration.payments.intents.holding import check_books, run_jobs, start_with_card, the_deposit
from voltgo.core.actors import SYSTEM

# Less than the rent, just the rent, into the deposit, all but a little.
PARTS = [500_000, RENT, RENT + 1_000_000, RENT + DEPOSIT - 1]


class _Undo(Exception):
    pass


def ask_both(payer: User) -> tuple[PaymentIntent, str, str]:
    """Open a transfer and a visit with a card, before anything has come; return their references."""
    intent = make_intent(payer=payer)
    services.start_payment(
        intent=intent, method="payos", origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
    )
    intent.refresh_from_db()
    assert intent.merchant_ref
    return intent, intent.merchant_ref, start_with_card(intent)


def transferred(reference: str, amount: int, number: str = "T1") -> FactOutcome:
    return services.apply_fact(
        ProviderFact("payos", FactKind.SUCCEEDED, reference, provider_ref=number, amount=amount)
    ).outcome


def paid_by_card(reference: str, *, keeps: bool = True) -> FactOutcome:
    return services.apply_fact(
        ProviderFact(
            CODE, FactKind.SUCCEEDED, reference, provider_ref=f"pi_{reference}", amount=RENT,
            instrument=CARD if keeps else None,
        )
    ).outcome  # fmt: skip


def end_of(intent: PaymentIntent) -> dict[str, Any]:
    """Return all that counts afterwards."""
    intent.refresh_from_db()
    check_books()
    return {
        "intent": (intent.state, intent.provider, intent.received_amount, intent.pledged_amount),
        "payments": sorted(Payment.objects.values_list("provider", "amount")),
        "refunds": sorted(Refund.objects.values_list("payment__provider", "amount", "state")),
        "deposit": Deposit.objects.values("state", "amount", "released", "captured", "on_hold").get(),
        "holds": list(DepositHold.objects.values_list("state", "amount")),
        "requests": list(
            PaymentIntent.objects.filter(purpose=Purpose.DEPOSIT).values_list("state", "amount")
        ),
        "balances": [
            ledger.balance(account)
            for account in (
                chart.psp_clearing("payos"),
                chart.psp_clearing(CODE),
                chart.customer_prepaid(REFERENCE),
                chart.customer_credit(REFERENCE),
                chart.deposit_liability(REFERENCE),
                chart.refund_clearing("payos"),
            )
        ],
    }


def ends(payer: User, part: int, *, keeps: bool = True, fails: bool = False) -> list[dict[str, Any]]:
    """Let the transfer and the card come in both orders, each told twice; undo the first."""
    found = []
    for order in permutations(["transfer", "card"]):
        with served_by(TransferGateway()), registered(Cards()) as cards:
            try:
                with transaction.atomic():
                    cards.failing = [("hold", "declined")] if fails else []
                    intent, transfer, card = ask_both(payer)
                    tell = {
                        "transfer": lambda ref=transfer: transferred(ref, part),
                        "card": lambda ref=card: paid_by_card(ref, keeps=keeps),
                    }
                    for name in (*order, *order):
                        tell[name]()
                    end = {"before": end_of(intent)}
                    run_jobs()
                    found.append(end | {"after": end_of(intent)})
                    raise _Undo
            except _Undo:
                pass
    return found


@pytest.mark.parametrize("part", PARTS)
def test_a_part_by_transfer_and_a_card_end_the_same_in_both_orders(payer: User, part: int) -> None:
    part_first, card_first = ends(payer, part)

    assert part_first == card_first
    before, after = card_first["before"], card_first["after"]
    assert before["intent"] == (IntentState.SUCCEEDED, CODE, RENT, DEPOSIT)
    assert before["deposit"]["state"] == DepositState.DUE
    assert [amount for _provider, amount, _state in before["refunds"]] == [part]
    assert after["holds"] == [(HoldState.HELD, DEPOSIT)]
    assert after["deposit"]["state"] == DepositState.HELD
    assert after["deposit"]["on_hold"] == after["deposit"]["amount"] == DEPOSIT


@pytest.mark.parametrize("part", PARTS)
def test_a_card_that_declines_the_hold_is_asked_for_the_deposit_in_both_orders(
    payer: User, part: int
) -> None:
    part_first, card_first = ends(payer, part, fails=True)

    assert part_first == card_first
    assert card_first["after"]["requests"] == [(IntentState.CREATED, DEPOSIT)]
    assert card_first["after"]["deposit"]["state"] == DepositState.DUE


@pytest.mark.parametrize("part", PARTS)
def test_a_card_that_was_not_kept_ends_the_same_in_both_orders(payer: User, part: int) -> None:
    part_first, card_first = ends(payer, part, keeps=False)

    assert part_first == card_first
    assert card_first["after"]["holds"] == []
    assert card_first["after"]["requests"] == [(IntentState.CREATED, DEPOSIT)]


def test_the_booking_hears_once_that_it_is_paid(payer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bool] = []

    def hear(late: bool, **_news: Any) -> None:
        heard.append(late)

    signals.payment_succeeded.connect(hear)
    with served_by(TransferGateway()), registered(Cards()):
        _intent, transfer, card = ask_both(payer)
        assert transferred(transfer, 500_000) == FactOutcome.PARTIAL
        assert paid_by_card(card) == FactOutcome.RECORDED
        assert transferred(transfer, RENT, "T2") == FactOutcome.SURPLUS
    signals.payment_succeeded.disconnect(hear)

    assert heard == [False]


def test_a_part_that_went_back_at_the_end_and_a_late_card(payer: User) -> None:
    """The time was over before the card paid: its money is late money, as before."""
    with served_by(TransferGateway()), registered(Cards()):
        intent, transfer, card = ask_both(payer)
        transferred(transfer, RENT + 1_000_000)
        paying.expire_intents(REFERENCE)
        assert the_deposit().state == DepositState.RELEASED
        paid_by_card(card)
        intent.refresh_from_db()

    assert (intent.state, intent.received_amount, intent.pledged_amount) == (
        IntentState.SUCCEEDED,
        RENT,
        DEPOSIT,
    )
    assert sorted(Refund.objects.values_list("amount", flat=True)) == [RENT + 1_000_000]
    check_books()
