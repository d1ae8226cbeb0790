"""Counting a drawer blind and closing its session, with a second person where much is missing."""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from payments.cash.denominations import Counts, total_of, without_zeros
from payments.cash.enums import SESSION, MovementKind, SessionState
from payments.cash.errors import (
    CountHandedIn,
    CountNeedsSecondPerson,
    CountNotHandedIn,
    DifferenceNeedsReason,
)
from payments.cash.models import CashSession
from payments.cash.selectors import expected_in
from payments.cash.services.rows import lock_session, person, post, write
from payments.cash.services.sessions import tell_of_difference
from payments.ledger import chart
from payments.ledger.enums import EntryKind
from voltgo.core import clock, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition
from voltgo.core.money import Dong

OVER = (SessionState.CLOSED, SessionState.RECONCILED)


@transaction.atomic
def start_count(*, session: CashSession, by: Actor) -> CashSession:
    """Begin to count: from now no cash moves in this session. Safe to call twice.

    Raises:
        IllegalTransition: the session is over, or its difference waits to be confirmed.
    """
    locked = lock_session(session)
    if locked.state != SessionState.COUNTING:
        states.move(SESSION, locked, to=SessionState.COUNTING, by=by)
    return locked


@transaction.atomic
def resume_session(*, session: CashSession, by: Actor) -> CashSession:
    """Go on with a session without having counted it.

    Raises:
        CountHandedIn: what should be there was told already.
        IllegalTransition: the session is over, or its difference waits to be confirmed.
    """
    locked = lock_session(session)
    if locked.state == SessionState.OPEN:
        return locked
    if locked.counted_amount is not None and locked.state == SessionState.COUNTING:
        raise CountHandedIn
    return states.move(SESSION, locked, to=SessionState.OPEN, by=by)


@transaction.atomic
def hand_in_count(*, session: CashSession, counts: Counts, by: Actor) -> CashSession:
    """Keep what was counted, and only then compute what should be there. Each count is kept in the audit.

    Raises:
        CountHandedIn: somebody has handed in a count; it can be counted anew.
        IllegalTransition: nobody began to count.
    """
    user = person(by)
    locked = lock_session(session)
    if locked.state != SessionState.COUNTING:
        raise IllegalTransition(machine=SESSION.name, source=locked.state)
    if locked.counted_amount is not None:
        raise CountHandedIn
    counted, expected = total_of(counts), expected_in(locked)
    locked.counts, locked.counted_amount, locked.expected_amount = without_zeros(counts), counted, expected
    locked.closed_by, locked.handed_in_at = user, clock.now()
    locked.save(update_fields=["counts", "counted_amount", "expected_amount", "closed_by", "handed_in_at"])
    audit.record(
        "cash.counted", _subject(locked), by=by, counted=counted, expected=expected, counts=locked.counts
    )
    return locked


@transaction.atomic
def recount(*, session: CashSession, by: Actor) -> CashSession:
    """Set a count aside and count anew; the first count stays in the audit.

    Raises:
        CountNotHandedIn: there is none to set aside.
        IllegalTransition: the session is over.
    """
    locked = lock_session(session)
    if locked.counted_amount is None:
        raise CountNotHandedIn
    nothing: dict[str, object] = {
        "counts": {},
        "counted_amount": None,
        "expected_amount": None,
        "closed_by": None,
        "handed_in_at": None,
        "variance_reason": "",
    }
    if locked.state == SessionState.DISPUTED:
        states.move(SESSION, locked, to=SessionState.COUNTING, by=by, reason="recount", **nothing)
    elif locked.state == SessionState.COUNTING:
        for name, value in nothing.items():
            setattr(locked, name, value)
        locked.save(update_fields=list(nothing))
    else:
        raise IllegalTransition(machine=SESSION.name, source=locked.state)
    audit.record("cash.recounted", _subject(locked), by=by)
    return locked


def difference_of(session: CashSession) -> Dong:
    """Return what was counted too much (positive) or too little."""
    return (session.counted_amount or 0) - (session.expected_amount or 0)


@transaction.atomic
def close_session(
    *, session: CashSession, by: Actor, reason: str = "", handover_note: str = ""
) -> CashSession:
    """End a session that was counted. Safe to call twice.

    A difference needs a reason; it is booked to `cash_differences`. One above CASH_VARIANCE_LIMIT leaves the
    session disputed until a second person confirms it, and becomes a case. Locks the session, then ledger
    accounts.

    Raises:
        CountNotHandedIn: nobody has counted.
        DifferenceNeedsReason: something is too much or too little, and nothing is said about it.
        IllegalTransition: the session is not being counted.
    """
    locked = lock_session(session)
    if locked.state in OVER or locked.state == SessionState.DISPUTED:
        return locked
    if locked.state != SessionState.COUNTING:
        raise IllegalTransition(machine=SESSION.name, source=locked.state)
    if locked.counted_amount is None:
        raise CountNotHandedIn
    difference, reason = difference_of(locked), reason.strip()[:300]
    if difference and not reason:
        raise DifferenceNeedsReason(
            counted=locked.counted_amount, expected=locked.expected_amount, difference=difference
        )
    locked.variance_reason, locked.handover_note = reason if difference else "", handover_note.strip()[:500]
    locked.save(update_fields=["variance_reason", "handover_note"])
    if abs(difference) > settings.CASH_VARIANCE_LIMIT:
        states.move(SESSION, locked, to=SessionState.DISPUTED, by=by, reason=reason)
        tell_of_difference(locked, difference, at_opening=False)
        return locked
    return _close(locked, by=by)


@transaction.atomic
def confirm_difference(*, session: CashSession, by: Actor) -> CashSession:
    """Confirm a difference above the limit, as a second person, and end the session. Safe to call twice.

    Raises:
        CountNeedsSecondPerson: who counted or closed does not confirm.
        NotAllowed: only supervisors and operators confirm.
        IllegalTransition: no difference waits to be confirmed.
    """
    user = person(by)
    locked = lock_session(session)
    if locked.state in OVER and locked.confirmed_by_id == user.pk:
        return locked
    if locked.state != SessionState.DISPUTED:
        raise IllegalTransition(machine=SESSION.name, source=locked.state)
    disputed = states.events_of(SESSION, locked).filter(target=SessionState.DISPUTED).last()
    if locked.closed_by_id == user.pk or (disputed is not None and disputed.actor_ref == by.ref):
        raise CountNeedsSecondPerson
    return _close(locked, by=by, confirmed_by=user)


def _close(locked: CashSession, *, by: Actor, confirmed_by: User | None = None) -> CashSession:
    difference = difference_of(locked)
    if difference:
        # While the session still runs: nothing moves in one that is closed.
        found = write(
            locked,
            MovementKind.VARIANCE,
            difference,
            key=f"closing-variance:{locked.pk}",
            user=person(by),
            note=locked.variance_reason,
        )
        post(locked, EntryKind.CASH_VARIANCE, chart.CASH_DIFFERENCES, found, by=by)
    return states.move(
        SESSION, locked, to=SessionState.CLOSED, by=by, closed_at=clock.now(), confirmed_by=confirmed_by
    )


@transaction.atomic
def reconcile_session(*, session: CashSession, by: Actor) -> CashSession:
    """Say that finance has gone through a closed session.

    Raises:
        NotAllowed: only operators do.
        IllegalTransition: it is not closed.
    """
    locked = lock_session(session)
    states.move(SESSION, locked, to=SessionState.RECONCILED, by=by)
    audit.record("cash.reconciled", _subject(locked), by=by)
    session.state = locked.state
    return locked


def _subject(session: CashSession) -> str:
    return f"cash_session:{session.pk}"
