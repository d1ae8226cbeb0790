"""Opening a session, and bringing more change into it."""

from django.db import transaction

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.cash import signals
from payments.cash.denominations import Counts, total_of, without_zeros
from payments.cash.enums import RUNNING_STATES, SESSION, MovementKind
from payments.cash.errors import DifferenceNeedsReason, DrawerInUse
from payments.cash.models import CashDrawer, CashMovement, CashSession
from payments.cash.services.rows import lock_open, person, place_of, post, write
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed
from voltgo.core.money import Dong


@transaction.atomic
def open_session(
    *, drawer: CashDrawer, counts: Counts, by: Actor, float_in: Dong = 0, reason: str = ""
) -> CashSession:
    """Begin a session with what was counted in the drawer, which is compared with what the last one left.

    `float_in` is what of it headquarters brought as change. A difference needs a reason; it is booked to
    `cash_differences` at once, becomes a case, and is told by `cash_variance_found`. Locks the drawer.

    Raises:
        DrawerInUse: another session of the drawer is running.
        DifferenceNeedsReason: something was found too much or too little, and nothing is said about it.
        NotAllowed: the drawer is out of use, or nobody stands behind the actor.
    """
    user = person(by)
    locked = locks.lock_row(drawer)
    if not locked.is_active:
        raise NotAllowed
    if CashSession.objects.filter(drawer=locked, state__in=RUNNING_STATES).exists():
        raise DrawerInUse
    counted = total_of(counts)
    if not 0 <= float_in <= counted:
        raise InvalidInput(float_in=float_in)
    left = ledger.balance(chart.cash_drawer(locked.code))
    difference = counted - left - float_in
    reason = reason.strip()
    if difference and not reason:
        raise DifferenceNeedsReason(counted=counted, expected=left + float_in, difference=difference)
    session = CashSession.objects.create(
        drawer=locked,
        opened_by=user,
        opened_at=clock.now(),
        opening_amount=counted,
        opening_counts=without_zeros(counts),
        opening_reason=reason[:300] if difference else "",
    )
    states.begin(SESSION, session, by=by)
    if left:
        # The money stays where it is: nothing is posted.
        write(session, MovementKind.TAKEN_OVER, left, key=f"taken-over:{session.pk}", user=user)
    if float_in:
        brought = write(session, MovementKind.FLOAT_IN, float_in, key=f"float:{session.pk}", user=user)
        post(session, EntryKind.CASH_FLOAT, chart.CASH_FLOATS, brought, by=by)
    if difference:
        found = write(
            session,
            MovementKind.VARIANCE,
            difference,
            key=f"opening-variance:{session.pk}",
            user=user,
            note=reason,
        )
        post(session, EntryKind.CASH_VARIANCE, chart.CASH_DIFFERENCES, found, by=by)
        tell_of_difference(session, difference, at_opening=True)
    return session


def tell_of_difference(session: CashSession, difference: Dong, *, at_opening: bool) -> None:
    """Make a difference a case and tell who answers for the place; in the caller's transaction."""
    moment = "opening" if at_opening else "closing"
    cases.open_case(
        kind=CaseKind.CASH_VARIANCE,
        key=f"cash-{moment}:{session.pk}",
        reference=place_of(session),
        amount=difference,
        details={"session": str(session.pk), "moment": moment},
    )
    signals.cash_variance_found.send(
        sender=CashSession, session=session, amount=difference, at_opening=at_opening
    )


@transaction.atomic
def add_float(*, session: CashSession, amount: Dong, by: Actor, idempotency_key: str) -> CashMovement:
    """Take change from headquarters into an open session. Safe to call twice with one key.

    Raises:
        SessionNotOpen: the session is being counted, or over.
        IllegalTransition: the key belongs to another movement.
    """
    if amount <= 0:
        raise InvalidInput(amount=amount)
    user = person(by)
    locked = lock_open(session)
    key = f"float:{locked.pk}:{idempotency_key}"
    before = CashMovement.objects.filter(idempotency_key=key).first()
    if before is not None:
        if before.amount != amount:
            raise IllegalTransition
        return before
    brought = write(locked, MovementKind.FLOAT_IN, amount, key=key, user=user)
    post(locked, EntryKind.CASH_FLOAT, chart.CASH_FLOATS, brought, by=by)
    return brought
