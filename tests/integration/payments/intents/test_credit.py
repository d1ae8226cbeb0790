"""A person's credit: spending it wholly or in part, having it paid out, and adjustments with a reason."""

from dataclasses import replace

import pytest
from pytest_django import Settings

from accounts.users.models import User
from payments.gateways.base import FactOutcome
from payments.gateways.vnpay.gateway import VNPayGateway
from payments.intents import selectors, services
from payments.intents.enums import (
    AdjustmentKind,
    AdjustmentState,
    CreditPayoutState,
    IntentState,
    Purpose,
    RefundState,
    RefundWay,
)
from payments.intents.errors import (
    AlreadyPaid,
    CreditTooSmall,
    DebtTooSmall,
    IdempotencyConflict,
    InABatch,
    PaymentExpired,
    SecondPersonNeeded,
)
from payments.intents.models import Adjustment, CreditPayout, Payment, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.payments import DEPOSIT, RENT, fact_of, make_intent, make_paid_intent, start
from tests.factories.ways_back import OPERATOR, SECOND_OPERATOR, STAFF, give_back, lines_of
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.errors import InvalidInput, NotAllowed

ACCOUNT = {"bank": "ACB", "number": "123456789", "name": "NGUYEN MINH ANH"}


def as_renter(user: User) -> Actor:
    return Actor(ActorKind.RENTER, user.public_id, user.full_name)


def give_credit(user: User, amount: int) -> None:
    for number, part in enumerate([2_000_000] * (amount // 2_000_000) + [amount % 2_000_000]):
        if part:
            services.adjust(
                kind=AdjustmentKind.CREDIT,
                person=user,
                amount=part,
                reason="battery was low",
                idempotency_key=f"credit:{user.pk}:{number}",
                by=OPERATOR,
            )


# --- Spending -----------------------------------------------------------------------------------
def test_credit_pays_all_of_an_intent(payer: User) -> None:
    give_credit(payer, 5_000_000)
    intent = make_intent(payer=payer)
    assert services.pay_with_credit(intent=intent, by=as_renter(payer)) == 4_200_000
    assert (intent.state, intent.provider) == (IntentState.SUCCEEDED, "credit")
    assert services.credit_of(payer) == 800_000
    payment = Payment.objects.get()
    assert lines_of(f"credit:paid:{payment.provider_ref}") == [
        (f"customer_prepaid:{intent.reference}", -RENT),
        (f"deposit_liability:{intent.reference}", -DEPOSIT),
        (f"user_credit:{payer.public_id}", 4_200_000),
    ]
    with pytest.raises(AlreadyPaid):
        services.pay_with_credit(intent=intent, by=as_renter(payer))


def test_credit_pays_a_part_and_a_provider_the_rest(payer: User) -> None:
    give_credit(payer, 700_000)
    intent = make_intent(payer=payer)
    assert services.pay_with_credit(intent=intent, by=as_renter(payer)) == 700_000
    assert (intent.state, intent.received_amount) == (IntentState.CREATED, 700_000)
    start(intent)
    result = services.apply_fact(fact_of(intent, amount=3_500_000))
    assert result.outcome is FactOutcome.RECORDED
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert selectors.balance_of(intent.reference) == selectors.ReferenceBalance(RENT, DEPOSIT, 0, 0)
    with pytest.raises(CreditTooSmall):
        services.pay_with_credit(intent=make_intent(payer=payer, reference="order:X"), by=as_renter(payer))


def test_credit_leaves_a_rest_that_a_provider_takes(
    payer: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAYMENT_METHODS = ["vnpay"]
    able = replace(VNPayGateway.capabilities, min_amount=10_000)
    monkeypatch.setattr(VNPayGateway, "capabilities", able)
    give_credit(payer, 1_999_999)
    intent = make_intent(payer=payer, prepayment_amount=2_000_000, deposit_amount=0)
    assert services.pay_with_credit(intent=intent, by=as_renter(payer)) == 1_990_000
    assert start(intent)


def test_credit_of_an_intent_that_ends_comes_back(payer: User) -> None:
    give_credit(payer, 700_000)
    intent = make_intent(payer=payer)
    services.pay_with_credit(intent=intent, by=as_renter(payer))
    services.expire_intents(intent.reference)
    assert services.credit_of(payer) == 700_000
    refund = Refund.objects.get()
    assert (refund.state, refund.way) == (RefundState.SUCCEEDED, RefundWay.CREDIT)
    with pytest.raises(PaymentExpired):
        services.pay_with_credit(intent=intent, by=as_renter(payer))
    assert services.credit_of(payer) == 700_000


def test_a_refund_of_credit_is_credit_again(payer: User) -> None:
    give_credit(payer, 5_000_000)
    intent = make_intent(payer=payer)
    services.pay_with_credit(intent=intent, by=as_renter(payer))
    refund = give_back(intent, RENT, DEPOSIT)
    assert (refund.state, refund.way) == (RefundState.SUCCEEDED, RefundWay.CREDIT)
    assert services.credit_of(payer) == 5_000_000
    assert ledger.prove().holds


# --- Paying out ---------------------------------------------------------------------------------
def test_credit_is_paid_out_by_a_transfer(payer: User) -> None:
    give_credit(payer, 900_000)
    payout = services.pay_out_credit(
        owner=payer, amount=600_000, **ACCOUNT, idempotency_key="out:1", by=as_renter(payer)
    )
    assert services.credit_of(payer) == 300_000
    again = services.pay_out_credit(
        owner=payer, amount=600_000, **ACCOUNT, idempotency_key="out:1", by=as_renter(payer)
    )
    assert again == payout
    with pytest.raises(IdempotencyConflict):
        services.pay_out_credit(
            owner=payer, amount=1, **ACCOUNT, idempotency_key="out:1", by=as_renter(payer)
        )
    services.make_batch(by=OPERATOR)
    payout.refresh_from_db()
    with pytest.raises(InABatch):
        services.cancel_payout(payout=payout, by=as_renter(payer), reason="")
    services.confirm_transfer(row=payout, bank_ref="FT5", by=SECOND_OPERATOR)
    assert services.find_by_memo(payout.memo) == payout
    payout.refresh_from_db()
    assert (payout.state, payout.bank_ref) == (CreditPayoutState.PAID, "FT5")
    assert ledger.balance(chart.refund_clearing("credit")) == 0
    assert ledger.balance(chart.BANK) == -600_000


def test_more_than_the_credit_is_not_paid_out(payer: User) -> None:
    give_credit(payer, 500_000)
    with pytest.raises(CreditTooSmall):
        services.pay_out_credit(owner=payer, amount=500_001, **ACCOUNT, idempotency_key="o", by=SYSTEM)
    with pytest.raises(InvalidInput):
        services.pay_out_credit(owner=payer, amount=0, **ACCOUNT, idempotency_key="o", by=SYSTEM)
    assert not CreditPayout.objects.exists()
    assert services.credit_of(payer) == 500_000


def test_a_payout_taken_back_is_credit_again(payer: User) -> None:
    give_credit(payer, 500_000)
    payout = services.pay_out_credit(owner=payer, amount=500_000, **ACCOUNT, idempotency_key="o", by=SYSTEM)
    for _ in range(2):
        services.cancel_payout(payout=payout, by=as_renter(payer), reason="changed my mind")
    assert (payout.state, services.credit_of(payer)) == (CreditPayoutState.CANCELLED, 500_000)


# --- Adjustments --------------------------------------------------------------------------------
def owe(payer: User, amount: int) -> PaymentIntent:
    """Let a settled rental leave a debt, with the request to pay it."""
    intent = make_paid_intent(payer=payer, deposit_amount=0)
    services.recognise_revenue(
        reference=intent.reference,
        lines=[("rental", RENT + amount, 0)],
        idempotency_key="done",
        by=SYSTEM,
    )
    return make_intent(
        payer=payer, purpose=Purpose.BALANCE, prepayment_amount=amount, deposit_amount=0, minutes=600
    )


def test_an_adjustment_needs_an_operator_and_a_reason(payer: User) -> None:
    for by, reason, error in [(STAFF, "x", NotAllowed), (OPERATOR, " ", InvalidInput)]:
        with pytest.raises(error):
            services.adjust(
                kind=AdjustmentKind.CREDIT, person=payer, amount=1, reason=reason, idempotency_key="a", by=by
            )
    assert not Adjustment.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_an_adjustment_above_the_limit_needs_a_second_person(payer: User) -> None:
    row = services.adjust(
        kind=AdjustmentKind.CREDIT,
        person=payer,
        amount=2_000_001,
        reason="two days lost",
        idempotency_key="a",
        by=OPERATOR,
    )
    assert (row.state, services.credit_of(payer)) == (AdjustmentState.REQUESTED, 0)
    with pytest.raises(SecondPersonNeeded):
        services.approve_adjustment(adjustment=row, by=OPERATOR)
    services.approve_adjustment(adjustment=row, by=SECOND_OPERATOR)
    assert (row.state, services.credit_of(payer)) == (AdjustmentState.DONE, 2_000_001)
    assert lines_of(f"adjustment:{row.pk}") == [
        ("goodwill", 2_000_001),
        (f"user_credit:{payer.public_id}", -2_000_001),
    ]


def test_a_rejected_adjustment_moves_nothing(payer: User) -> None:
    row = services.adjust(
        kind=AdjustmentKind.CREDIT,
        person=payer,
        amount=3_000_000,
        reason="two days lost",
        idempotency_key="a",
        by=OPERATOR,
    )
    services.reject_adjustment(adjustment=row, by=SECOND_OPERATOR, reason="one day")
    assert (row.state, services.credit_of(payer)) == (AdjustmentState.REJECTED, 0)


def test_a_debt_is_written_off_once_and_not_asked_for_any_more(payer: User) -> None:
    request = owe(payer, 400_000)
    with pytest.raises(DebtTooSmall):
        services.adjust(
            kind=AdjustmentKind.WRITE_OFF,
            person=payer,
            reference=request.reference,
            amount=400_001,
            reason="gone abroad",
            idempotency_key="w",
            by=OPERATOR,
        )
    row = services.adjust(
        kind=AdjustmentKind.WRITE_OFF,
        person=payer,
        reference=request.reference,
        amount=400_000,
        reason="gone abroad",
        idempotency_key="w",
        by=OPERATOR,
    )
    assert row.state == AdjustmentState.DONE
    assert lines_of(f"adjustment:{row.pk}") == [
        ("bad_debt", 400_000),
        (f"receivable:{payer.public_id}", -400_000),
    ]
    assert selectors.debt_of(payer) == 0
    request.refresh_from_db()
    assert request.state == IntentState.CANCELLED


def test_what_is_owed_is_not_paid_out(payer: User) -> None:
    owe(payer, 400_000)
    give_credit(payer, 1_000_000)
    assert services.payable_out(payer) == 600_000
    with pytest.raises(CreditTooSmall):
        services.pay_out_credit(owner=payer, amount=600_001, **ACCOUNT, idempotency_key="o", by=SYSTEM)


def test_credit_pays_a_debt(payer: User) -> None:
    request = owe(payer, 400_000)
    give_credit(payer, 1_000_000)
    services.pay_with_credit(intent=request, by=as_renter(payer))
    assert (selectors.debt_of(payer), services.credit_of(payer)) == (0, 600_000)
    assert request.state == IntentState.SUCCEEDED
