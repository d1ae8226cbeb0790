"""The local MoMo as a fixture: a real server on a free port, and a payer who clicks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import override_settings

from payments.gateways.momo.sandbox.server import Sandbox
from payments.gateways.sandbox.customer import PageRefused, pay
from payments.gateways.sandbox.store import Store

__all__ = ["NOBODY", "PageRefused", "Sandbox", "pay", "running_momo"]

NOBODY = "http://127.0.0.1:9/webhooks/momo/"


@contextmanager
def running_momo(
    webhook_url: str = NOBODY,
    *,
    interval_seconds: float = 0.05,
    store: Store | None = None,
    on_start: Callable[[Sandbox], Any] | None = None,
) -> Iterator[Sandbox]:
    """Run a sandbox in this process and point the portal's gateway at it."""
    sandbox = Sandbox(
        merchant=settings.MOMO["PARTNER_CODE"],
        access_key=settings.MOMO["ACCESS_KEY"],
        secret=settings.MOMO["SECRET_KEY"],
        webhook_url=webhook_url,
        store=store,
        interval_seconds=interval_seconds,
    )
    sandbox.control.refund_seconds = 0.0
    if on_start is not None:
        on_start(sandbox)
    sandbox.start()
    try:
        with override_settings(MOMO={**settings.MOMO, "API_URL": sandbox.url}):
            yield sandbox
    finally:
        sandbox.stop()
