"""VNPay's notification: checked, kept, applied once, answered as its table says."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client

from accounts.users.models import User
from payments.gateways.vnpay import protocol
from payments.intents import services, signals
from payments.intents.enums import IntentState
from payments.intents.models import Payment, PaymentIntent
from payments.ledger.models import LedgerEntry
from payments.webhooks import services as webhooks
from payments.webhooks.models import ProviderEvent, RejectedEvent
from tests.factories.accounts import make_user
from tests.factories.payments import fact_of, make_intent, start

URL = "/webhooks/vnpay/ipn"
SECRET = "test-only-vnpay_hash_secret-not-a-secret"


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def intent(payer: User) -> PaymentIntent:
    row = make_intent(payer=payer)
    start(row)
    return row


def message(intent: PaymentIntent, **changes: str) -> dict[str, str]:
    """Return a signed notification of success, with the changes signed too."""
    parameters = {
        "vnp_TmnCode": "VOLTGO01",
        "vnp_Amount": str(intent.amount * 100),
        "vnp_BankCode": "NCB",
        "vnp_CardType": "ATM",
        "vnp_OrderInfo": "Thue xe VG-7K2M4Q",
        "vnp_PayDate": "20261122120500",
        "vnp_ResponseCode": "00",
        "vnp_TransactionNo": "14000001",
        "vnp_TransactionStatus": "00",
        "vnp_TxnRef": str(intent.merchant_ref),
        **changes,
    }
    return {**parameters, "vnp_SecureHash": protocol.sign(parameters, SECRET)}


def call(parameters: dict[str, str], **extra: Any) -> tuple[int, str]:
    response = Client(enforce_csrf_checks=True).get(URL, parameters, **extra)
    return response.status_code, json.loads(response.content or b'{"RspCode": ""}')["RspCode"]


def test_a_success_is_recorded_and_its_repetition_already_known(intent: PaymentIntent) -> None:
    assert [call(message(intent)) for _ in range(3)] == [(200, "00"), (200, "02"), (200, "02")]
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert intent.succeeded_at is not None
    assert intent.succeeded_at.isoformat() == "2026-11-22T05:05:00+00:00"
    assert Payment.objects.get().method == "ATM NCB"
    event = ProviderEvent.objects.get()
    assert (event.deliveries, event.result, event.error) == (3, "recorded", "")
    assert event.processed_at is not None
    assert LedgerEntry.objects.count() == 1


def test_the_answer_has_the_words_that_vnpay_expects(intent: PaymentIntent) -> None:
    response = Client().get(URL, message(intent))
    assert json.loads(response.content) == {"RspCode": "00", "Message": "Confirm Success"}
    assert response.headers["Content-Type"] == "application/json"


def test_optional_fields_are_not_required(intent: PaymentIntent) -> None:
    slim = dict.fromkeys(("vnp_BankCode", "vnp_CardType", "vnp_PayDate", "vnp_OrderInfo"), "")
    assert call(message(intent, **slim)) == (200, "00")


def test_a_recorded_failure_is_answered_with_00_so_that_vnpay_stops(intent: PaymentIntent) -> None:
    failure = message(intent, vnp_ResponseCode="24", vnp_TransactionStatus="02", vnp_TransactionNo="0")
    assert [call(failure), call(failure)] == [(200, "00"), (200, "02")]
    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED


def test_success_code_with_failed_status_is_not_paid(intent: PaymentIntent) -> None:
    assert call(message(intent, vnp_TransactionStatus="02")) == (200, "00")
    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("response_code", "status"), [("07", "07"), ("07", "00"), ("00", "04"), ("99", "04")]
)
def test_suspicious_and_reversed_payments_go_to_a_person(
    intent: PaymentIntent, response_code: str, status: str
) -> None:
    suspicious = message(intent, vnp_ResponseCode=response_code, vnp_TransactionStatus=status)
    assert call(suspicious) == (200, "00")
    intent.refresh_from_db()
    assert intent.state == IntentState.NEEDS_REVIEW
    assert not LedgerEntry.objects.exists()


def test_a_success_without_a_transaction_number_goes_to_a_person(intent: PaymentIntent) -> None:
    assert call(message(intent, vnp_TransactionNo="0")) == (200, "00")
    intent.refresh_from_db()
    assert intent.state == IntentState.NEEDS_REVIEW


def test_an_unknown_order_is_01(intent: PaymentIntent) -> None:
    assert call(message(intent, vnp_TxnRef="260101-NOBODY")) == (200, "01")
    assert call(message(intent, vnp_TmnCode="SOMEBODY")) == (200, "01")
    assert not LedgerEntry.objects.exists()


def test_a_correctly_signed_wrong_amount_is_04_each_time(
    intent: PaymentIntent, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = message(intent, vnp_Amount="100")
    assert [call(wrong), call(wrong)] == [(200, "04"), (200, "04")]
    assert "ALERT amount_mismatch" in caplog.text
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING
    assert ProviderEvent.objects.get().processed_at is None
    # And the right one is still taken.
    assert call(message(intent)) == (200, "00")


@pytest.mark.parametrize("name", ["vnp_Amount", "vnp_TxnRef", "vnp_ResponseCode", "vnp_SecureHash"])
def test_a_changed_message_is_97_and_does_not_enter_the_inbox(intent: PaymentIntent, name: str) -> None:
    forged = message(intent)
    forged[name] = forged[name][:-1] + ("1" if forged[name][-1] != "1" else "2")
    assert call(forged) == (200, "97")
    assert not ProviderEvent.objects.exists()
    assert RejectedEvent.objects.get().address == "127.0.0.1"
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING


def test_a_flood_of_bad_signatures_is_throttled_and_bounded(
    intent: PaymentIntent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "KEEP_REJECTED", 5)
    answers = [call({"vnp_TxnRef": str(number), "vnp_SecureHash": "00"}) for number in range(35)]
    assert answers[:30] == [(200, "97")] * 30
    assert answers[30:] == [(429, "")] * 5
    assert RejectedEvent.objects.count() == 5
    # A true message from the same address still gets through.
    assert call(message(intent)) == (200, "00")


def test_a_handler_that_dies_three_times_is_called_again_and_books_once(intent: PaymentIntent) -> None:
    deaths = iter([RuntimeError(), RuntimeError(), RuntimeError()])

    def die(**_kwargs: Any) -> None:
        for death in deaths:
            raise death

    signals.payment_succeeded.connect(die)
    try:
        answers = [call(message(intent)) for _ in range(4)]
    finally:
        signals.payment_succeeded.disconnect(die)
    assert answers == [(200, "99"), (200, "99"), (200, "99"), (200, "00")]
    event = ProviderEvent.objects.get()
    assert (event.deliveries, event.result, event.error) == (4, "recorded", "")
    assert LedgerEntry.objects.count() == 1


def test_the_error_on_the_event_names_its_kind_only(intent: PaymentIntent) -> None:
    with patch.object(webhooks, "apply_fact", side_effect=ValueError("card 9704198526191432198")):
        assert call(message(intent)) == (200, "99")
    event = ProviderEvent.objects.get()
    assert (event.error, event.processed_at) == ("ValueError", None)


def test_only_harmless_headers_are_kept(intent: PaymentIntent) -> None:
    call(message(intent), HTTP_USER_AGENT="VNPAY", HTTP_AUTHORIZATION="Bearer x", HTTP_COOKIE="sessionid=1")
    assert ProviderEvent.objects.get().headers == {"User-Agent": "VNPAY"}


def test_the_secret_is_nowhere_in_the_inbox(intent: PaymentIntent) -> None:
    call(message(intent))
    event = ProviderEvent.objects.get()
    assert SECRET not in json.dumps([event.raw, event.headers])


def test_only_get_is_answered(intent: PaymentIntent) -> None:
    assert Client().post(URL, message(intent)).status_code == 405
    assert not ProviderEvent.objects.exists()


def test_poll_and_notification_are_the_same_fact(intent: PaymentIntent) -> None:
    """The poll came first; the notification that follows is known."""
    services.apply_fact(fact_of(intent, provider_ref="14000001"))
    assert call(message(intent)) == (200, "02")
    assert LedgerEntry.objects.count() == 1
