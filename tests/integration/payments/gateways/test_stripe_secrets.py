"""Every path of the gateway, driven with secrets that nothing else contains: none is in a log, a row or an error."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest
from django.db import connection
from django.test import Client

from payments.gateways.base import HoldAction, HoldRequest, RefundRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.sandbox.notifier import Mishap
from payments.intents import services
from payments.webhooks.models import ProviderEvent, RejectedEvent
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from tests.integration.payments.gateways.test_stripe_paying import gateway, one, query, request
from voltgo.core import clock, http
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import DomainError

KEY = "sk_test_Qx7vZ2mWkR9tYb4NcL8pHs3D"
WEBHOOK_SECRET = "whsec_Jf5uGw1eXq6aKz0TiV9oMd2S"


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe(key=KEY, webhook_secret=WEBHOOK_SECRET) as running:
        yield running


def deliver(sandbox: StripeSandbox, number: str, mishap: Mishap) -> None:
    outgoing = sandbox.callback(number, {}, mishap)
    assert outgoing is not None
    Client().post(
        "/webhooks/stripe/",
        outgoing.body,
        content_type="application/json",
        headers={"Stripe-Signature": outgoing.headers["Stripe-Signature"]},
    )


def drive(sandbox: StripeSandbox, errors: list[DomainError]) -> None:
    """Use every method, well and badly."""

    def keep(call: Callable[[], object]) -> None:
        try:
            call()
        except DomainError as error:
            errors.append(error)

    wanted = request(keeps_instrument=True)
    page = gateway().start(wanted)
    pay(page.url)
    fact = one(gateway().fetch(query(wanted, page.session_ref)))
    assert fact.instrument is not None
    refund = RefundRequest("R1", fact.merchant_ref, fact.provider_ref, clock.now(), 5_000, False, "x")
    hold = HoldRequest("H1", 3_000_000, "Cọc", fact.instrument.customer_ref, fact.instrument.method_ref)
    held = gateway().hold(hold)
    action = HoldAction("H1", held.provider_ref, "H1-take", 3_000_000, 500_000, clock.now())
    calls: list[Callable[[], object]] = [
        lambda: gateway().start(replace(wanted, merchant_ref="A2")),
        lambda: gateway().start(replace(wanted, amount=1_300_000)),
        lambda: gateway().fetch(query(wanted)),
        lambda: gateway().fetch(query(wanted, "cs_nothing")),
        lambda: gateway().cancel(query(replace(wanted, merchant_ref="A2"))),
        lambda: gateway().refund(refund),
        lambda: gateway().refund(replace(refund, amount=6_000)),
        lambda: gateway().fetch_refund(refund),
        lambda: gateway().hold(replace(hold, merchant_ref="H2", method_ref="pm_gone")),
        lambda: gateway().fetch_hold(action),
        lambda: gateway().capture(replace(action, amount=4_000_000)),
        lambda: gateway().capture(action),
        lambda: gateway().void(replace(action, request_id="H1-free")),
    ]
    for call in calls:
        keep(call)
    # Each call meets a bad answer of one kind or another.
    for index, call in enumerate(calls):
        sandbox.control.http_status = (401, 429, 500)[index % 3]
        keep(call)
    sandbox.control.http_status = 0
    keep(lambda: replace(gateway(), key=f"{KEY}x").fetch(query(wanted)))
    keep(lambda: replace(gateway(), api_url="http://127.0.0.1:9").start(wanted))


def tables_with(texts: list[str]) -> list[str]:
    """Return the tables in which one of the texts stands, whatever the column."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            sql = f'SELECT EXISTS (SELECT FROM "{table}" AS row WHERE row::text LIKE ANY (%s))'
            cursor.execute(sql, [[f"%{text}%" for text in texts]])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def test_no_secret_is_written_anywhere(
    sandbox: StripeSandbox, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    errors: list[DomainError] = []
    drive(sandbox, errors)
    intent = make_intent(payer=make_user(), deposit_amount=0)
    page = services.start_payment(
        intent=intent,
        method="stripe",
        origin="http://127.0.0.1:8000",
        ip_address="",
        language="vi",
        by=SYSTEM,
    )
    pay(page.url)
    for event in sandbox.store.find("event")[-4:]:
        deliver(sandbox, event["id"], Mishap())
    deliver(sandbox, event["id"], Mishap(corrupt_signature=True))
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 250
    with pytest.raises(OutcomeUnknown) as slow:
        gateway().start(request("SLOW"))
    with pytest.raises(GatewayUnavailable) as slow_question:
        gateway().fetch(query(request("SLOW")))

    assert {type(error) for error in errors} >= {GatewayUnavailable, OutcomeUnknown}
    assert ProviderEvent.objects.exists()
    assert RejectedEvent.objects.exists()
    client_secrets = [row["client_secret"] for row in sandbox.store.find("payment_intent")]
    assert client_secrets
    said = [
        str(error) + repr(error) + repr(error.details) for error in (*errors, slow.value, slow_question.value)
    ]
    said += [repr(error.__cause__) for error in (*errors, slow.value, slow_question.value)]
    everything = "\n".join([caplog.text, repr(gateway()), *said])
    secrets = [KEY, WEBHOOK_SECRET, *client_secrets]
    assert [secret for secret in secrets if secret in everything] == []
    assert tables_with(secrets) == []
    assert tables_with([sandbox.store.find("event")[0]["type"], str(intent.pk)]) != []
