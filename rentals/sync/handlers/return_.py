"""A vehicle came back: its look, what it came to, and whether the renter has accepted it on the glass."""

from collections.abc import Mapping
from datetime import datetime

from accounts.users.models import User
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers import services as handovers
from rentals.handovers.enums import InspectionKind, RentalState
from rentals.handovers.models import Rental, Settlement
from rentals.handovers.services.inspections import throw_away
from rentals.sync.errors import SyncRefusal, SyncWait
from rentals.sync.handlers.looking import Look, always, checklist_of, need_file, strokes_of
from rentals.sync.handlers.outcome import Form, Outcome, form_of
from rentals.sync.models import SyncCommand
from rentals.sync.services.scope import booking_of
from voltgo.core import clock
from voltgo.core.actors import Actor

BEFORE = (RentalState.PREPARING, RentalState.READY_TO_SIGN)
YET_TO_COME = (BookingState.HELD, BookingState.CONFIRMED, BookingState.ARRIVED)
SIGNATURE = "signature"


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form, booking = form_of(command), booking_of(command)
    rental = rental_out(booking)
    outcome = Outcome(result={"booking": booking.code})
    impossible = "time_impossible" in despite
    presented_at = command.received_at if impossible else form.moment("presented_at")
    finished_at = command.received_at if impossible else form.moment("finished_at")
    if rental.due_at < command.received_at and presented_at < command.received_at:
        # Whoever looked meanwhile saw a later hour and a higher fee.
        outcome.flag("fee_recomputed")
    with clock.as_of(max(finished_at, presented_at)):
        _look(command, form, rental, presented_at, actor=actor, user=user, files=files, outcome=outcome)
        settlement = handovers.finish_return(rental=rental, by=actor, despite=always(command))
    outcome.result["extra"] = settlement.extra_amount
    if "signature_unusable" not in despite:
        _accept(form, settlement, actor=actor, files=files, outcome=outcome)
    return outcome


def rental_out(booking: Booking) -> Rental:
    """Return the rental that comes back.

    Raises:
        SyncWait: its pickup has not arrived.
        SyncRefusal: it came back before, or never left.
    """
    rental = Rental.objects.select_related("vehicle__model").filter(booking=booking).first()
    if rental is None or rental.state in BEFORE:
        if booking.state in YET_TO_COME:
            raise SyncWait("waiting_pickup")
        raise SyncRefusal("return_without_pickup", found={"booking": booking.code, "state": booking.state})
    if rental.state != RentalState.ACTIVE:
        back = rental.returned_at.isoformat() if rental.returned_at else ""
        raise SyncRefusal("already_returned", found={"rental": rental.state, "returned_at": back})
    return rental


def _look(
    command: SyncCommand,
    form: Form,
    rental: Rental,
    presented_at: datetime,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    outcome: Outcome,
) -> None:
    checklist = checklist_of(form.form("checklist"), purpose=InspectionKind.RETURN, vehicle=rental.vehicle)
    begun = rental.inspections.filter(kind=InspectionKind.RETURN, completed_at=None).first()
    if begun is not None:
        # Begun on another screen and left: what was finished on this one counts, marks would stand twice.
        throw_away(begun)
    inspection = handovers.open_return(
        rental=rental,
        station=command.station,
        user=user,
        by=actor,
        presented_at=presented_at,
        checklist=checklist,
    )
    inspection.rental = rental
    Look(form, files, command).write(inspection, outcome, by=actor, is_return=True)


def _accept(
    form: Form, settlement: Settlement, *, actor: Actor, files: Mapping[str, bytes], outcome: Outcome
) -> None:
    """Close the rental by the renter's signature if it stands under the very amounts; else they have 48 hours."""
    if form.text("acceptance", longest=20) != SIGNATURE:
        return
    if not says_the_same(form, settlement):
        outcome.flag("amounts_differ")
        return
    signature = form.form("signature")
    with clock.as_of(signature.moment("signed_at")):
        handovers.accept_settlement(
            rental=settlement.rental,
            by=actor,
            image=need_file(files, "signature:renter"),
            strokes=strokes_of(signature),
        )


def says_the_same(form: Form, settlement: Settlement) -> bool:
    """Say whether what the renter has seen is what it came to, line by line."""
    shown = form.form("shown")
    lines = sorted((line.text("code", longest=30), line.number("gross")) for line in shown.forms("lines"))
    found = sorted(settlement.lines.filter(is_prepaid=False).values_list("code", "gross_amount"))
    names = ("extra", "captured", "released", "debt")
    return lines == found and all(
        shown.number(name) == getattr(settlement, f"{name}_amount") for name in names
    )
