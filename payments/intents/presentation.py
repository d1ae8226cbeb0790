"""What the payer's pages show about a payment."""

from typing import Any

from payments.gateways import registry
from payments.intents import targets
from payments.intents.enums import OPEN_STATES, PAID_STATES, IntentState
from payments.intents.models import PaymentIntent
from payments.intents.services.paying import PROVIDER_ENDS_EARLIER
from voltgo.core import clock


def payment_page(intent: PaymentIntent) -> dict[str, Any]:
    """Return the template context of one payment.

    Time decides on read: an open intent whose time is over is shown as over, whatever its row says.
    """
    is_open = intent.state in OPEN_STATES
    pay_until = intent.expires_at - PROVIDER_ENDS_EARLIER
    is_over = is_open and clock.now() >= pay_until
    return {
        "intent": intent,
        "provider_label": registry.get(intent.provider).label,
        "reference_label": targets.label_for(intent.reference),
        "target_url": targets.url_for(intent.reference),
        "is_paid": intent.state in PAID_STATES,
        "is_payable": is_open and not is_over,
        "is_over": is_over or intent.state in {IntentState.EXPIRED, IntentState.CANCELLED},
        "is_under_review": intent.state == IntentState.NEEDS_REVIEW,
        "is_final": not is_open or is_over,
        "pay_until": pay_until,
    }
