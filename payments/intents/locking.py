"""The locks of everything that touches the money of one reference, in one order."""

from payments.intents import targets
from payments.intents.models import PaymentIntent
from voltgo.core import locks


def lock_reference(reference: str) -> list[PaymentIntent]:
    """Lock the owner's row, then every intent of the reference by primary key; return the intents fresh.

    Ledger accounts come after this, by their own rule. Must run inside a transaction.
    """
    targets.lock(reference)
    return locks.lock(PaymentIntent.objects.filter(reference=reference))
