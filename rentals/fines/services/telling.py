"""Telling the renter of a fine, with what it is about."""

from datetime import timedelta

from django.db import transaction
from django.urls import reverse

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from rentals.fines.enums import FINE, FineState
from rentals.fines.errors import EvidenceMissing
from rentals.fines.models import TrafficFine
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor

# The contract's time to object; after it the fine counts as accepted.
TIME_TO_ANSWER = timedelta(days=7)


@transaction.atomic
def tell_driver(*, fine: TrafficFine, by: Actor) -> TrafficFine:
    """Tell the renter, with the evidence and the time to answer. Locks the fine.

    Raises:
        EvidenceMissing: there is no picture yet.
        IllegalTransition: it has no rental, or the renter knows already.
    """
    locked = locks.lock_row(fine)
    if not locked.evidence.exists():
        raise EvidenceMissing
    now = clock.now()
    states.move(
        FINE, locked, to=FineState.NOTIFIED, by=by, notified_at=now, answer_until=now + TIME_TO_ANSWER
    )
    write_to_payer(locked, MessageKind.FINE_RECEIVED, key="received")
    return locked


def write_to_payer(fine: TrafficFine, kind: MessageKind, *, key: str, **more: object) -> None:
    """Write to whoever answers for a fine; the texts name the offence, never another person."""
    assert fine.payer is not None
    assert fine.rental is not None
    notify(
        user=fine.payer,
        kind=kind,
        key=f"fine:{fine.code}:{key}:{fine.notified_at:%Y%m%d%H%M%S}" if fine.notified_at else fine.code,
        reference=fine.reference,
        context={
            "code": fine.rental.booking.code,
            "fine_code": fine.code,
            "violated_at": fine.violated_at,
            "place": fine.place,
            "offence": fine.offence,
            "amount": fine.amount,
            "answer_until": fine.answer_until,
            "fine_path": reverse("rentals:fine-detail", args=[fine.code]),
            **more,
        },
    )
