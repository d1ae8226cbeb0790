"""What deposits do when their own money comes."""

from typing import Any

from payments.intents import signals
from payments.intents.enums import Purpose
from payments.intents.models import PaymentIntent
from payments.intents.services.holds import free_planned


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """A deposit that was paid on its own needs no hold on a card any more."""
    if intent.purpose == Purpose.DEPOSIT:
        free_planned(intent.reference)


def connect() -> None:
    """Wire deposits to money; called once when the app is ready."""
    signals.payment_succeeded.connect(
        on_payment_succeeded, dispatch_uid="payments.deposits.payment_succeeded"
    )
