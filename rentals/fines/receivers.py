"""What fines do when money comes, and what payments may ask about them."""

from typing import Any

from django.urls import reverse

from payments.intents import signals, targets
from payments.intents.enums import Purpose
from payments.intents.models import PaymentIntent
from rentals.fines.models import TrafficFine
from rentals.fines.selectors import keeps_deposit
from rentals.fines.services.charging import money_came
from voltgo.core import locks


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    if intent.purpose == Purpose.FINE:
        money_came(intent)


def lock_fine(code: str) -> object:
    """Lock the fine before its money, so that people and money meet in one order."""
    return locks.lock(TrafficFine.objects.filter(code=code))


def connect() -> None:
    """Wire payments to fines; called once when the app is ready."""
    targets.register("fine", url_for=lambda code: reverse("rentals:fine-detail", args=[code]), lock=lock_fine)
    targets.register_claims(keeps_deposit)
    signals.payment_succeeded.connect(on_payment_succeeded, dispatch_uid="rentals.fines.payment_succeeded")
