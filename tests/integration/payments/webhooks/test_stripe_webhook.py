"""Stripe's webhook from end to end: the local Stripe's own messages, in any order, against real rows."""

import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.users.models import User
from payments.gateways.sandbox.notifier import Mishap
from payments.gateways.stripe import protocol
from payments.intents import services
from payments.intents.enums import AttemptOutcome, IntentState
from payments.intents.models import (
    Chargeback,
    DepositHold,
    Payment,
    PaymentAttempt,
    PaymentIntent,
    SavedInstrument,
)
from payments.ledger.models import LedgerEntry
from payments.webhooks.models import ProviderEvent, RejectedEvent
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, RENT, make_intent
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

URL = "/webhooks/stripe/"


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe() as running:
        yield running


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


def start(intent: PaymentIntent) -> str:
    return services.start_payment(
        intent=intent,
        method="stripe",
        origin="http://127.0.0.1:8000",
        ip_address="127.0.0.1",
        language="vi",
        by=SYSTEM,
    ).url


def plain(payer: User, **fields: Any) -> PaymentIntent:
    return make_intent(payer=payer, deposit_amount=0, **fields)


def post(body: bytes, signature: str) -> tuple[int, bool]:
    response = Client(enforce_csrf_checks=True).post(
        URL, body, content_type="application/json", headers={"Stripe-Signature": signature}
    )
    return response.status_code, json.loads(response.content)["received"]


def deliver(sandbox: StripeSandbox, number: str, mishap: Mishap | None = None) -> tuple[int, bool]:
    """Send one message of the local Stripe as it would."""
    outgoing = sandbox.callback(number, {}, mishap or Mishap())
    assert outgoing is not None
    return post(outgoing.body, outgoing.headers["Stripe-Signature"])


def numbers(sandbox: StripeSandbox, *kinds: str) -> list[str]:
    """Return the messages of the local Stripe, oldest first."""
    rows = sandbox.store.find("event")
    return [row["id"] for row in rows if not kinds or row["type"] in kinds]


def deliver_all(sandbox: StripeSandbox) -> set[tuple[int, bool]]:
    return {deliver(sandbox, number) for number in numbers(sandbox)}


def signed(event: dict[str, Any], **changes: Any) -> tuple[bytes, str]:
    body = json.dumps(event).encode()
    at = int(clock.now().timestamp()) + changes.get("later", 0)
    return body, protocol.signature_header(body, at, settings.STRIPE["WEBHOOK_SECRET"])


def test_a_payment_is_recorded_once_whoever_tells_of_it(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    pay(start(intent))

    assert deliver_all(sandbox) == {(200, True)}
    assert deliver_all(sandbox) == {(200, True)}

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    payment = Payment.objects.get()
    assert (payment.provider, payment.amount, payment.merchant_ref) == ("stripe", RENT, intent.merchant_ref)
    assert payment.provider_ref.startswith("pi_")
    assert LedgerEntry.objects.count() == 1
    kept = ProviderEvent.objects.filter(result__in=["recorded", "repeated"])
    assert sorted(kept.values_list("result", "deliveries")) == [("recorded", 2), ("repeated", 2)]


def test_any_order_of_messages_ends_the_same(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    page = start(intent)
    pay(page, "pm_card_visa_chargeDeclined")
    pay(page)
    told = numbers(
        sandbox, "payment_intent.payment_failed", "payment_intent.succeeded", "checkout.session.completed"
    )
    assert len(told) == 3
    ends: set[tuple[object, ...]] = set()
    for order in permutations(told):
        with transaction.atomic():
            for number in order:
                assert deliver(sandbox, number) == (200, True)
            intent.refresh_from_db()
            attempt = PaymentAttempt.objects.get()
            ends.add((intent.state, attempt.outcome, attempt.provider_ref, attempt.provider_code))
            ends.add(tuple(Payment.objects.values_list("amount", "provider_ref")))
            assert LedgerEntry.objects.count() == 1
            transaction.set_rollback(True)
    assert len(ends) == 2


def test_a_declined_card_leaves_the_attempt_open(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    pay(start(intent), "pm_card_visa_chargeDeclined")

    assert deliver_all(sandbox) == {(200, True)}

    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    assert PaymentAttempt.objects.get().outcome == AttemptOutcome.STARTED
    assert not LedgerEntry.objects.exists()


def test_a_closed_page_ends_the_attempt(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    start(intent)
    with sandbox.store.transaction():
        sandbox.sessions.expire(sandbox.store.find("checkout.session")[0])

    deliver_all(sandbox)

    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED
    assert PaymentAttempt.objects.get().provider_code == "expired"


def test_the_rent_is_paid_and_the_card_kept_for_the_deposit(sandbox: StripeSandbox, payer: User) -> None:
    intent = make_intent(payer=payer)
    pay(start(intent))

    assert deliver_all(sandbox) == {(200, True)}

    intent.refresh_from_db()
    assert (intent.state, intent.received_amount, intent.pledged_amount) == (
        IntentState.SUCCEEDED,
        RENT,
        DEPOSIT,
    )
    card = SavedInstrument.objects.get()
    assert (card.label, card.provider) == ("Visa •••• 4242", "stripe")
    assert DepositHold.objects.get().amount == DEPOSIT


def test_a_success_is_asked_for_again_while_stripe_is_away(sandbox: StripeSandbox, payer: User) -> None:
    intent = make_intent(payer=payer)
    pay(start(intent))
    (paid,) = numbers(sandbox, "payment_intent.succeeded")

    sandbox.control.http_status = 500
    assert deliver(sandbox, paid) == (500, False)
    assert not Payment.objects.exists()
    sandbox.control.http_status = 0

    assert deliver(sandbox, paid) == (200, True)
    assert Payment.objects.get().amount == RENT


def test_a_dispute_takes_the_money_back_and_a_verdict_decides(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    pay(start(intent), "pm_card_createDispute")
    deliver_all(sandbox)
    intent.refresh_from_db()
    assert intent.state == IntentState.CHARGED_BACK
    row = Chargeback.objects.get()
    assert (row.amount, row.reason, row.state) == (RENT, "fraudulent", "open")

    with sandbox.store.transaction():
        sandbox.books.close_dispute(sandbox.store.find("dispute")[0], "won")
    deliver_all(sandbox)

    row.refresh_from_db()
    intent.refresh_from_db()
    assert (row.state, intent.state) == ("won", IntentState.SUCCEEDED)


def test_an_inquiry_of_a_bank_moves_nothing(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    pay(start(intent))
    with sandbox.store.transaction():
        charge = sandbox.store.find("charge")[0]
        sandbox.books.dispute(charge, "unrecognized", is_inquiry=True)

    deliver_all(sandbox)

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert not Chargeback.objects.exists()


# --- What is refused ----------------------------------------------------------------------------
@pytest.mark.parametrize(("seconds", "status"), [(0, 200), (299, 200), (301, 400), (-86_400, 400)])
def test_a_message_is_taken_only_near_its_own_time(
    sandbox: StripeSandbox, payer: User, seconds: int, status: int
) -> None:
    pay(start(plain(payer)))
    outgoing = sandbox.callback(numbers(sandbox, "payment_intent.succeeded")[0], {}, Mishap())
    assert outgoing is not None

    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=False):
        assert post(outgoing.body, outgoing.headers["Stripe-Signature"])[0] == status

    assert Payment.objects.exists() is (status == 200)
    assert RejectedEvent.objects.exists() is (status == 400)


def test_a_changed_message_is_refused(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    pay(start(intent))
    (paid,) = numbers(sandbox, "payment_intent.succeeded")

    assert deliver(sandbox, paid, Mishap(corrupt_signature=True)) == (400, False)

    assert not ProviderEvent.objects.exists()
    assert not Payment.objects.exists()


def test_another_amount_correctly_signed_is_not_booked(sandbox: StripeSandbox, payer: User) -> None:
    intent = plain(payer)
    pay(start(intent))
    (paid,) = numbers(sandbox, "payment_intent.succeeded")

    assert deliver(sandbox, paid, Mishap(wrong_amount=True)) == (200, True)

    assert ProviderEvent.objects.get().result == "amount_mismatch"
    assert not Payment.objects.exists()


def test_neither_the_signature_nor_what_no_database_keeps_is_stored(
    sandbox: StripeSandbox, payer: User
) -> None:
    pay(start(plain(payer)))
    (paid,) = numbers(sandbox, "payment_intent.succeeded")
    assert deliver(sandbox, paid) == (200, True)
    assert "Stripe-Signature" not in ProviderEvent.objects.get().headers

    assert post(b"{\0}", "t=1,v1=0") == (400, False)
    assert RejectedEvent.objects.get().raw == "{\N{REPLACEMENT CHARACTER}}"


def test_real_money_and_test_money_are_not_mixed(sandbox: StripeSandbox, payer: User) -> None:
    pay(start(plain(payer)))
    event = sandbox.store.find("event", type="payment_intent.succeeded")[0]
    event["data"]["object"]["livemode"] = True

    assert post(*signed(event)) == (200, True)

    assert ProviderEvent.objects.get().result == "merchant_mismatch"
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    "event",
    [
        {
            "id": "evt_9",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": "pi_9", "metadata": {}}},
        },
        {"id": "evt_9", "type": "invoice.paid", "data": {"object": {"id": "in_9"}}},
        {},
    ],
)
def test_what_is_none_of_ours_is_answered_and_not_kept(event: dict[str, Any]) -> None:
    assert post(*signed(event)) == (200, True)
    assert not ProviderEvent.objects.exists()


def test_a_refund_that_nobody_here_asked_for_is_noticed(caplog: pytest.LogCaptureFixture) -> None:
    refund = {"id": "re_9", "object": "refund", "status": "succeeded", "amount": 5, "currency": "vnd"}

    assert post(*signed({"id": "evt_9", "type": "refund.created", "data": {"object": refund}})) == (200, True)

    assert ProviderEvent.objects.get().result == "unknown_reference"
    assert "stripe names an unknown refund re_9" in caplog.text
