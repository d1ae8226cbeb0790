"""Asking the provider when it has not told us."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from accounts.users.models import User
from payments.gateways.vnpay.gateway import VNPayGateway
from payments.intents import services, tasks
from payments.intents.enums import IntentState
from payments.intents.models import PaymentAttempt, PaymentIntent
from payments.ledger.models import LedgerEntry
from tests.factories.payments import REFERENCE, make_intent, start
from tests.fakes.vnpay import Sandbox, pay, running_sandbox
from voltgo.core import clock


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def intent(payer: User) -> PaymentIntent:
    return make_intent(payer=payer)


def state_of(intent: PaymentIntent) -> str:
    intent.refresh_from_db()
    return intent.state


def test_a_lost_notification_is_made_good_by_the_poll_after_two_minutes(
    sandbox: Sandbox, intent: PaymentIntent
) -> None:
    pay(start(intent))
    assert tasks.poll_pending() == 0
    assert state_of(intent) == IntentState.PENDING
    with time_machine.travel(clock.now() + timedelta(minutes=2), tick=False):
        assert tasks.poll_pending() == 1
        assert tasks.poll_pending() == 0
    assert state_of(intent) == IntentState.SUCCEEDED
    assert LedgerEntry.objects.count() == 1
    assert intent.attempts.get().next_poll_at is None


def test_an_undecided_payment_is_asked_about_again(sandbox: Sandbox, intent: PaymentIntent) -> None:
    start(intent)
    began = intent.attempts.get().provider_created_at
    asked_at = []
    for minutes in range(1, 25):
        with time_machine.travel(began + timedelta(minutes=minutes), tick=False):
            if tasks.poll_pending():
                asked_at.append(minutes)
    assert asked_at == [2, 5, 10, 20]
    assert state_of(intent) == IntentState.PENDING


def test_after_a_day_nobody_asks_any_more(sandbox: Sandbox, intent: PaymentIntent) -> None:
    start(intent)
    PaymentAttempt.objects.update(polls=30)
    with time_machine.travel(clock.now() + timedelta(hours=25), tick=False):
        tasks.poll_pending()
    assert intent.attempts.get().next_poll_at is None


def test_a_failure_found_by_asking_is_a_failure(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent), "no_money")
    assert not services.query_now(REFERENCE)
    assert state_of(intent) == IntentState.FAILED


def test_before_a_reservation_ends_the_provider_is_asked_about_every_attempt(
    sandbox: Sandbox, intent: PaymentIntent
) -> None:
    first = start(intent)
    start(intent)
    pay(first)
    assert services.query_now(REFERENCE)
    assert state_of(intent) == IntentState.SUCCEEDED


def test_a_provider_that_is_away_counts_as_not_paid_and_is_left_alone_for_a_while(
    sandbox: Sandbox, payer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    intents = [make_intent(payer=payer, reference=f"order:{number}") for number in range(5)]
    for intent in intents:
        start(intent)
    sandbox.stop()
    asked: list[str] = []
    real = VNPayGateway.fetch

    def counted(self: VNPayGateway, request: object) -> object:
        asked.append(str(request))
        return real(self, request)  # type: ignore[arg-type]

    monkeypatch.setattr(VNPayGateway, "fetch", counted)
    assert [services.query_now(intent.reference) for intent in intents] == [False] * 5
    assert len(asked) == 1
    assert {state_of(intent) for intent in intents} == {IntentState.PENDING}


def test_a_provider_in_trouble_is_asked_again_later(sandbox: Sandbox, intent: PaymentIntent) -> None:
    pay(start(intent))
    sandbox.control.http_status = 503
    assert not services.query_now(REFERENCE)
    sandbox.control.http_status = 0
    assert services.query_now(REFERENCE)


def test_nothing_to_ask_about_is_no_payment(payer: User) -> None:
    assert not services.query_now("order:NOBODY")
    assert tasks.poll_pending() == 0
    assert tasks.poll_refunds() == 0
