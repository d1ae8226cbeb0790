"""What is kept of money that was paid ahead, when a booking is cancelled or made smaller."""

from payments.intents.services import recognise_revenue
from rentals.pricing.models import Quote
from voltgo.core.actors import Actor
from voltgo.core.money import Dong, vat_of_part


def keep_fee(*, reference: str, fee: Dong, paid_for: Quote, key: str, by: Actor) -> None:
    """Book a fee as earned out of what was paid for a quote; nothing if there is none.

    Its VAT is that of the money when it was collected: today's rate is not its tax point. The caller holds
    the booking's lock. Safe to call twice with one key.
    """
    if not fee:
        return
    vat = vat_of_part(fee, gross=paid_for.total_amount, vat=paid_for.vat_amount)
    recognise_revenue(reference=reference, lines=[("fee", fee - vat, vat)], idempotency_key=key, by=by)
