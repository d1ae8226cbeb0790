"""The ways back for money: credit, a transfer by finance, cash over the counter."""

from datetime import timedelta

import pytest

from accounts.notifications.models import Delivery
from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import selectors, services
from payments.intents.enums import IntentState, RefundReason, RefundState, RefundWay
from payments.intents.errors import (
    AlreadyReturned,
    CashNotPossible,
    InABatch,
    NothingToTransfer,
    SecondPersonNeeded,
)
from payments.intents.models import PaymentIntent, Refund
from payments.intents.services.payees import PayeeInvalid, masked, number_of
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.errors import AccountOverdrawn
from payments.ledger.models import LedgerEntry
from tests.factories.payments import (
    DEPOSIT,
    REFERENCE,
    RENT,
    fact_of,
    make_intent,
    make_paid_intent,
    settle,
    start,
)
from tests.factories.ways_back import (
    DRAWER,
    OPERATOR,
    SECOND_OPERATOR,
    SENDER,
    STAFF,
    give_back,
    lines_of,
    receive,
)
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import IllegalTransition, NotAllowed
from voltgo.core.models import OutboxMessage


@pytest.fixture
def by_bank(payer: User) -> PaymentIntent:
    intent = make_intent(payer=payer)
    receive(intent, "bank", sender=SENDER)
    return intent


@pytest.fixture
def in_cash(payer: User) -> PaymentIntent:
    intent = make_intent(payer=payer)
    receive(intent, "cash")
    return intent


# --- Credit -------------------------------------------------------------------------------------
def test_a_refund_into_credit_is_there_at_once(payer: User) -> None:
    paid = make_paid_intent(payer=payer)
    refund = give_back(paid, 500_000, way=RefundWay.CREDIT)
    assert (refund.state, refund.way) == (RefundState.SUCCEEDED, RefundWay.CREDIT)
    assert services.credit_of(payer) == 500_000
    assert lines_of(f"refund-settled:{refund.pk}") == [
        ("refund_clearing:vnpay", 500_000),
        (f"user_credit:{payer.public_id}", -500_000),
    ]
    paid.refresh_from_db()
    assert paid.state == IntentState.PARTLY_REFUNDED
    assert [(told.kind, told.recipient) for told in Delivery.objects.filter(channel="email")] == [
        ("money_back", payer)
    ]
    assert not OutboxMessage.objects.filter(topic="payments.submit_refund").exists()
    assert ledger.prove().holds


def test_staff_credit_above_the_limit_waits_for_a_second_person(payer: User) -> None:
    paid = make_paid_intent(payer=payer, prepayment_amount=5_000_000)
    refund = give_back(paid, 3_000_000, way=RefundWay.CREDIT, by=STAFF)
    assert (refund.state, services.credit_of(payer)) == (RefundState.REQUESTED, 0)
    services.approve_refund(refund=refund, by=OPERATOR)
    refund.refresh_from_db()
    assert (refund.state, services.credit_of(payer)) == (RefundState.SUCCEEDED, 3_000_000)


def test_a_waiting_refund_becomes_credit_when_the_renter_prefers_that(
    by_bank: PaymentIntent, payer: User
) -> None:
    refund = give_back(by_bank, RENT, DEPOSIT)
    renter = Actor(ActorKind.RENTER, payer.public_id, payer.full_name)
    services.refund_to_credit(refund=refund, by=renter)
    services.refund_to_credit(refund=refund, by=renter)
    assert (refund.state, refund.way) == (RefundState.SUCCEEDED, RefundWay.CREDIT)
    assert services.credit_of(payer) == 4_200_000
    with pytest.raises(AlreadyReturned):
        services.settle_by_hand(refund=refund, bank_ref="FT1", at=None, by=SYSTEM)
    assert ledger.balance(chart.refund_clearing("bank")) == 0


def test_a_refund_at_the_provider_does_not_become_credit(payer: User) -> None:
    refund = give_back(make_paid_intent(payer=payer), 500_000)
    Refund.objects.update(state=RefundState.SUBMITTED)
    with pytest.raises(IllegalTransition):
        services.refund_to_credit(refund=refund, by=OPERATOR)
    assert services.credit_of(payer) == 0


# --- A transfer by hand -------------------------------------------------------------------------
def test_what_came_by_transfer_goes_back_to_who_sent_it(by_bank: PaymentIntent) -> None:
    refund = give_back(by_bank, RENT, DEPOSIT)
    assert (refund.state, refund.way) == (RefundState.BY_HAND, RefundWay.TRANSFER)
    assert refund.payee is not None
    assert masked(refund.payee) == "Vietcombank •••• 4567, NGUYEN MINH ANH"
    assert "0071001234567" not in str(refund.payee)
    assert number_of(refund.payee) == "0071001234567"
    assert refund.memo.startswith("VGH")
    assert services.find_by_memo(refund.memo) == refund
    assert not OutboxMessage.objects.filter(topic="payments.submit_refund").exists()


def test_a_line_of_the_statement_closes_it_once(by_bank: PaymentIntent) -> None:
    refund = give_back(by_bank, RENT, DEPOSIT)
    for _ in range(2):
        services.settle_by_hand(refund=refund, bank_ref="FT26327001", at=None, by=SYSTEM)
    refund.refresh_from_db()
    assert (refund.state, refund.provider_ref) == (RefundState.SUCCEEDED, "FT26327001")
    assert lines_of(f"refund-settled:{refund.pk}") == [
        ("bank", -4_200_000),
        ("refund_clearing:bank", 4_200_000),
    ]
    assert ledger.balance(chart.BANK) == 0
    with pytest.raises(AlreadyReturned):
        services.settle_by_hand(refund=refund, bank_ref="FT26327002", at=None, by=SYSTEM)
    assert LedgerEntry.objects.filter(kind="refund_settled").count() == 1
    by_bank.refresh_from_db()
    assert by_bank.state == IntentState.REFUNDED


def test_an_unknown_sender_waits_for_a_named_account(payer: User) -> None:
    intent = make_intent(payer=payer)
    receive(intent, "bank")
    refund = give_back(intent, RENT)
    assert refund.payee is None
    assert Delivery.objects.get(channel="email").kind == "refund_needs_account"
    with pytest.raises(NothingToTransfer):
        services.make_batch(by=OPERATOR)
    with pytest.raises(PayeeInvalid):
        services.name_payee(refund=refund, bank="ACB", number="12", name="MINH ANH", by=SYSTEM)
    services.name_payee(refund=refund, bank="ACB", number="123 456 789", name="Minh Anh", by=SYSTEM)
    refund.refresh_from_db()
    assert masked(refund.payee) == "ACB •••• 6789, Minh Anh"
    assert services.make_batch(by=OPERATOR).count == 1
    recorded = str(list(AuditEvent.objects.values_list("changes", flat=True)))
    assert "123456789" not in recorded


def test_a_payment_too_old_for_its_provider_is_transferred(payer: User) -> None:
    paid = make_intent(payer=payer)
    start(paid)
    services.apply_fact(fact_of(paid, occurred_at=clock.now() - timedelta(days=181)))
    refund = give_back(paid, RENT)
    assert (refund.state, refund.way) == (RefundState.BY_HAND, RefundWay.TRANSFER)


def test_what_the_provider_refused_for_good_is_transferred(payer: User) -> None:
    refund = give_back(make_paid_intent(payer=payer), RENT)
    Refund.objects.update(state=RefundState.SUBMITTED)
    fact = ProviderFact("vnpay", FactKind.REFUND_FAILED, refund.request_id, code="95")
    services.apply_fact(fact)
    assert MoneyCase.objects.get().key == f"refund-failed:{refund.request_id}"
    with pytest.raises(NotAllowed):
        services.transfer_instead(refund=refund, by=STAFF, reason="no")
    services.transfer_instead(refund=refund, by=OPERATOR, reason="VNPay will not")
    refund.refresh_from_db()
    assert (refund.state, refund.way) == (RefundState.BY_HAND, RefundWay.TRANSFER)
    services.settle_by_hand(refund=refund, bank_ref="FT9", at=None, by=SYSTEM)
    # The provider changes its mind when the money has gone back already: one entry, and a case.
    late = ProviderFact("vnpay", FactKind.REFUND_SUCCEEDED, refund.request_id, amount=RENT)
    assert services.apply_fact(late).outcome.value == "repeated"
    assert MoneyCase.objects.filter(key=f"refund-twice:{refund.pk}").exists()
    assert LedgerEntry.objects.filter(kind="refund_settled").count() == 1


# --- Batches ------------------------------------------------------------------------------------
def test_one_makes_the_file_for_the_bank_and_another_confirms_it(by_bank: PaymentIntent) -> None:
    refund = give_back(by_bank, RENT, DEPOSIT)
    batch = services.make_batch(by=OPERATOR)
    assert (batch.count, batch.amount) == (1, 4_200_000)
    lines = services.file_of(batch, by=OPERATOR).decode("utf-8-sig").splitlines()
    assert lines[1] == f"1,Vietcombank,0071001234567,NGUYEN MINH ANH,4200000,{refund.memo}"
    refund.refresh_from_db()
    with pytest.raises(SecondPersonNeeded):
        services.confirm_transfer(row=refund, bank_ref="FT1", by=OPERATOR)
    with pytest.raises(NotAllowed):
        services.confirm_transfer(row=refund, bank_ref="FT1", by=STAFF)
    refund.refresh_from_db()
    assert refund.state == RefundState.BY_HAND
    services.confirm_transfer(row=refund, bank_ref="FT1", by=SECOND_OPERATOR)
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


def test_what_the_bank_has_is_not_changed_any_more(by_bank: PaymentIntent, payer: User) -> None:
    refund = give_back(by_bank, RENT, DEPOSIT)
    services.make_batch(by=OPERATOR)
    with pytest.raises(InABatch):
        services.name_payee(refund=refund, bank="ACB", number="123456789", name="X", by=SYSTEM)
    with pytest.raises(InABatch):
        services.refund_to_credit(refund=refund, by=OPERATOR)
    with pytest.raises(NothingToTransfer):
        services.make_batch(by=SECOND_OPERATOR)
    refund.refresh_from_db()
    services.take_out_of_batch(row=refund, by=OPERATOR, reason="no such account")
    services.refund_to_credit(refund=refund, by=OPERATOR)
    assert services.credit_of(payer) == 4_200_000


def test_a_transfer_without_a_batch_is_not_confirmed_by_hand(by_bank: PaymentIntent) -> None:
    refund = give_back(by_bank, RENT)
    with pytest.raises(IllegalTransition):
        services.confirm_transfer(row=refund, bank_ref="FT1", by=SECOND_OPERATOR)


def test_a_name_is_no_formula_in_the_file(by_bank: PaymentIntent) -> None:
    refund = give_back(by_bank, RENT)
    services.name_payee(refund=refund, bank="=1+1", number="123456789", name="@SUM(A1)", by=SYSTEM)
    text = services.file_of(services.make_batch(by=OPERATOR), by=OPERATOR).decode()
    assert "'=1+1,123456789,'@SUM(A1)" in text


# --- Cash ---------------------------------------------------------------------------------------
def test_cash_goes_back_out_of_a_drawer(in_cash: PaymentIntent) -> None:
    assert ledger.balance(chart.cash_drawer(DRAWER)) == 4_200_000
    refund = give_back(in_cash, RENT)
    assert (refund.state, refund.way) == (RefundState.BY_HAND, RefundWay.CASH)
    assert list(services.cash_to_pay_out(in_cash.reference)) == [refund]
    for _ in range(2):
        services.pay_out_cash(refund=refund, drawer=DRAWER, by=STAFF)
    refund.refresh_from_db()
    assert (refund.state, refund.account_ref) == (RefundState.SUCCEEDED, DRAWER)
    assert lines_of(f"refund-settled:{refund.pk}") == [
        (f"cash_drawer:{DRAWER}", -RENT),
        ("refund_clearing:cash", RENT),
    ]
    with pytest.raises(AlreadyReturned):
        services.pay_out_cash(refund=refund, drawer="OTHER", by=STAFF)


def test_a_drawer_never_pays_more_than_it_has(in_cash: PaymentIntent) -> None:
    refund = give_back(in_cash, RENT)
    with pytest.raises(AccountOverdrawn):
        services.pay_out_cash(refund=refund, drawer="EMPTY", by=STAFF)
    refund.refresh_from_db()
    assert refund.state == RefundState.BY_HAND


def test_cash_for_a_payment_by_card_is_refused(payer: User) -> None:
    paid = make_paid_intent(payer=payer)
    with pytest.raises(CashNotPossible):
        give_back(paid, RENT, way=RefundWay.CASH, by=STAFF)
    assert not Refund.objects.exists()
    assert selectors.balance_of(REFERENCE).prepaid == RENT
    refund = give_back(paid, RENT)
    with pytest.raises(CashNotPossible):
        services.pay_out_cash(refund=refund, drawer=DRAWER, by=STAFF)
    refund.refresh_from_db()
    assert refund.state == RefundState.APPROVED


def test_who_paid_in_cash_may_have_it_transferred(in_cash: PaymentIntent) -> None:
    refund = give_back(in_cash, RENT)
    services.name_payee(refund=refund, bank="ACB", number="123456789", name="MINH ANH", by=SYSTEM)
    with pytest.raises(CashNotPossible):
        services.pay_out_cash(refund=refund, drawer=DRAWER, by=STAFF)
    services.settle_by_hand(refund=refund, bank_ref="FT2", at=None, by=SYSTEM)
    assert lines_of(f"refund-settled:{refund.pk}") == [("bank", -RENT), ("refund_clearing:cash", RENT)]


# --- By itself ----------------------------------------------------------------------------------
def test_money_that_nobody_asked_for_goes_back_the_way_it_came(payer: User) -> None:
    """Two attempts succeed: the second goes back to its own method; a transfer waits for finance."""
    intent = make_intent(payer=payer)
    settle(intent)
    receive(intent, "bank", 4_200_000, sender=SENDER)
    surplus = Refund.objects.get(reason=RefundReason.SURPLUS)
    assert (surplus.state, surplus.way, surplus.amount) == (
        RefundState.BY_HAND,
        RefundWay.TRANSFER,
        4_200_000,
    )
    assert surplus.payee is not None
    start_again = make_intent(payer=payer, reference="order:TWO")
    settle(start_again)
    services.apply_fact(fact_of(start_again, provider_ref="second-transaction"))
    online = Refund.objects.get(reference="order:TWO")
    assert (online.state, online.way) == (RefundState.APPROVED, RefundWay.ORIGINAL)


def test_a_part_that_came_too_late_goes_back(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    services.expire_intents(intent.reference)
    receive(intent, "bank", 1_000_000, sender=SENDER)
    refund = Refund.objects.get()
    assert (refund.state, refund.amount, refund.reason) == (
        RefundState.BY_HAND,
        1_000_000,
        RefundReason.SHORT_PAYMENT,
    )
    assert selectors.balance_of(REFERENCE).is_zero
