"""The local payOS as a fixture: a real server on a free port, and payers with banking apps."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import override_settings

from payments.gateways.payos.sandbox.server import PayOSSandbox, from_settings
from payments.gateways.sandbox.store import Store

__all__ = ["PayOSSandbox", "running_payos"]

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
