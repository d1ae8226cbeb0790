"""The local Stripe as a fixture: a real server on a free port, and a payer who picks a card."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.test import override_settings

from payments.gateways.sandbox.store import Store
from payments.gateways.stripe.sandbox.customer import pay
from payments.gateways.stripe.sandbox.server import StripeSandbox

__all__ = ["StripeSandbox", "pay", "running_stripe"]

NOBODY = "http://127.0.0.1:9/webhooks/stripe/"


@contextmanager
def running_stripe(
    webhook_url: str = NOBODY,
    *,
    interval_seconds: float = 0.05,
    store: Store | None = None,
    key: str | None = None,
    webhook_secret: str | None = None,
) -> Iterator[StripeSandbox]:
    """Run a sandbox in this process and point the portal's gateway at it, with keys of its own if given."""
    options = {
        **settings.STRIPE,
        **({"SECRET_KEY": key} if key else {}),
        **({"WEBHOOK_SECRET": webhook_secret} if webhook_secret else {}),
    }
    sandbox = StripeSandbox(
        key=options["SECRET_KEY"],
        webhook_secret=options["WEBHOOK_SECRET"],
        webhook_url=webhook_url,
        store=store,
        interval_seconds=interval_seconds,
    )
    sandbox.control.refund_seconds = 0.0
    if webhook_url == NOBODY:
        # Nobody listens: what is said stays in the list of events.
        sandbox.control.drop, sandbox.most_tries = 1, 1
    sandbox.start()
    try:
        with override_settings(STRIPE={**options, "API_URL": sandbox.url, "PAGE_URL": sandbox.url}):
            yield sandbox
    finally:
        sandbox.stop()
