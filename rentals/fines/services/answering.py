"""The renter's answer, or their silence."""

import logging

from django.db import transaction

from rentals.fines.enums import FINE, FineState
from rentals.fines.errors import ReasonMissing, TooLateToContest
from rentals.fines.models import TrafficFine
from rentals.fines.services.charging import charge
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import IllegalTransition
from voltgo.core.paging import in_pages

logger = logging.getLogger(__name__)

BATCH = 200


@transaction.atomic
def accept_fine(*, fine: TrafficFine, by: Actor) -> TrafficFine:
    """Accept a fine: what is kept of the deposit pays first, the rest is asked for. Safe to call twice.

    Locks the fine, then the money of the booking.
    """
    locked = locks.lock_row(fine)
    if locked.state in {FineState.ACCEPTED, FineState.PAID}:
        return locked
    if locked.state != FineState.NOTIFIED:
        raise IllegalTransition(machine=FINE.name, source=locked.state)
    states.move(FINE, locked, to=FineState.ACCEPTED, by=by, reason="accepted")
    return charge(locked, by=by)


@transaction.atomic
def contest_fine(*, fine: TrafficFine, objection: str, by: Actor) -> TrafficFine:
    """Object to a fine; nothing is taken until an operator has decided. Locks the fine.

    Raises:
        ReasonMissing: nothing was said.
        TooLateToContest: the time to answer is over, also when no job has said so yet.
    """
    objection = objection.strip()
    if not objection:
        raise ReasonMissing
    locked = locks.lock_row(fine)
    if locked.state == FineState.NOTIFIED and locked.answer_until and clock.now() >= locked.answer_until:
        raise TooLateToContest
    return states.move(
        FINE, locked, to=FineState.CONTESTED, by=by, reason="objection", objection=objection[:1000]
    )


def lapse_due() -> int:
    """Take the silence of those whose time to answer is over for consent; return how many.

    Each in its own transaction: one that cannot be charged does not hold up the others.
    """
    due = TrafficFine.objects.filter(state=FineState.NOTIFIED, answer_until__lte=clock.now())
    done = 0
    for fine in in_pages(due, size=BATCH):
        try:
            accept_fine(fine=fine, by=SYSTEM)
            done += 1
        except Exception:
            logger.exception("ALERT fine %s cannot be charged", fine.code)
    return done
