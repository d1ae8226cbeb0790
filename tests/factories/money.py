"""Money as tests need it: what the provider would say about the newest attempt of an intent."""

from typing import Any

from payments.gateways import registry
from payments.gateways.base import FactKind, FactResult, ProviderFact
from payments.intents.models import PaymentIntent
from payments.intents.selectors import intents_of
from payments.intents.services import apply_fact, start_payment
from rentals.bookings.models import Booking
from voltgo.core.actors import SYSTEM


def paid_fact(intent: PaymentIntent, **changes: Any) -> ProviderFact:
    """Return the fact that the newest attempt of an intent succeeded; opens an attempt if there is none."""
    attempt = intent.attempts.order_by("-number").first()
    if attempt is None:
        start_payment(
            intent=intent, origin="http://testserver/", ip_address="127.0.0.1", language="vi", by=SYSTEM
        )
        attempt = intent.attempts.order_by("-number").get()
    values: dict[str, Any] = {
        "provider": intent.provider,
        "kind": FactKind.SUCCEEDED,
        "merchant_ref": attempt.merchant_ref,
        "provider_ref": f"P{attempt.pk}",
        "amount": intent.amount,
        "code": "00",
        "merchant": registry.get(intent.provider).merchant,
    }
    return ProviderFact(**values | changes)


def pay(booking: Booking, **changes: Any) -> FactResult:
    """Let the money of a booking arrive."""
    intent = intents_of(booking.reference).last()
    assert intent is not None
    return apply_fact(paid_fact(intent, **changes))
