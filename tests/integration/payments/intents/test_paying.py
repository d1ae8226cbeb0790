"""Asking for money: once, at the right amount, for as long as it may be paid."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from accounts.users.models import User
from payments.gateways.base import FactKind
from payments.gateways.errors import AmountNotAccepted
from payments.gateways.vnpay import protocol
from payments.intents import services
from payments.intents.enums import INTENT, DepositState, IntentState
from payments.intents.errors import (
    AlreadyPaid,
    IdempotencyConflict,
    PaymentEnded,
    PaymentExpired,
    PaymentUnderReview,
)
from payments.intents.models import Deposit, PaymentAttempt, PaymentIntent
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, fact_of, make_intent, make_paid_intent, start
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import InvalidInput


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-11-22T05:00:00Z", tick=False) as traveller:
        yield traveller


def test_an_intent_asks_for_rent_and_deposit_apart(payer: User) -> None:
    intent = make_intent(payer=payer)
    assert (intent.amount, intent.prepayment_amount, intent.deposit_amount) == (4_200_000, RENT, DEPOSIT)
    assert intent.state == IntentState.CREATED
    deposit = Deposit.objects.get()
    assert (deposit.reference, deposit.amount, deposit.state, deposit.remaining) == (
        REFERENCE,
        DEPOSIT,
        DepositState.DUE,
        0,
    )
    assert [event.target for event in states.events_of(INTENT, intent)] == ["created"]


def test_the_same_key_returns_the_same_intent(payer: User) -> None:
    first = make_intent(payer=payer, idempotency_key="booking:1")
    again = make_intent(payer=payer, idempotency_key="booking:1")
    assert again.pk == first.pk
    assert PaymentIntent.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"prepayment_amount": 1}, {"deposit_amount": 1}, {"reference": "order:OTHER"}]
)
def test_the_same_key_for_something_else_is_refused(payer: User, other: dict[str, object]) -> None:
    make_intent(payer=payer, idempotency_key="booking:1")
    with pytest.raises(IdempotencyConflict):
        make_intent(payer=payer, idempotency_key="booking:1", **other)  # type: ignore[arg-type]
    assert PaymentIntent.objects.count() == 1


def test_the_same_key_for_another_payer_is_refused(payer: User) -> None:
    make_intent(payer=payer, idempotency_key="booking:1")
    with pytest.raises(IdempotencyConflict):
        make_intent(payer=make_user(), idempotency_key="booking:1")


@pytest.mark.parametrize(("rent", "deposit"), [(0, 0), (-1, 5), (5, -1)])
def test_nothing_and_less_than_nothing_are_not_asked_for(payer: User, rent: int, deposit: int) -> None:
    with pytest.raises(InvalidInput):
        make_intent(payer=payer, prepayment_amount=rent, deposit_amount=deposit)
    assert not PaymentIntent.objects.exists()


def test_starting_sends_the_payer_to_the_provider_with_a_signed_request(
    payer: User, noon: time_machine.Traveller
) -> None:
    intent = make_intent(payer=payer, description="Thuê xe VG-7K2M4Q")
    url = services.start_payment(
        intent=intent,
        origin="http://127.0.0.1:8000",
        ip_address="203.0.113.9",
        language="en",
        by=SYSTEM,
    ).url
    sent = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert protocol.verify(sent, "test-only-vnpay_hash_secret-not-a-secret")
    del sent["vnp_SecureHash"]
    assert sent == {
        "vnp_Version": "2.1.0",
        "vnp_Command": "pay",
        "vnp_TmnCode": "VOLTGO01",
        "vnp_Amount": "420000000",
        "vnp_CreateDate": "20261122120000",
        # Two minutes before the intent itself ends.
        "vnp_ExpireDate": "20261122121300",
        "vnp_CurrCode": "VND",
        "vnp_IpAddr": "203.0.113.9",
        "vnp_Locale": "en",
        "vnp_OrderInfo": "Thue xe VG-7K2M4Q",
        "vnp_OrderType": "other",
        "vnp_ReturnUrl": "http://127.0.0.1:8000/payments/return/vnpay/",
        "vnp_TxnRef": intent.merchant_ref,
    }
    assert intent.state == IntentState.PENDING
    assert intent.language == "en"


def test_one_visit_is_over_within_the_hour_even_if_the_debt_may_be_paid_for_weeks(
    payer: User, noon: time_machine.Traveller
) -> None:
    intent = make_intent(payer=payer, minutes=30 * 24 * 60)
    assert "vnp_ExpireDate=20261122130000&" in start(intent)
    noon.shift(timedelta(days=20))
    assert "vnp_ExpireDate=20261212130000&" in start(intent)


def test_each_attempt_has_a_reference_of_its_own_and_old_ones_are_kept(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    first = intent.merchant_ref
    start(intent)
    assert intent.merchant_ref != first
    assert [attempt.merchant_ref for attempt in intent.attempts.order_by("number")] == [
        first,
        intent.merchant_ref,
    ]
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING


def test_a_failed_payment_may_be_tried_again(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    services.apply_fact(fact_of(intent, FactKind.FAILED, code="24/02", provider_ref="0"))
    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED
    start(intent)
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING


def test_a_paid_intent_is_not_started(payer: User) -> None:
    intent = make_paid_intent(payer=payer)
    with pytest.raises(AlreadyPaid):
        start(intent)
    assert intent.attempts.count() == 1


def test_a_cancelled_intent_is_not_started(payer: User) -> None:
    intent = make_intent(payer=payer)
    services.cancel_intent(intent=intent, by=SYSTEM, reason="test")
    with pytest.raises(PaymentEnded):
        start(intent)
    assert not PaymentAttempt.objects.exists()


def test_an_intent_under_review_is_not_started(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    services.apply_fact(fact_of(intent, FactKind.REVIEW, code="07/07"))
    with pytest.raises(PaymentUnderReview):
        start(intent)


@pytest.mark.parametrize(("seconds", "is_open"), [(0, True), (12 * 60 + 29, True), (12 * 60 + 30, False)])
def test_time_is_judged_when_the_payer_starts_not_by_a_job(
    payer: User, noon: time_machine.Traveller, seconds: int, is_open: bool
) -> None:
    intent = make_intent(payer=payer)
    noon.shift(timedelta(seconds=seconds))
    if is_open:
        start(intent)
        assert intent.state == IntentState.PENDING
    else:
        with pytest.raises(PaymentExpired):
            start(intent)
        assert intent.state == IntentState.CREATED


def test_an_amount_that_the_provider_cannot_carry_is_refused(payer: User) -> None:
    intent = make_intent(payer=payer, prepayment_amount=10_000_000_000, deposit_amount=0)
    with pytest.raises(AmountNotAccepted):
        start(intent)
    assert not PaymentAttempt.objects.exists()


def test_cancelling_twice_cancels_once(payer: User) -> None:
    intent = make_intent(payer=payer)
    services.cancel_intent(intent=intent, by=SYSTEM, reason="changed my mind")
    services.cancel_intent(intent=intent, by=SYSTEM, reason="again")
    assert intent.state == IntentState.CANCELLED
    assert [event.target for event in states.events_of(INTENT, intent)] == ["created", "cancelled"]


def test_a_paid_intent_is_not_cancelled(payer: User) -> None:
    intent = make_paid_intent(payer=payer)
    with pytest.raises(AlreadyPaid):
        services.cancel_intent(intent=intent, by=SYSTEM, reason="test")
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED


def test_expiring_ends_the_open_intents_of_a_reference_only(payer: User) -> None:
    open_one = make_intent(payer=payer)
    other = make_intent(payer=payer, reference="order:OTHER")
    paid = make_paid_intent(payer=payer, deposit_amount=0)
    assert services.expire_intents(REFERENCE) == 1
    assert services.expire_intents(REFERENCE) == 0
    for intent, state in ((open_one, "expired"), (other, "created"), (paid, "succeeded")):
        intent.refresh_from_db()
        assert intent.state == state


def test_a_newer_request_says_what_deposit_is_due(payer: User) -> None:
    make_intent(payer=payer)
    make_intent(payer=payer, deposit_amount=5_000_000)
    assert Deposit.objects.get().amount == 5_000_000


def test_merchant_references_carry_vietnams_date(payer: User) -> None:
    # Half past midnight in Vietnam.
    with time_machine.travel("2026-11-21T17:30:00Z", tick=False):
        intent = make_intent(payer=payer)
        start(intent)
        assert intent.merchant_ref is not None
        assert intent.merchant_ref.startswith("261122-")
        assert clock.now().day == 21
