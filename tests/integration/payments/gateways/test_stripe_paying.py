"""The Stripe gateway over real HTTP, against the local Stripe: starting, paying, asking, ending, refunding."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from django.test import override_settings

from payments.gateways.base import (
    FactKind,
    FailureReason,
    ProviderFact,
    QueryRequest,
    RefundRequest,
    StartRequest,
)
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.stripe.gateway import StripeGateway
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from voltgo.core import clock, http

RETURN_URL = "http://127.0.0.1:8000/payments/return/stripe/"
CANCEL_URL = "http://127.0.0.1:8000/payments/1/"


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe() as running:
        yield running


def gateway() -> StripeGateway:
    return StripeGateway.from_settings()


def request(merchant_ref: str = "261122-AAAA", **changes: object) -> StartRequest:
    now = clock.now().replace(microsecond=0)
    wanted = StartRequest(
        merchant_ref=merchant_ref,
        amount=1_200_000,
        description="Thuê xe VG-7K2M4Q",
        return_url=RETURN_URL,
        cancel_url=CANCEL_URL,
        ip_address="127.0.0.1",
        language="vi",
        created_at=now,
        expires_at=now + timedelta(minutes=13),
        email="minh.anh@example.com",
    )
    return replace(wanted, **changes)  # type: ignore[arg-type]


def query(started: StartRequest, session_ref: str = "") -> QueryRequest:
    return QueryRequest(
        started.merchant_ref, started.created_at, session_ref, amount=started.amount, is_hold=started.is_hold
    )


def one(facts: tuple[ProviderFact, ...]) -> ProviderFact:
    (fact,) = facts
    return fact


def test_the_payer_pays_on_the_page_and_comes_back(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)

    assert page.url.startswith(f"{sandbox.url}/c/pay/cs_test_")
    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.PENDING
    address = pay(page.url)
    fact = one(gateway().fetch(query(wanted, page.session_ref)))

    assert address == f"{RETURN_URL}?ref=261122-AAAA"
    returned = gateway().parse_return(dict(httpx.URL(address).params))
    assert (returned.kind, returned.merchant_ref) == (FactKind.PENDING, "261122-AAAA")
    assert (fact.kind, fact.amount, fact.currency) == (FactKind.SUCCEEDED, 1_200_000, "VND")
    assert fact.provider_ref.startswith("pi_")
    assert (fact.merchant, fact.method, fact.instrument) == (gateway().merchant, "Visa •••• 4242", None)


def test_dong_are_sent_as_they_are(sandbox: StripeSandbox) -> None:
    gateway().start(request(amount=5_000_000))

    (session,) = sandbox.store.find("checkout.session")
    assert (session["amount_total"], session["currency"]) == (5_000_000, "vnd")


def test_the_page_speaks_the_payers_language(sandbox: StripeSandbox) -> None:
    vietnamese = httpx.get(gateway().start(request("A")).url).text
    english = httpx.get(gateway().start(request("B", language="en-GB")).url).text

    assert "Thanh toán qua Stripe (thử)" in vietnamese
    assert "Pay with Stripe (test)" in english


def test_the_same_start_leads_to_the_same_page(sandbox: StripeSandbox) -> None:
    first, second = gateway().start(request()), gateway().start(request())

    assert first == second
    assert len(sandbox.store.find("checkout.session")) == 1


def test_a_start_repeated_in_another_language_goes_on_with_the_first_page(sandbox: StripeSandbox) -> None:
    wanted = request()
    first = gateway().start(wanted)

    assert gateway().start(replace(wanted, language="en")) == first


def test_a_declined_card_is_not_the_end(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)

    assert pay(page.url, "pm_card_visa_chargeDeclinedInsufficientFunds") == f"{page.url}?declined=1"
    fact = one(gateway().fetch(query(wanted, page.session_ref)))
    assert fact.kind is FactKind.PENDING
    assert "Ngân hàng của thẻ từ chối" in httpx.get(f"{page.url}?declined=1").text
    pay(page.url, "pm_card_mastercard")
    fact = one(gateway().fetch(query(wanted, page.session_ref)))
    assert (fact.kind, fact.method) == (FactKind.SUCCEEDED, "Mastercard •••• 4444")


def test_a_code_of_the_bank_is_asked_for_and_may_be_wrong(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)
    card = "pm_card_authenticationRequiredOnSetup"

    assert pay(page.url, card, code_is_right=False) == f"{page.url}?declined=1"
    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.PENDING
    assert pay(page.url, card) == f"{RETURN_URL}?ref=261122-AAAA"
    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.SUCCEEDED


def test_the_payer_may_go_back_without_paying(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)

    assert pay(page.url, "cancel") == CANCEL_URL
    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.PENDING


# --- The end of an attempt ----------------------------------------------------------------------
def test_the_first_question_after_our_time_closes_the_page(sandbox: StripeSandbox) -> None:
    wanted = request(expires_at=clock.now().replace(microsecond=0) - timedelta(seconds=1))
    page = gateway().start(wanted)

    fact = one(gateway().fetch(query(wanted, page.session_ref)))

    assert (fact.kind, fact.code, fact.reason) == (FactKind.FAILED, "expired", FailureReason.TIMED_OUT)
    assert "đã đóng" in httpx.get(page.url).text
    assert httpx.post(page.url, data={"outcome": "pm_card_visa"}).status_code == 404
    assert sandbox.store.find("payment_intent") == []


def test_who_paid_before_our_time_ended_has_paid(sandbox: StripeSandbox) -> None:
    wanted = request(expires_at=clock.now().replace(microsecond=0) - timedelta(seconds=1))
    page = gateway().start(wanted)
    pay(page.url)

    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.SUCCEEDED


def test_an_attempt_that_was_given_up_is_closed(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)

    assert one(gateway().cancel(query(wanted, page.session_ref))).kind is FactKind.FAILED
    assert one(gateway().cancel(query(wanted, page.session_ref))).kind is FactKind.FAILED
    assert httpx.post(page.url, data={"outcome": "pm_card_visa"}).status_code == 404


def test_an_attempt_that_was_paid_is_not_given_up(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)
    pay(page.url)

    assert one(gateway().cancel(query(wanted, page.session_ref))).kind is FactKind.SUCCEEDED


def test_stripe_closes_a_page_that_nobody_closed(sandbox: StripeSandbox) -> None:
    wanted = request()
    page = gateway().start(wanted)
    sandbox.store.clock_offset_seconds = 89 * 60
    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.PENDING
    sandbox.store.clock_offset_seconds = 91 * 60

    assert one(gateway().fetch(query(wanted, page.session_ref))).kind is FactKind.FAILED


# --- What goes wrong on the way -----------------------------------------------------------------
def test_nobody_there_means_that_nothing_was_done() -> None:
    with running_stripe() as sandbox:
        pass
    with (
        override_settings(STRIPE={"API_URL": sandbox.url, "SECRET_KEY": "sk", "WEBHOOK_SECRET": "whsec"}),
        pytest.raises(GatewayUnavailable),
    ):
        gateway().start(request())


@pytest.mark.parametrize(
    ("status", "error"), [(429, GatewayUnavailable), (500, OutcomeUnknown), (409, OutcomeUnknown)]
)
def test_an_answer_that_is_none_is_told_apart(
    sandbox: StripeSandbox, status: int, error: type[Exception]
) -> None:
    sandbox.control.http_status = status

    with pytest.raises(error):
        gateway().start(request())
    with pytest.raises(error):
        gateway().fetch(query(request(), "cs_test_1"))


def test_a_start_that_timed_out_is_found_by_its_reference(
    sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = request()
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 300
    with pytest.raises(OutcomeUnknown):
        gateway().start(wanted)
    with pytest.raises(GatewayUnavailable):
        gateway().fetch(query(wanted))
    sandbox.control.api_delay_ms = 0
    monkeypatch.undo()

    assert one(gateway().fetch(query(wanted))).kind is FactKind.PENDING
    pay(gateway().start(wanted).url)
    assert one(gateway().fetch(query(wanted))).kind is FactKind.SUCCEEDED
    assert len(sandbox.store.find("checkout.session")) == 1


def test_a_start_that_never_arrived_is_unknown_there(sandbox: StripeSandbox) -> None:
    gateway().start(request("261122-OTHER"))

    assert one(gateway().fetch(query(request()))).kind is FactKind.NOT_FOUND


def test_an_old_session_is_found_among_many(sandbox: StripeSandbox) -> None:
    first = request("261122-FIRST")
    gateway().start(first)
    with sandbox.store.transaction():
        template = sandbox.store.find("checkout.session")[0]
        for index in range(150):
            number = f"cs_test_other{index}"
            sandbox.store.add(
                "checkout.session", number, {**template, "id": number, "client_reference_id": f"X{index}"}
            )

    assert one(gateway().fetch(query(first))).merchant_ref == "261122-FIRST"


def test_an_amount_that_stripe_refuses_opens_nothing(
    sandbox: StripeSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(GatewayUnavailable):
        gateway().start(request(amount=5_000))

    assert (
        "ALERT Stripe opens no page for 261122-AAAA: 400 invalid_request_error amount_too_small"
        in caplog.text
    )


def test_a_wrong_key_is_an_alert(sandbox: StripeSandbox, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(GatewayUnavailable):
        replace(gateway(), key="sk_test_of_somebody_else").start(request())

    assert "ALERT Stripe does not accept our key: POST /v1/checkout/sessions" in caplog.text
    assert "somebody_else" not in caplog.text


# --- Refunds ------------------------------------------------------------------------------------
def paid(sandbox: StripeSandbox, merchant_ref: str = "261122-AAAA") -> ProviderFact:
    wanted = request(merchant_ref)
    page = gateway().start(wanted)
    pay(page.url)
    return one(gateway().fetch(query(wanted, page.session_ref)))


def refund_of(
    payment: ProviderFact, amount: int = 1_200_000, request_id: str = "R1", **more: str
) -> RefundRequest:
    return RefundRequest(
        request_id=request_id,
        merchant_ref=payment.merchant_ref,
        provider_ref=payment.provider_ref,
        paid_at_provider=clock.now(),
        amount=amount,
        is_full=amount == 1_200_000,
        requested_by="voltgo",
        **more,  # type: ignore[arg-type]
    )


def test_money_goes_back_in_parts(sandbox: StripeSandbox) -> None:
    payment = paid(sandbox)

    first = gateway().refund(refund_of(payment, 500_000))
    second = gateway().refund(refund_of(payment, 700_000, "R2"))
    third = gateway().refund(refund_of(payment, 1, "R3"))

    assert (first.kind, first.amount, first.merchant_ref) == (FactKind.REFUND_SUCCEEDED, 500_000, "R1")
    assert (second.kind, second.amount) == (FactKind.REFUND_SUCCEEDED, 700_000)
    assert (third.kind, third.code, third.amount) == (FactKind.REFUND_FAILED, "charge_already_r", None)
    assert gateway().fetch_refund(refund_of(payment, 500_000)) == first
    assert gateway().fetch_refund(refund_of(payment, 500_000, refund_ref=first.provider_ref)) == first
    assert gateway().fetch_refund(refund_of(payment, 5, "R9")).kind is FactKind.REFUND_NOT_FOUND


def test_more_than_was_paid_is_refused(sandbox: StripeSandbox) -> None:
    fact = gateway().refund(refund_of(paid(sandbox), 1_200_001))

    assert (fact.kind, fact.code) == (FactKind.REFUND_FAILED, "amount_too_large")


def test_a_refund_repeated_is_one_refund(sandbox: StripeSandbox) -> None:
    payment = paid(sandbox)

    assert gateway().refund(refund_of(payment, 500_000)) == gateway().refund(refund_of(payment, 500_000))
    assert len(sandbox.store.find("refund")) == 1


def test_one_request_id_with_another_amount_sends_nothing(
    sandbox: StripeSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    payment = paid(sandbox)
    gateway().refund(refund_of(payment, 500_000))

    with pytest.raises(OutcomeUnknown) as raised:
        gateway().refund(refund_of(payment, 600_000))

    assert raised.value.details == {"code": "idempotency_error"}
    assert "ALERT Stripe knows this idempotency key with other contents" in caplog.text
    assert [refund["amount"] for refund in sandbox.store.find("refund")] == [500_000]


def test_a_refund_that_timed_out_is_found(sandbox: StripeSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    payment = paid(sandbox)
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 300
    with pytest.raises(OutcomeUnknown):
        gateway().refund(refund_of(payment, 500_000))
    sandbox.control.api_delay_ms = 0

    fact = gateway().fetch_refund(refund_of(payment, 500_000))

    assert (fact.kind, fact.amount) == (FactKind.REFUND_SUCCEEDED, 500_000)


def test_a_bank_takes_its_time_and_may_refuse(sandbox: StripeSandbox) -> None:
    payment = paid(sandbox)
    sandbox.control.refund_seconds = 60
    good = gateway().refund(refund_of(payment, 500_000))
    sandbox.control.reject_refunds = True
    bad = gateway().refund(refund_of(payment, 700_000, "R2"))
    assert {good.kind, bad.kind} == {FactKind.REFUND_PENDING}

    sandbox.store.clock_offset_seconds = 61

    assert gateway().fetch_refund(refund_of(payment, 500_000)).kind is FactKind.REFUND_SUCCEEDED
    refused = gateway().fetch_refund(refund_of(payment, 700_000, "R2"))
    assert (refused.kind, refused.code) == (FactKind.REFUND_FAILED, "expired_or_cance")
