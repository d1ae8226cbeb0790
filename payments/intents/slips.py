"""Papers that say that money came: a receipt when a debt is paid, a slip when the payer asks for one."""

from django.db import transaction

from payments.intents.enums import PAID_STATES, Purpose
from payments.intents.locking import lock_reference
from payments.intents.models import PaymentIntent
from payments.invoices.models import Receipt
from payments.invoices.services import issue_balance_receipt, issue_payment_slip
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import NotFound

# What is paid after the receipt of the rental, or without one.
PAID_AFTERWARDS = frozenset({Purpose.BALANCE, Purpose.FINE})


def tell_paid(intent: PaymentIntent) -> None:
    """Issue the receipt of each payment of a debt or a fine; in the transaction in which its money came."""
    if intent.purpose not in PAID_AFTERWARDS:
        return
    for payment in intent.payments.select_related("intent__payer").order_by("paid_at", "pk"):
        issue_balance_receipt(payment=payment, by=SYSTEM)


@transaction.atomic
def issue_slips(*, intent: PaymentIntent, by: Actor) -> list[Receipt]:
    """Issue the slips of an intent's payments, one each; safe to call again. Locks the reference's owner first.

    Raises:
        NotFound: nothing was paid.
    """
    lock_reference(intent.reference)
    payments = list(intent.payments.select_related("intent__payer").order_by("paid_at", "pk"))
    if intent.state not in PAID_STATES or not payments:
        raise NotFound
    return [issue_payment_slip(payment=payment, by=by) for payment in payments]
