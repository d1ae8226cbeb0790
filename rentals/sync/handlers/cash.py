"""Cash at the counter: what was taken, counted and dropped while the drawer could not be asked."""

import uuid

from payments.cash import selectors
from payments.cash import services as drawers
from payments.cash.errors import SessionNotOpen
from payments.cash.models import CashSession
from payments.cash.services.takings import to_take
from payments.intents.models import PaymentIntent
from rentals.bookings.models import Booking
from rentals.cashdesk.place import drawer_of
from rentals.cashdesk.selectors import payable_for
from rentals.sync.enums import CommandState
from rentals.sync.errors import SyncRefusal, SyncRejection, SyncWait
from rentals.sync.handlers.outcome import Form, Outcome
from rentals.sync.models import SyncCommand
from voltgo.core.actors import Actor


def session_of(command: SyncCommand, form: Form) -> CashSession:
    """Return the session that a command speaks of: by its id, by the command that opened it, else the open one.

    Raises:
        SyncWait: the command that opens it has not arrived or waits itself.
        SyncRefusal: there is none.
    """
    reference = form.text("session_ref", longest=60, default="")
    drawer = drawer_of(command.station)
    if not reference:
        running = selectors.running_session(drawer)
        if running is None:
            raise SyncRefusal("session_closed", found={"drawer": drawer.code})
        return running
    session = _session(command, reference)
    if session is None or session.drawer_id != drawer.pk:
        raise SyncRejection("unknown_subject")
    return session


def _session(command: SyncCommand, reference: str) -> CashSession | None:
    """Return the session of an id: its own, or that of the command that opened it."""
    try:
        named = uuid.UUID(reference)
    except ValueError as error:
        raise SyncRejection("malformed") from error
    sessions = CashSession.objects.select_related("drawer")
    session = sessions.filter(pk=named).first()
    if session is not None:
        return session
    opening = SyncCommand.objects.filter(pk=named, station=command.station_id).first()
    if opening is None or opening.state in (CommandState.WAITING, CommandState.CONFLICT):
        raise SyncWait("waiting_session")
    return sessions.filter(pk=opening.result.get("session")).first()


def take(
    command: SyncCommand, form: Form, *, booking: Booking, actor: Actor, outcome: Outcome, part: str = ""
) -> None:
    """Take what a booking is asked for into its session; what was shown is what was taken.

    Raises:
        SyncRefusal: nothing is asked for any more, or another amount.
    """
    amount, tendered = form.number("amount", least=1), form.number("tendered", least=1)
    session = session_of(command, form)
    intent = _asked_for(booking, amount)
    try:
        movement = drawers.take_payment(
            intent=intent,
            session=session,
            tendered=max(tendered, amount),
            shown_amount=amount,
            by=actor,
            idempotency_key=f"sync:{command.pk}:{part}",
        )
    except SessionNotOpen as error:
        raise SyncRefusal("session_closed", found={"session": str(session.pk)}) from error
    booking.refresh_from_db()
    outcome.result["movement"] = str(movement.pk)


def _asked_for(booking: Booking, amount: int) -> PaymentIntent:
    asked = list(payable_for(booking))
    exact = next((row for row in asked if to_take(row) == amount), None)
    if exact is not None:
        return exact
    found = {"taken": amount, "asked": [to_take(row) for row in asked]}
    raise SyncRefusal("cash_differs" if asked else "cash_twice", found=found)
