"""payOS and the portal with nothing but the wire between them."""

import time
from collections.abc import Callable

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.users.models import User
from payments.gateways.sandbox.notifier import Mishap
from payments.intents.enums import IntentState
from payments.intents.models import Payment, Refund
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from payments.webhooks.models import ProviderEvent
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent
from tests.fakes.payos import PayOSSandbox, begin, code_of, running_payos


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


def callbacks(payos: PayOSSandbox) -> list[str]:
    return [str(row["answer"]) for row in payos.store.log() if row["event"] == "callback"]


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_notification_that_is_lost_comes_again_until_it_is_taken(
    live_server: LiveServer, payer: User
) -> None:
    intent = make_intent(payer=payer)
    with running_payos(f"{live_server.url}/webhooks/payos/") as payos:
        begin(intent)
        code = code_of(intent)
        payos.control.drop = 1
        payos.control.corrupt_signature = 1
        payos.pay(code)
        wait_for(lambda: callbacks(payos)[-1:] == ["200"])
        assert callbacks(payos) == ["lost on the way", "400", "200"]

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert Payment.objects.count() == 1


def test_one_transfer_told_20_times_at_once_is_one_entry(live_server: LiveServer, payer: User) -> None:
    intent = make_intent(payer=payer)
    with running_payos(f"{live_server.url}/webhooks/payos/") as payos:
        begin(intent)
        code = code_of(intent)
        payos.control.drop = 10
        reference = payos.pay(code)["reference"]
        outgoing = payos.callback(reference, {}, Mishap())
        assert outgoing is not None
        url, body = outgoing.url, outgoing.body

        def call(_number: int) -> int:
            return httpx.post(url, content=body, timeout=60).status_code

        answers = race(20, call)

    assert answers == [200] * 20
    assert LedgerEntry.objects.count() == 1
    assert ProviderEvent.objects.get().deliveries == 20


def test_two_transfers_at_once_pay_once_and_the_second_goes_back(
    live_server: LiveServer, payer: User
) -> None:
    intent = make_intent(payer=payer)
    with running_payos(f"{live_server.url}/webhooks/payos/") as payos:
        begin(intent)
        code = code_of(intent)
        race(2, lambda _number: payos.pay(code))
        wait_for(lambda: Payment.objects.count() == 2)

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert Refund.objects.get().amount == intent.amount
    kinds = sorted(LedgerEntry.objects.values_list("kind", flat=True))
    assert kinds == sorted([EntryKind.PAYMENT, EntryKind.SURPLUS, EntryKind.REFUND])


def test_payos_keeps_an_address_that_welcomes_its_test_call(live_server: LiveServer) -> None:
    with running_payos(f"{live_server.url}/webhooks/payos/") as payos:
        headers = {"x-client-id": payos.client_id, "x-api-key": payos.api_key}
        answer = httpx.post(
            f"{payos.url}/confirm-webhook", json={"webhookUrl": payos.webhook_url}, headers=headers
        )

    assert answer.json()["code"] == "00"
    assert not ProviderEvent.objects.exists()
