import time
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from payments.gateways.base import FactResult
from payments.intents.models import Payment
from payments.intents.services import apply_fact
from payments.ledger.models import LedgerEntry
from payments.webhooks.models import ProviderEvent
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent, start
from tests.fakes.vnpay import pay, running_sandbox


def test_who_stops_waiting_and_tells_again_hears_that_it_is_known(
    live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(fact: Any) -> FactResult:
        time.sleep(0.6)
        return apply_fact(fact)

    monkeypatch.setattr("payments.webhooks.services.apply_fact", slowly)
    intent = make_intent(payer=make_user(full_name="Nguyễn Minh Anh"))
    with running_sandbox() as sandbox:
        sandbox.control.drop = 99
        message = httpx.URL(pay(start(intent))).query.decode()
    address = f"{live_server.url}/webhooks/vnpay/ipn?{message}"
    # The first request of all loads what a server loads once.
    httpx.get(f"{live_server.url}/webhooks/vnpay/ipn", timeout=60)

    with pytest.raises(httpx.ReadTimeout):
        httpx.get(address, timeout=0.3)
    # It comes while the first is still at work, waits for it, and learns its end.
    answer = httpx.get(address, timeout=60).json()

    assert answer["RspCode"] == "02"
    assert ProviderEvent.objects.get().deliveries == 2
    assert LedgerEntry.objects.count() == Payment.objects.count() == 1
