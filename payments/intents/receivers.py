"""What deposits and receipts do when money comes."""

from typing import Any

from payments.intents import signals
from payments.intents.enums import Purpose
from payments.intents.models import PaymentIntent
from payments.intents.services.holds import free_planned
from payments.intents.slips import tell_paid


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """A deposit that was paid on its own needs no hold on a card any more."""
    if intent.purpose == Purpose.DEPOSIT:
        free_planned(intent.reference)


def on_debt_paid(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """Whoever pays a debt or a fine gets a receipt for it."""
    tell_paid(intent)


def connect() -> None:
    """Wire deposits and receipts to money; called once when the app is ready."""
    signals.payment_succeeded.connect(on_debt_paid, dispatch_uid="payments.receipts.payment_succeeded")
    signals.payment_succeeded.connect(
        on_payment_succeeded, dispatch_uid="payments.deposits.payment_succeeded"
    )
