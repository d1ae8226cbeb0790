"""MoMo's notifications over real HTTP: lost, spoiled, doubled and late, and still one entry."""

import time
from collections import Counter

import pytest
from pytest_django.live_server_helper import LiveServer

from payments.intents import services
from payments.intents.enums import IntentState
from payments.ledger.models import LedgerEntry
from payments.webhooks.models import ProviderEvent, RejectedEvent
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent
from tests.fakes.momo import pay, running_momo
from voltgo.core.actors import SYSTEM


@pytest.mark.django_db(transaction=True)
def test_lost_spoiled_doubled_and_late_notifications_are_one_entry(live_server: LiveServer) -> None:
    intent = make_intent(payer=make_user(full_name="Nguyễn Minh Anh"))
    with running_momo(f"{live_server.url}/webhooks/momo/") as sandbox:
        # Each of six copies is lost once; then one is spoiled; and all come after the payer.
        sandbox.control.change({"drop": 1, "duplicate": 5, "corrupt_signature": 1, "delay_ms": 100})
        destination = services.start_payment(
            intent=intent,
            origin=live_server.url,
            ip_address="127.0.0.1",
            language="vi",
            method="momo",
            by=SYSTEM,
        )
        pay(destination.url)
        answers: Counter[str] = Counter()
        for _ in range(200):
            answers = Counter(row["answer"] for row in sandbox.store.log() if row["event"] == "callback")
            if answers["204"] == 6:
                break
            time.sleep(0.05)

    assert answers == {"lost on the way": 6, "400": 1, "204": 6}
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED
    assert LedgerEntry.objects.count() == 1
    assert ProviderEvent.objects.get().deliveries == 6
    assert RejectedEvent.objects.count() == 1
