"""Promises to speak to a provider about a hold, kept by outbox jobs after commit."""

from payments.intents.models import DepositHold
from voltgo.core import outbox

PLACE = "payments.place_hold"
TAKE = "payments.take_hold"
FREE = "payments.free_hold"


def promise_place(hold: DepositHold, *, again: str = "") -> None:
    """Promise that a hold will be placed; `again` names why the promise is renewed."""
    outbox.promise(PLACE, key=f"{PLACE}:{hold.merchant_ref}:{again}", hold_id=hold.pk)


def promise_take(hold: DepositHold, *, again: str = "") -> None:
    """Promise that what is to be taken of a hold will be asked for."""
    outbox.promise(TAKE, key=f"{TAKE}:{hold.merchant_ref}:{again}", hold_id=hold.pk)


def promise_free(hold: DepositHold, *, again: str = "") -> None:
    """Promise that a hold will be freed."""
    outbox.promise(FREE, key=f"{FREE}:{hold.merchant_ref}:{again}", hold_id=hold.pk)
