"""The local Stripe as a provider: its refusals, its messages with retries, its disputes and its files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from django.conf import settings

from payments.gateways.base import FactKind, HoldAction, HoldRequest, LineKind, RefundRequest
from payments.gateways.stripe import protocol
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from tests.integration.payments.gateways.test_stripe_paying import RETURN_URL, gateway, one, query, request
from voltgo.core import clock


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe() as running:
        yield running


def call(
    sandbox: StripeSandbox, method: str, path: str, data: dict[str, Any] | None = None, **headers: str
) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"Authorization": f"Bearer {settings.STRIPE['SECRET_KEY']}", **named}
    return httpx.request(method, f"{sandbox.url}{path}", data=data, headers=sent)


class Listener:
    """Whoever answers webhooks: remembers each, and answers as told."""

    def __init__(self) -> None:
        self.heard: list[tuple[bytes, str]] = []
        self.answers: list[int] = []
        self._news = threading.Condition()

    def hear(self, body: bytes, signature: str) -> int:
        with self._news:
            self.heard.append((body, signature))
            self._news.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        with self._news:
            assert self._news.wait_for(lambda: len(self.heard) >= count, timeout=10)
            return list(self.heard)


@contextmanager
def listening() -> Iterator[tuple[Listener, str]]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(listener.hear(body, self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    try:
        yield listener, f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


# --- The API ------------------------------------------------------------------------------------
def test_without_the_key_nothing_is_answered(sandbox: StripeSandbox) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/payment_intents", headers={"Authorization": "Bearer sk_test_other"})

    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")
    assert answer.headers["Request-Id"].startswith("req_")


def test_a_key_used_again_replays_and_says_so(sandbox: StripeSandbox) -> None:
    form = {"amount": "100000", "currency": "vnd", "metadata[merchant_ref]": "A"}

    first = call(sandbox, "POST", "/v1/payment_intents", form, Idempotency_Key="K")
    again = call(sandbox, "POST", "/v1/payment_intents", form, Idempotency_Key="K")
    other = call(sandbox, "POST", "/v1/payment_intents", {**form, "amount": "5"}, Idempotency_Key="K")

    assert first.json() == again.json()
    assert ("Idempotent-Replayed" in first.headers, again.headers["Idempotent-Replayed"]) == (False, "true")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    sandbox.store.clock_offset_seconds = 25 * 3600
    assert call(sandbox, "POST", "/v1/payment_intents", form, Idempotency_Key="K").json() != first.json()


def test_a_refusal_before_anything_was_done_may_be_corrected_under_the_same_key(
    sandbox: StripeSandbox,
) -> None:
    bad = call(
        sandbox, "POST", "/v1/payment_intents", {"amount": "x", "currency": "vnd"}, Idempotency_Key="K"
    )
    good = call(
        sandbox, "POST", "/v1/payment_intents", {"amount": "100000", "currency": "vnd"}, Idempotency_Key="K"
    )

    assert (bad.status_code, bad.json()["error"]["param"], good.status_code) == (400, "amount", 200)


def test_a_page_for_less_than_half_an_hour_is_refused(sandbox: StripeSandbox) -> None:
    form = {
        "mode": "payment",
        "success_url": RETURN_URL,
        "expires_at": str(int(clock.now().timestamp()) + 29 * 60),
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "vnd",
        "line_items[0][price_data][unit_amount]": "100000",
    }

    answer = call(sandbox, "POST", "/v1/checkout/sessions", form)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "expires_at")


def test_what_the_sandbox_knows_by_itself_is_not_shown(sandbox: StripeSandbox) -> None:
    gateway().start(request(keeps_instrument=True))

    (session,) = call(sandbox, "GET", "/v1/checkout/sessions").json()["data"]

    assert [name for name in session if name.startswith("_")] == []


# --- Messages -----------------------------------------------------------------------------------
def test_messages_are_signed_and_sent_again_until_they_are_taken() -> None:
    with listening() as (listener, address), running_stripe(address) as sandbox:
        listener.answers = [500, 500]
        page = gateway().start(request())
        pay(page.url)
        told = sandbox.store.find("event")
        heard = listener.wait_for(len(told) + 2)

    secret = settings.STRIPE["WEBHOOK_SECRET"]
    assert all(protocol.verify(signature, body, secret, clock.now()) for body, signature in heard)
    assert {row["type"] for row in told} >= {"payment_intent.succeeded", "checkout.session.completed"}


def test_switches_repeat_spoil_and_lose_messages() -> None:
    with listening() as (listener, address), running_stripe(address) as sandbox:
        sandbox.control.duplicate = 2
        sandbox.control.corrupt_signature = 1
        sandbox.control.drop = 1
        page = gateway().start(request())
        pay(page.url)
        heard = listener.wait_for(3 * len(sandbox.store.find("event")))

    secret = settings.STRIPE["WEBHOOK_SECRET"]
    good = [protocol.verify(signature, body, secret, clock.now()) for body, signature in heard]
    assert good.count(False) == 1


def test_the_payer_may_be_back_before_any_message() -> None:
    with listening() as (listener, address), running_stripe(address) as sandbox:
        sandbox.control.reorder = True
        wanted = request()
        page = gateway().start(wanted)

        assert pay(page.url).startswith(RETURN_URL)
        assert listener.heard == []
        assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.SUCCEEDED


# --- Disputes and files -------------------------------------------------------------------------
def test_a_day_is_written_as_stripes_report_and_read_by_the_gateway(sandbox: StripeSandbox) -> None:
    wanted = request(keeps_instrument=True)
    page = gateway().start(wanted)
    pay(page.url)
    rent = one(gateway().fetch(query(wanted, page.session_ref)))
    card = rent.instrument
    assert card is not None
    held = gateway().hold(HoldRequest("H1", 3_000_000, "Cọc", card.customer_ref, card.method_ref))
    gateway().capture(HoldAction("H1", held.provider_ref, "H1-take", 3_000_000, 500_000, clock.now()))
    refund = gateway().refund(RefundRequest("R1", "A", rent.provider_ref, clock.now(), 200_000, False, "x"))
    opened = httpx.post(f"{sandbox.url}/_dispute", json={"payment_intent": rent.provider_ref}).json()
    httpx.post(f"{sandbox.url}/_dispute/{opened['id']}/close", json={"status": "won"})

    lines = gateway().parse_settlement(httpx.get(f"{sandbox.url}/_settlement").content)

    told = [(line.kind, line.provider_ref, line.merchant_ref, line.amount, line.fee) for line in lines]
    assert told[:-1] == [
        (LineKind.PAYMENT, rent.provider_ref, wanted.merchant_ref, 1_200_000, 40_800),
        (LineKind.PAYMENT, held.provider_ref, "H1", 500_000, 17_000),
        (LineKind.REFUND, refund.provider_ref, "R1", -200_000, 0),
        (LineKind.CHARGEBACK, opened["id"], wanted.merchant_ref, -1_200_000, 375_000),
        (LineKind.CHARGEBACK, opened["id"], wanted.merchant_ref, 1_200_000, 0),
    ]
    assert lines[-1].kind is LineKind.PAYOUT
    assert sum(line.amount - line.fee for line in lines) == 0


def test_a_careless_report_is_still_a_report(sandbox: StripeSandbox) -> None:
    pay(gateway().start(request()).url)
    sandbox.control.settlement_extra = 2
    sandbox.control.settlement_changed_fee = 1

    lines = gateway().parse_settlement(httpx.get(f"{sandbox.url}/_settlement").content)

    assert [line.fee for line in lines] == [41_800, 0, 0, 0]


def test_the_overview_lets_a_bank_dispute_and_decide(sandbox: StripeSandbox) -> None:
    pay(gateway().start(request()).url)
    (intent,) = sandbox.store.find("payment_intent")
    assert "Chủ thẻ khiếu nại" in httpx.get(f"{sandbox.url}/").text

    httpx.post(f"{sandbox.url}/_dispute", data={"payment_intent": intent["id"], "reason": "fraudulent"})
    (dispute,) = sandbox.store.find("dispute")
    assert "Ta thắng" in httpx.get(f"{sandbox.url}/").text
    httpx.post(f"{sandbox.url}/_dispute/{dispute['id']}/close", data={"status": "lost"})

    assert sandbox.store.find("dispute")[0]["status"] == "lost"
