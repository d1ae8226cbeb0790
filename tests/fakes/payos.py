"""The local payOS as a fixture: a real server on a free port, and payers with banking apps."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import override_settings

from payments.gateways.base import Transfer
from payments.gateways.payos.sandbox.server import PayOSSandbox, from_settings
from payments.gateways.sandbox.store import Store
from payments.intents import services
from payments.intents.models import PaymentIntent
from voltgo.core.actors import SYSTEM

__all__ = ["PayOSSandbox", "begin", "code_of", "running_payos"]

NOBODY = "http://127.0.0.1:9/webhooks/payos/"


@contextmanager
def running_payos(
    webhook_url: str = NOBODY, *, interval_seconds: float = 0.05, store: Store | None = None
) -> Iterator[PayOSSandbox]:
    """Run a sandbox in this process and point the portal's gateway at it."""
    sandbox = from_settings(
        webhook_url=webhook_url, store=store or Store(), interval_seconds=interval_seconds
    )
    sandbox.start()
    try:
        with override_settings(PAYOS={**settings.PAYOS, "API_URL": sandbox.url}):
            yield sandbox
    finally:
        sandbox.stop()


def begin(intent: PaymentIntent) -> Transfer:
    """Choose to pay by transfer."""
    destination = services.start_payment(
        intent=intent,
        method="payos",
        origin="http://127.0.0.1:8000",
        ip_address="127.0.0.1",
        language="vi",
        by=SYSTEM,
    )
    assert isinstance(destination, Transfer)
    return destination


def code_of(intent: PaymentIntent) -> str:
    """Return the number under which payOS knows the newest attempt."""
    intent.refresh_from_db()
    assert intent.merchant_ref is not None
    return intent.merchant_ref
