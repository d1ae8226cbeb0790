"""Our Stripe against Stripe's own Python library: the same signatures, and a local Stripe that it takes for one."""

import time
from collections.abc import Iterator

import pytest
import stripe
from stripe import StripeClient, WebhookSignature

from payments.gateways.stripe import protocol
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from voltgo.core import clock

SECRET = "whsec_test"
BODY = '{"id":"evt_1","object":"event"}'
KEY = "sk_test_for_the_official_library"


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe(key=KEY) as running:
        yield running


@pytest.fixture
def client(sandbox: StripeSandbox) -> StripeClient:
    return StripeClient(KEY, base_addresses={"api": sandbox.url}, max_network_retries=0)


def test_the_library_signs_as_we_verify() -> None:
    header = WebhookSignature.generate_signature_header(BODY, SECRET)

    assert protocol.verify(header, BODY.encode(), SECRET, clock.now())


def test_the_library_verifies_what_we_sign() -> None:
    header = protocol.signature_header(BODY.encode(), int(time.time()), "whsec_other", SECRET)

    assert WebhookSignature.verify_header(BODY, header, SECRET, 300)


def test_the_library_and_we_write_the_same_version() -> None:
    assert stripe.api_version == protocol.VERSION


def test_the_library_opens_a_page_and_takes_a_part_of_a_hold(client: StripeClient) -> None:
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "http://127.0.0.1:8000/back",
            "client_reference_id": "VG1",
            "customer_creation": "always",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "vnd",
                        "unit_amount": 3_000_000,
                        "product_data": {"name": "Cọc"},
                    },
                }
            ],
            "payment_intent_data": {
                "capture_method": "manual",
                "setup_future_usage": "off_session",
                "metadata": {"merchant_ref": "VG1"},
            },
        },
        {"idempotency_key": "VG1"},
    )
    assert session.url is not None
    pay(session.url)
    session = client.v1.checkout.sessions.retrieve(session.id)
    assert isinstance(session.payment_intent, str)
    intent = client.v1.payment_intents.retrieve(session.payment_intent, {"expand": ["latest_charge"]})
    assert isinstance(intent.latest_charge, stripe.Charge)
    assert (session.status, intent.status, intent.amount_capturable) == (
        "complete",
        "requires_capture",
        3_000_000,
    )

    taken = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 500_000})
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 100_000})

    assert (taken.status, taken.amount_received) == ("succeeded", 500_000)
    assert (refund.status, refund.amount) == ("succeeded", 100_000)
    assert [each.id for each in client.v1.refunds.list({"payment_intent": intent.id}).data] == [refund.id]
    kinds = [event.type for event in client.v1.events.list({"limit": 100}).auto_paging_iter()]
    assert kinds[:2] == ["charge.refunded", "refund.created"]
    assert "payment_intent.amount_capturable_updated" in kinds


def test_the_library_reads_our_refusals(sandbox: StripeSandbox, client: StripeClient) -> None:
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.create(
            {
                "amount": 100_000,
                "currency": "vnd",
                "confirm": True,
                "payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds",
            }
        )
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "insufficient_funds"
    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.payment_intents.retrieve("pi_nothing")
    assert (missing.value.http_status, missing.value.code) == (404, "resource_missing")
    client.v1.payment_intents.create({"amount": 100_000, "currency": "vnd"}, {"idempotency_key": "same"})
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({"amount": 200_000, "currency": "vnd"}, {"idempotency_key": "same"})
    with pytest.raises(stripe.AuthenticationError):
        StripeClient("sk_test_wrong", base_addresses={"api": sandbox.url}).v1.payment_intents.retrieve("pi_1")
