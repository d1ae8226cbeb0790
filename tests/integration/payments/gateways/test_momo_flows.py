"""Paying, holding and refunding with MoMo through our own services: what is lost, repeated, reordered or forged."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from django.test import Client

from accounts.users.models import User
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.momo import gateway as adapter
from payments.gateways.sandbox.notifier import Mishap
from payments.intents import services, tasks
from payments.intents.enums import (
    AttemptOutcome,
    CallState,
    HoldState,
    IntentState,
    RefundReason,
    RefundState,
)
from payments.intents.models import (
    Deposit,
    DepositHold,
    OutboundCall,
    Payment,
    PaymentAttempt,
    PaymentIntent,
    Refund,
)
from payments.intents.presentation import payment_page
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from payments.webhooks.models import ProviderEvent, RejectedEvent
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent
from tests.fakes.momo import Sandbox, pay, running_momo
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

URL = "/webhooks/momo/"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    # Its own notifications are lost on the way; the tests deliver what it would say.
    with running_momo(on_start=lambda momo: momo.control.change({"drop": 99})) as running:
        yield running


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def intent(payer: User) -> PaymentIntent:
    return make_intent(payer=payer)


def start(intent: PaymentIntent) -> str:
    destination = services.start_payment(
        intent=intent,
        origin="http://127.0.0.1:8000",
        ip_address="127.0.0.1",
        language="vi",
        method="momo",
        by=SYSTEM,
    )
    intent.refresh_from_db()
    return str(destination.url)


def said(sandbox: Sandbox, intent: PaymentIntent, mishap: Mishap | None = None, **data: Any) -> bytes:
    """Return the notification about an intent as MoMo words it."""
    outgoing = sandbox.callback(str(intent.merchant_ref), data, mishap or Mishap())
    assert outgoing is not None
    return outgoing.body


def deliver(body: bytes) -> int:
    client = Client(enforce_csrf_checks=True)
    return client.post(URL, body, content_type="application/json; charset=UTF-8").status_code


def state_of(intent: PaymentIntent) -> str:
    intent.refresh_from_db()
    return intent.state


# --- Paying -------------------------------------------------------------------------------------
def test_a_notification_is_recorded_once_and_answered_204_each_time(
    sandbox: Sandbox, intent: PaymentIntent
) -> None:
    pay(start(intent))
    body = said(sandbox, intent)

    assert [deliver(body) for _ in range(3)] == [204, 204, 204]

    assert state_of(intent) == IntentState.SUCCEEDED
    assert LedgerEntry.objects.count() == 1
    payment = Payment.objects.get()
    assert (payment.provider, payment.amount, payment.method) == ("momo", RENT + DEPOSIT, "MoMo qr")
    event = ProviderEvent.objects.get()
    assert (event.deliveries, event.result) == (3, "recorded")
    assert ledger.balance(chart.psp_clearing("momo")) == RENT + DEPOSIT


def test_a_forged_notification_changes_nothing_and_stays_out_of_the_inbox(
    sandbox: Sandbox, intent: PaymentIntent
) -> None:
    pay(start(intent))

    assert deliver(said(sandbox, intent, Mishap(corrupt_signature=True))) == 400

    assert state_of(intent) == IntentState.PENDING
    assert not ProviderEvent.objects.exists()
    assert RejectedEvent.objects.get().provider == "momo"
    assert not LedgerEntry.objects.exists()


def test_a_correctly_signed_wrong_amount_is_refused_and_alerted(
    sandbox: Sandbox, intent: PaymentIntent, caplog: pytest.LogCaptureFixture
) -> None:
    pay(start(intent))

    assert deliver(said(sandbox, intent, Mishap(wrong_amount=True))) == 400

    assert "ALERT amount_mismatch" in caplog.text
    assert state_of(intent) == IntentState.PENDING
    # And the right one is still taken.
    assert deliver(said(sandbox, intent)) == 204
    assert state_of(intent) == IntentState.SUCCEEDED


def test_a_notification_about_an_unknown_order_is_refused(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent))
    body = said(sandbox, intent)
    PaymentAttempt.objects.update(merchant_ref="261122-NOBODY")

    assert deliver(body) == 400

    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("code", [7000, 7002, 1000, 8000, 9000])
def test_pending_and_authorised_are_no_failure_and_the_money_is_still_taken(
    sandbox: Sandbox, intent: PaymentIntent, code: int
) -> None:
    pay(start(intent))

    assert deliver(said(sandbox, intent, code=code)) == 204
    assert state_of(intent) == IntentState.PENDING
    assert PaymentAttempt.objects.get().outcome == AttemptOutcome.STARTED
    assert not LedgerEntry.objects.exists()

    assert deliver(said(sandbox, intent)) == 204
    assert state_of(intent) == IntentState.SUCCEEDED


def test_an_overtaken_notification_does_not_undo_a_success(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent))

    answers = [deliver(said(sandbox, intent, code=code)) for code in (0, 7002, 1006)]

    assert answers[:2] == [204, 204]
    assert state_of(intent) == IntentState.SUCCEEDED
    assert LedgerEntry.objects.count() == 1


def test_money_after_a_failure_is_still_taken(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent))

    assert deliver(said(sandbox, intent, code=1006)) == 204
    assert state_of(intent) == IntentState.FAILED

    assert deliver(said(sandbox, intent)) == 204
    assert state_of(intent) == IntentState.SUCCEEDED


def test_a_lost_notification_is_made_good_by_the_poll(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent))

    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert tasks.poll_pending() == 1

    assert state_of(intent) == IntentState.SUCCEEDED
    assert LedgerEntry.objects.count() == 1
    # The notification that comes after all is known.
    assert deliver(said(sandbox, intent)) == 204
    assert LedgerEntry.objects.count() == 1


def test_who_declines_may_try_again_under_a_new_reference(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent), "cancel")
    deliver(said(sandbox, intent))
    first = intent.merchant_ref
    assert state_of(intent) == IntentState.FAILED

    pay(start(intent))
    deliver(said(sandbox, intent))

    assert state_of(intent) == IntentState.SUCCEEDED
    assert intent.merchant_ref != first


def test_a_return_without_a_notification_confirms_nothing(sandbox: Sandbox, intent: PaymentIntent) -> None:
    address = httpx.URL(pay(start(intent)))

    response = Client().get(f"{address.path}?{address.query.decode()}")

    assert response.status_code in {200, 302}
    assert state_of(intent) == IntentState.PENDING
    assert not LedgerEntry.objects.exists()


# --- Starting -----------------------------------------------------------------------------------
def test_a_second_start_leads_to_the_same_page(sandbox: Sandbox, intent: PaymentIntent) -> None:
    assert start(intent) == start(intent)

    assert len(sandbox.store.find("order")) == 1
    assert PaymentAttempt.objects.count() == 1


def test_a_start_whose_answer_was_lost_goes_on_under_the_same_reference(
    sandbox: Sandbox, intent: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.2))
    sandbox.control.api_delay_ms = 500
    with pytest.raises(OutcomeUnknown):
        start(intent)
    assert PaymentAttempt.objects.get().outcome == AttemptOutcome.PREPARED

    sandbox.control.api_delay_ms = 0
    pay(start(intent))
    deliver(said(sandbox, intent))

    assert state_of(intent) == IntentState.SUCCEEDED
    assert PaymentAttempt.objects.count() == 1
    assert len(sandbox.store.find("order")) == 1


def test_when_momo_is_down_the_attempt_ends_and_another_way_is_open(
    sandbox: Sandbox, intent: PaymentIntent
) -> None:
    sandbox.stop()

    with pytest.raises(GatewayUnavailable):
        start(intent)

    attempt = PaymentAttempt.objects.get()
    assert (attempt.outcome, attempt.provider_code) == (AttemptOutcome.FAILED, "unreachable")
    ways = {way["value"]: way["is_away"] for way in payment_page(intent)["methods"]}
    assert (ways["momo"], ways["vnpay"]) == (True, False)


@pytest.mark.parametrize(
    ("amount", "is_offered"), [(999, False), (1_000, True), (50_000_000, True), (60_000_000, False)]
)
def test_momo_is_offered_within_its_limits_only(payer: User, amount: int, is_offered: bool) -> None:
    intent = make_intent(payer=payer, prepayment_amount=amount, deposit_amount=0)

    methods = [way["value"] for way in payment_page(intent)["methods"]]

    assert ("momo" in methods, "vnpay" in methods) == (is_offered, True)


# --- Refunds ------------------------------------------------------------------------------------
@pytest.fixture
def paid(sandbox: Sandbox, intent: PaymentIntent) -> PaymentIntent:
    pay(start(intent))
    deliver(said(sandbox, intent))
    intent.refresh_from_db()
    return intent


def give_back(amount: int = 500_000) -> Refund:
    return services.refund(
        reference=REFERENCE,
        prepayment_amount=amount,
        deposit_amount=0,
        reason=RefundReason.CANCELLATION,
        idempotency_key="cancel:1",
        by=SYSTEM,
    )


def refunded_at(sandbox: Sandbox) -> list[int]:
    return [refund["amount"] for order in sandbox.store.find("order") for refund in order["refunds"]]


def test_a_refund_is_made_once_and_booked_once(sandbox: Sandbox, paid: PaymentIntent) -> None:
    refund = give_back()

    for _ in range(2):
        services.submit_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert refunded_at(sandbox) == [500_000]
    assert ledger.balance(chart.psp_clearing("momo")) == RENT + DEPOSIT - 500_000


def test_a_refund_whose_answer_was_lost_is_asked_about_and_not_sent_again(
    sandbox: Sandbox, paid: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = give_back()
    monkeypatch.setattr(adapter, "TIMEOUT", httpx.Timeout(0.2))
    sandbox.control.api_delay_ms = 500
    with pytest.raises(OutcomeUnknown):
        services.submit_refund(refund_id=refund.pk)
    assert OutboundCall.objects.get(operation="refund").state == CallState.UNKNOWN

    sandbox.control.api_delay_ms = 0
    services.submit_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert refunded_at(sandbox) == [500_000]


def test_a_refund_that_never_arrived_is_sent_later(sandbox: Sandbox, paid: PaymentIntent) -> None:
    refund = give_back()
    sandbox.control.http_status = 503
    with pytest.raises(OutcomeUnknown):
        services.submit_refund(refund_id=refund.pk)
    assert refunded_at(sandbox) == []

    sandbox.control.http_status = 0
    services.submit_refund(refund_id=refund.pk)

    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert refunded_at(sandbox) == [500_000]


# --- Holds --------------------------------------------------------------------------------------
def test_a_deposit_alone_is_held_and_no_money_is_booked(sandbox: Sandbox, payer: User) -> None:
    intent = make_intent(payer=payer, prepayment_amount=0, deposit_amount=5_000_000)
    pay(start(intent))

    assert [deliver(said(sandbox, intent)) for _ in range(2)] == [204, 204]

    assert state_of(intent) == IntentState.SUCCEEDED
    assert (intent.received_amount, intent.pledged_amount) == (0, 5_000_000)
    hold = DepositHold.objects.get()
    assert (hold.provider, hold.state, hold.amount) == ("momo", HoldState.HELD, 5_000_000)
    assert Deposit.objects.get().on_hold == 5_000_000
    assert not Payment.objects.exists()
    assert ledger.balance(chart.psp_clearing("momo")) == 0


def test_a_hold_that_the_payer_declines_ends_the_try(sandbox: Sandbox, payer: User) -> None:
    intent = make_intent(payer=payer, prepayment_amount=0, deposit_amount=5_000_000)
    pay(start(intent), "cancel")

    assert deliver(said(sandbox, intent)) == 204

    assert state_of(intent) == IntentState.FAILED
    assert not DepositHold.objects.exists()


# --- Secrets ------------------------------------------------------------------------------------
def test_no_secret_is_kept_or_logged(
    sandbox: Sandbox, paid: PaymentIntent, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    caplog.set_level("DEBUG")
    services.submit_refund(refund_id=give_back().pk)
    deliver(said(sandbox, paid, Mishap(corrupt_signature=True)))

    kept = json.dumps(
        [
            *ProviderEvent.objects.values("raw", "headers", "dedup_key"),
            *RejectedEvent.objects.values("raw"),
            *OutboundCall.objects.values("response", "request_hash", "idempotency_key"),
            sandbox.store.log(),
        ]
    )
    for secret in (settings.MOMO["SECRET_KEY"], settings.MOMO["ACCESS_KEY"]):
        assert secret not in kept
        assert secret not in caplog.text
