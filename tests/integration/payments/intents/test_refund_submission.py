"""Bringing refunds to the provider: over real HTTP, one by one, and never twice blindly."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.users.models import User
from payments.gateways.base import ProviderFact
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.vnpay.gateway import VNPayGateway
from payments.intents import selectors, services, signals
from payments.intents.enums import (
    CallState,
    IntentState,
    RefundReason,
    RefundState,
)
from payments.intents.models import OutboundCall, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent, start
from tests.fakes.vnpay import Sandbox, pay, running_sandbox
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.models import OutboxMessage

STAFF = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")
SUPERVISOR = Actor(ActorKind.SUPERVISOR, "U-SUPER", "Khánh Linh")
OPERATOR = Actor(ActorKind.OPERATOR, "U-OPER", "Thu Hà")


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


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def at_provider(sandbox: Sandbox, payer: User) -> PaymentIntent:
    """An intent that was really paid at the sandbox, told to us by asking."""
    intent = make_intent(payer=payer)
    pay(start(intent))
    assert services.query_now(REFERENCE)
    intent.refresh_from_db()
    return intent


@pytest.fixture
def arrivals() -> Iterator[list[Refund]]:
    heard: list[Refund] = []

    def on_refund(sender: Any, refund: Refund, **_kwargs: Any) -> None:
        heard.append(refund)

    signals.refund_succeeded.connect(on_refund)
    yield heard
    signals.refund_succeeded.disconnect(on_refund)


def submit(refund: Refund) -> Refund:
    services.submit_refund(refund_id=refund.pk)
    refund.refresh_from_db()
    return refund


def poll() -> None:
    Refund.objects.filter(state=RefundState.SUBMITTED).update(next_poll_at="2020-01-01T00:00:00Z")
    services.poll_refunds()


def refunds_at(sandbox: Sandbox) -> list[str]:
    return [line["amount"] for line in sandbox.store.log() if line["event"] == "refund"]


def test_a_refund_is_asynchronous_until_the_provider_says_done(
    sandbox: Sandbox, at_provider: PaymentIntent, arrivals: list[Refund]
) -> None:
    sandbox.control.refund_seconds = 3600.0
    refund = submit(give_back(RENT, DEPOSIT))
    assert refund.state == RefundState.SUBMITTED
    assert refund.provider_ref
    assert OutboundCall.objects.get().state == CallState.OK
    poll()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUBMITTED
    assert arrivals == []
    sandbox.control.refund_seconds = 0.0
    poll()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert arrivals == [refund]
    at_provider.refresh_from_db()
    assert at_provider.state == IntentState.REFUNDED
    assert ledger.balance(chart.refund_clearing("vnpay")) == 0
    assert ledger.balance(chart.psp_clearing("vnpay")) == 0
    assert selectors.money_of(REFERENCE).refunded == 4_200_000
    assert refunds_at(sandbox) == ["420000000"]


def test_a_part_makes_the_payment_partly_refunded(sandbox: Sandbox, at_provider: PaymentIntent) -> None:
    submit(give_back(500_000))
    poll()
    at_provider.refresh_from_db()
    assert at_provider.state == IntentState.PARTLY_REFUNDED


def test_the_outbox_brings_it_to_the_provider(sandbox: Sandbox, at_provider: PaymentIntent) -> None:
    refund = give_back(500_000)
    assert outbox.run_all() >= 1
    refund.refresh_from_db()
    assert refund.state == RefundState.SUBMITTED
    assert outbox.run_all() == 0


def test_running_the_job_again_sends_nothing_again(sandbox: Sandbox, at_provider: PaymentIntent) -> None:
    refund = submit(give_back(500_000))
    submit(refund)
    assert refunds_at(sandbox) == ["50000000"]


def test_refunds_of_one_payment_go_one_by_one(sandbox: Sandbox, at_provider: PaymentIntent) -> None:
    sandbox.control.refund_seconds = 3600.0
    first = submit(give_back(500_000, key="a"))
    second = submit(give_back(500_000, key="b"))
    assert (first.state, second.state) == (RefundState.SUBMITTED, RefundState.APPROVED)
    sandbox.control.refund_seconds = 0.0
    poll()
    outbox.run_all()
    poll()
    assert [row.state for row in selectors.refunds_of(REFERENCE)] == [RefundState.SUCCEEDED] * 2
    assert refunds_at(sandbox) == ["50000000", "50000000"]


def test_a_provider_that_is_away_is_asked_later(sandbox: Sandbox, at_provider: PaymentIntent) -> None:
    refund = give_back(500_000)
    sandbox.stop()
    with pytest.raises(GatewayUnavailable):
        services.submit_refund(refund_id=refund.pk)
    call = OutboundCall.objects.get()
    assert (call.state, call.attempts) == (CallState.PREPARED, 1)


def test_an_answer_that_got_lost_is_asked_for_and_not_repeated(
    sandbox: Sandbox, at_provider: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider did it, and its answer never came: the danger of a double refund."""
    refund = give_back(500_000)
    real = VNPayGateway.refund

    def lost(self: VNPayGateway, request: Any) -> ProviderFact:
        real(self, request)
        raise OutcomeUnknown

    monkeypatch.setattr(VNPayGateway, "refund", lost)
    with pytest.raises(OutcomeUnknown):
        services.submit_refund(refund_id=refund.pk)
    assert OutboundCall.objects.get().state == CallState.UNKNOWN
    monkeypatch.undo()
    submit(refund)
    assert refunds_at(sandbox) == ["50000000"]
    assert OutboundCall.objects.get().state == CallState.OK
    poll()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED


def test_a_request_that_never_arrived_is_sent_again(
    sandbox: Sandbox, at_provider: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = give_back(500_000)

    def lost(self: VNPayGateway, request: Any) -> ProviderFact:
        raise OutcomeUnknown

    monkeypatch.setattr(VNPayGateway, "refund", lost)
    with pytest.raises(OutcomeUnknown):
        services.submit_refund(refund_id=refund.pk)
    monkeypatch.undo()
    assert refunds_at(sandbox) == []
    submit(refund)
    assert refunds_at(sandbox) == ["50000000"]


def test_an_equal_earlier_refund_is_not_taken_for_the_lost_one(
    sandbox: Sandbox, at_provider: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(give_back(500_000, key="a"))
    poll()
    second = give_back(500_000, key="b")

    def lost(self: VNPayGateway, request: Any) -> ProviderFact:
        raise OutcomeUnknown

    monkeypatch.setattr(VNPayGateway, "refund", lost)
    with pytest.raises(OutcomeUnknown):
        services.submit_refund(refund_id=second.pk)
    monkeypatch.undo()
    submit(second)
    assert refunds_at(sandbox) == ["50000000", "50000000"]


def test_the_poller_sends_again_what_the_job_gave_up(
    sandbox: Sandbox, at_provider: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = give_back(500_000)

    def lost(self: VNPayGateway, request: Any) -> ProviderFact:
        raise OutcomeUnknown

    monkeypatch.setattr(VNPayGateway, "refund", lost)
    with pytest.raises(OutcomeUnknown):
        services.submit_refund(refund_id=refund.pk)
    monkeypatch.undo()
    OutboxMessage.objects.update(dead_at="2026-01-01T00:00:00Z")
    poll()
    outbox.run_all()
    assert refunds_at(sandbox) == ["50000000"]


def test_a_bank_that_rejects_leaves_the_debt_and_an_operator_retries(
    sandbox: Sandbox, at_provider: PaymentIntent, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.control.reject_refunds = True
    refund = submit(give_back(500_000))
    poll()
    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED
    assert "ALERT refund" in caplog.text
    # The money still is not ours.
    assert ledger.balance(chart.refund_clearing("vnpay")) == 500_000
    assert selectors.money_of(REFERENCE).pending_refunds == 500_000
    sandbox.control.reject_refunds = False
    first_request = refund.request_id
    services.retry_refund(refund=refund, by=OPERATOR)
    assert refund.request_id != first_request
    outbox.run_all()
    poll()
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert ledger.balance(chart.refund_clearing("vnpay")) == 0


def test_a_second_payment_goes_back_by_itself(
    sandbox: Sandbox, at_provider: PaymentIntent, payer: User
) -> None:
    intent = make_intent(payer=payer, reference="order:TWICE")
    first, second = start(intent), start(intent)
    pay(first)
    pay(second)
    assert services.query_now("order:TWICE")
    outbox.run_all()
    poll()
    assert selectors.money_of("order:TWICE").refunded == 4_200_000
    intent.refresh_from_db()
    # Its own money is still there.
    assert intent.state == IntentState.SUCCEEDED
    assert selectors.balance_of("order:TWICE") == selectors.ReferenceBalance(RENT, DEPOSIT, 0, 0)
