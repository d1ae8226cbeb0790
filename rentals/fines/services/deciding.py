"""What the office decides about a fine."""

from django.db import transaction

from accounts.notifications.enums import MessageKind
from payments.intents.services.claims import pass_claim_on
from rentals.fines.enums import FINE, Ending, FineState
from rentals.fines.errors import ReasonMissing
from rentals.fines.models import TrafficFine
from rentals.fines.services.charging import charge
from rentals.fines.services.telling import write_to_payer
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.errors import IllegalTransition


@transaction.atomic
def uphold_fine(*, fine: TrafficFine, answer: str, by: Actor) -> TrafficFine:
    """Turn an objection down, with an answer; the fine is charged. Locks the fine, then money.

    Raises:
        ReasonMissing: the renter is owed an answer in words.
        IllegalTransition: nobody objects.
    """
    locked = _contested(fine, answer)
    states.move(FINE, locked, to=FineState.ACCEPTED, by=by, reason="upheld", answer=answer.strip()[:500])
    charge(locked, by=by)
    write_to_payer(locked, MessageKind.FINE_DECIDED, key="decided", answer=locked.answer, is_upheld=True)
    return locked


@transaction.atomic
def dismiss_objection(*, fine: TrafficFine, answer: str, by: Actor) -> TrafficFine:
    """Agree with an objection: the renter pays nothing. Locks the fine.

    Raises:
        ReasonMissing: the renter is owed an answer in words.
        IllegalTransition: nobody objects.
    """
    locked = _contested(fine, answer)
    states.move(
        FINE,
        locked,
        to=FineState.CLOSED,
        by=by,
        reason="dismissed",
        answer=answer.strip()[:500],
        ending=Ending.DISMISSED,
        closed_at=clock.now(),
    )
    write_to_payer(locked, MessageKind.FINE_DECIDED, key="decided", answer=locked.answer, is_upheld=False)
    return locked


def _contested(fine: TrafficFine, answer: str) -> TrafficFine:
    if not answer.strip():
        raise ReasonMissing
    locked = locks.lock_row(fine)
    if locked.state != FineState.CONTESTED:
        raise IllegalTransition(machine=FINE.name, source=locked.state)
    return locked


@transaction.atomic
def name_driver(*, fine: TrafficFine, letter: str, by: Actor) -> TrafficFine:
    """Note that the authority was told who drove, by which letter; it turns to the driver itself.

    Raises:
        ReasonMissing: no letter is named.
    """
    if not letter.strip():
        raise ReasonMissing
    locked = locks.lock_row(fine)
    states.move(
        FINE,
        locked,
        to=FineState.TRANSFERRED,
        by=by,
        reason="driver named",
        settled_ref=letter.strip()[:80],
        ending=Ending.DRIVER_NAMED,
    )
    write_to_payer(locked, MessageKind.FINE_DECIDED, key="named", answer="", is_upheld=None)
    return locked


@transaction.atomic
def close_with_state(*, fine: TrafficFine, receipt: str, by: Actor) -> TrafficFine:
    """Close a fine: paid to the State by us under this receipt, or taken over by the driver.

    What the renter paid for it leaves our account at the bank; nothing of it is ever income. Locks the fine.

    Raises:
        ReasonMissing: no receipt is named.
    """
    if not receipt.strip():
        raise ReasonMissing
    locked = locks.lock_row(fine)
    is_ours_to_pay = locked.state == FineState.PAID
    states.move(
        FINE,
        locked,
        to=FineState.CLOSED,
        by=by,
        reason=receipt.strip()[:300],
        settled_ref=receipt.strip()[:80],
        ending=Ending.PAID_TO_STATE if is_ours_to_pay else Ending.DRIVER_NAMED,
        closed_at=clock.now(),
    )
    if is_ours_to_pay:
        pass_claim_on(claim=locked.reference, amount=locked.amount, by=by)
    return locked


@transaction.atomic
def bear_fine(*, fine: TrafficFine, reason: str, by: Actor) -> TrafficFine:
    """Close a fine that no renter answers for. Locks the fine.

    Raises:
        ReasonMissing: nobody said why.
    """
    if not reason.strip():
        raise ReasonMissing
    return states.move(
        FINE,
        fine,
        to=FineState.CLOSED,
        by=by,
        reason=reason.strip()[:300],
        ending=Ending.OURS,
        closed_at=clock.now(),
    )
