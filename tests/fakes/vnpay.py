"""The local VNPay as a fixture: a real server on a free port, and a payer who clicks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.test import override_settings

from payments.gateways.sandbox.customer import pay
from payments.gateways.vnpay.sandbox.server import Sandbox
from payments.gateways.vnpay.sandbox.store import Store

__all__ = ["Sandbox", "pay", "running_sandbox"]

NOBODY = "http://127.0.0.1:9/webhooks/vnpay/ipn"


@contextmanager
def running_sandbox(
    ipn_url: str = NOBODY,
    *,
    interval_seconds: float = 0.05,
    merchant: str | None = None,
    store: Store | None = None,
    on_start: Callable[[Sandbox], Any] | None = None,
) -> Iterator[Sandbox]:
    """Run a sandbox in this process and point the portal's gateway at it."""
    sandbox = Sandbox(
        merchant=merchant or settings.VNPAY["TMN_CODE"],
        secret=settings.VNPAY["HASH_SECRET"],
        ipn_url=ipn_url,
        store=store or Store(":memory:"),
        interval_seconds=interval_seconds,
    )
    sandbox.control.refund_seconds = 0.0
    if on_start is not None:
        on_start(sandbox)
    sandbox.start()
    options = {**settings.VNPAY, "PAY_URL": sandbox.pay_url, "API_URL": sandbox.api_url}
    try:
        with override_settings(VNPAY=options):
            yield sandbox
    finally:
        sandbox.stop()
