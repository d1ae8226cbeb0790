"""What every move of cash does: lock the session, know the person, write the movement, post it."""

from accounts.models import User
from payments.cash.enums import MovementKind, SessionState
from payments.cash.errors import DrawerTooEmpty, SessionNotOpen
from payments.cash.models import CashMovement, CashSession
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.chart import Account
from payments.ledger.enums import EntryKind
from payments.ledger.errors import AccountOverdrawn
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.errors import NotAllowed
from voltgo.core.money import Dong


def lock_session(session: CashSession) -> CashSession:
    """Lock a session until the transaction ends and return it fresh. The first lock of every move of cash."""
    return locks.lock_row(session)


def lock_open(session: CashSession) -> CashSession:
    """Lock a session in which cash may move.

    Raises:
        SessionNotOpen: it is being counted, or over.
    """
    locked = lock_session(session)
    if locked.state != SessionState.OPEN:
        raise SessionNotOpen
    return locked


def person(by: Actor) -> User:
    """Return who does it: cash is always in somebody's hands.

    Raises:
        NotAllowed: it is a machine.
    """
    found = User.objects.filter(public_id=by.ref).first() if by.ref else None
    if found is None:
        raise NotAllowed
    return found


def place_of(session: CashSession) -> str:
    """Return the reference of entries that concern no booking."""
    return f"cash:{session.drawer.code}"


def write(
    session: CashSession,
    kind: MovementKind,
    amount: Dong,
    *,
    key: str,
    user: User,
    reference: str = "",
    tendered: Dong | None = None,
    note: str = "",
) -> CashMovement:
    """Write one movement of a locked session."""
    return CashMovement.objects.create(
        session=session,
        kind=kind,
        amount=amount,
        reference=reference,
        tendered_amount=tendered,
        idempotency_key=key,
        note=note[:300],
        by=user,
        at=clock.now(),
    )


def post(
    session: CashSession, kind: EntryKind, against: Account, movement: CashMovement, *, by: Actor
) -> None:
    """Post a movement that is no payment: the drawer against another account.

    Raises:
        DrawerTooEmpty: the drawer would fall below nothing.
    """
    try:
        ledger.post(
            kind=kind,
            key=f"cash:{kind}:{movement.pk}",
            reference=place_of(session),
            lines=[
                (chart.cash_drawer(session.drawer.code), movement.amount),
                (against, -movement.amount),
            ],
            occurred_at=movement.at,
            by=by,
        )
    except AccountOverdrawn as error:
        raise DrawerTooEmpty from error
