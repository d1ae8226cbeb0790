"""What is said after the end: a refund that comes back, a number that follows a decision, a provider that rests."""

from typing import Any
from unittest.mock import patch

import pytest

from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.gateways.base import FactKind, ProviderFact, RefundRequest
from payments.gateways.resting import let_rest
from payments.gateways.vnpay.gateway import VNPayGateway
from payments.intents import services
from payments.intents.enums import IntentState, RefundState, RefundWay
from payments.intents.models import Payment, PaymentIntent, Refund
from payments.intents.services.submitting import request_of
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.payments import fact_of, make_intent, make_paid_intent, start
from tests.factories.ways_back import OPERATOR, STAFF, give_back, receive
from voltgo.core import clock
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed

BACK = 500_000


@pytest.fixture
def paid(payer: User) -> PaymentIntent:
    return make_paid_intent(payer=payer)


def on_its_way(refund: Refund) -> Refund:
    with patch.object(VNPayGateway, "refund", answer(FactKind.REFUND_PENDING)):
        services.submit_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    return refund


def answer(kind: FactKind) -> Any:
    def said(_gateway: VNPayGateway, request: RefundRequest) -> ProviderFact:
        return ProviderFact("vnpay", kind, request.request_id, provider_ref="R-1", amount=request.amount)

    return said


def word(refund: Refund, kind: FactKind, *, about: str = "") -> str:
    amount = refund.amount if kind is FactKind.REFUND_SUCCEEDED else None
    fact = ProviderFact("vnpay", kind, about or refund.request_id, amount=amount, code="lost_card")
    outcome = services.apply_fact(fact).outcome.value
    refund.refresh_from_db()
    return outcome


def owed_back() -> int:
    return ledger.balance(chart.refund_clearing("vnpay"))


# --- A refund that comes back ---------------------------------------------------------------------
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0, 1), (1, 0, 1)])
def test_a_refusal_beside_a_success_is_a_case_in_any_order(
    paid: PaymentIntent, order: tuple[int, ...]
) -> None:
    refund = on_its_way(give_back(paid, BACK))
    for which in order:
        word(refund, (FactKind.REFUND_SUCCEEDED, FactKind.REFUND_FAILED)[which])
    assert refund.state == RefundState.SUCCEEDED
    assert MoneyCase.objects.get(key=f"refund-failed:{refund.request_id}").amount == BACK
    assert ledger.prove().holds


def came_back(paid: PaymentIntent) -> Refund:
    refund = on_its_way(give_back(paid, BACK))
    word(refund, FactKind.REFUND_SUCCEEDED)
    word(refund, FactKind.REFUND_FAILED)
    taken = services.take_back_refund(refund=refund, by=OPERATOR, reason="card closed")
    refund.refresh_from_db()
    assert taken.state == refund.state == RefundState.FAILED
    return refund


def test_what_came_back_is_owed_again_and_leaves_another_way(paid: PaymentIntent, payer: User) -> None:
    before = ledger.balance(chart.psp_clearing("vnpay"))
    refund = came_back(paid)
    assert (owed_back(), ledger.balance(chart.psp_clearing("vnpay"))) == (BACK, before)
    services.refund_to_credit(refund=refund, by=OPERATOR)
    assert services.credit_of(payer) == BACK
    assert owed_back() == 0
    assert ledger.prove().holds


def test_what_came_back_can_go_to_its_provider_once_more_and_come_back_again(paid: PaymentIntent) -> None:
    refund = came_back(paid)
    for _time in range(2):
        services.retry_refund(refund=refund, by=OPERATOR)
        on_its_way(refund)
        word(refund, FactKind.REFUND_SUCCEEDED)
        assert (refund.state, owed_back()) == (RefundState.SUCCEEDED, 0)
        services.take_back_refund(refund=refund, by=OPERATOR, reason="once more")
        assert owed_back() == BACK
        refund.refresh_from_db()
    settlings = LedgerEntry.objects.filter(idempotency_key__startswith=f"refund-settled:{refund.pk}")
    assert settlings.count() == settlings.filter(reversed_by__isnull=False).count() == 3
    assert ledger.prove().holds


def test_old_words_of_the_provider_do_not_end_what_came_back(paid: PaymentIntent) -> None:
    refund = on_its_way(give_back(paid, BACK))
    old = refund.request_id
    word(refund, FactKind.REFUND_SUCCEEDED)
    services.take_back_refund(refund=refund, by=OPERATOR, reason="card closed")
    services.transfer_instead(refund=refund, by=OPERATOR, reason="card closed")
    assert word(refund, FactKind.REFUND_SUCCEEDED, about=old) == "unknown_reference"
    assert (refund.state, refund.way) == (RefundState.BY_HAND, RefundWay.TRANSFER)


def test_only_an_operator_takes_back_and_only_what_went_through_its_provider(paid: PaymentIntent) -> None:
    refund = on_its_way(give_back(paid, BACK))
    with pytest.raises(IllegalTransition):
        services.take_back_refund(refund=refund, by=OPERATOR, reason="too early")
    word(refund, FactKind.REFUND_SUCCEEDED)
    with pytest.raises(NotAllowed):
        services.take_back_refund(refund=refund, by=STAFF, reason="card closed")
    with pytest.raises(InvalidInput):
        services.take_back_refund(refund=refund, by=OPERATOR, reason=" ")
    credited = give_back(paid, BACK, way=RefundWay.CREDIT)
    with pytest.raises(InvalidInput):
        services.take_back_refund(refund=credited, by=OPERATOR, reason="card closed")


def test_a_retry_is_not_asked_about_under_the_number_of_the_refused_try(paid: PaymentIntent) -> None:
    refund = on_its_way(give_back(paid, BACK))
    assert refund.provider_ref == "R-1"
    word(refund, FactKind.REFUND_FAILED)
    services.retry_refund(refund=refund, by=OPERATOR)
    refund.refresh_from_db()
    assert request_of(refund).refund_ref == ""


# --- A number that follows a decision -------------------------------------------------------------
def test_the_providers_number_after_a_person_accepted_is_no_second_payment(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    services.apply_fact(fact_of(intent, FactKind.REVIEW, provider_ref="0", code="07/07"))
    services.settle_review(intent=intent, accept=True, by=OPERATOR, reason="seen in the portal")
    assert services.apply_fact(fact_of(intent)).outcome.value == "repeated"
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert Payment.objects.count() == 1
    assert not Refund.objects.exists()


# --- A provider that rests ------------------------------------------------------------------------
def test_a_provider_that_rests_keeps_no_other_refund_from_being_asked_about(
    paid: PaymentIntent, payer: User
) -> None:
    other = make_intent(payer=payer, reference="order:VG-OTHER1")
    receive(other, "momo")
    rests, waits = give_back(other, BACK), on_its_way(give_back(paid, BACK))
    long_ago = {"state": RefundState.SUBMITTED, "next_poll_at": "2020-01-01T00:00:00Z"}
    Refund.objects.filter(pk=rests.pk).update(**long_ago)
    Refund.objects.filter(pk=waits.pk).update(next_poll_at=clock.now())
    let_rest("momo")
    with patch.object(VNPayGateway, "fetch_refund", answer(FactKind.REFUND_SUCCEEDED)):
        assert services.poll_refunds() == 1
    waits.refresh_from_db()
    assert waits.state == RefundState.SUCCEEDED
    rests.refresh_from_db()
    assert (rests.state, rests.polls) == (RefundState.SUBMITTED, 0)
