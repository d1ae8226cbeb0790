"""What a command may speak of: only what this server has offered to its station. A stranger learns nothing."""

from rentals.bookings.models import Booking
from rentals.cashdesk.place import drawer_of
from rentals.sync.enums import CommandKind, Origin
from rentals.sync.errors import SyncRefusal, SyncRejection, SyncWait
from rentals.sync.models import SyncCommand
from rentals.sync.reading import BOOKING, DRAWER, VEHICLE, WALK_IN
from rentals.sync.tickets import open_ticket, was_offered
from rentals.sync.versions import booking_version
from stations.fleet.models import Vehicle

# Without a ticket these are nobody's business: they move a vehicle and its renter's money.
WANT_TICKET = frozenset({CommandKind.PICKUP, CommandKind.RETURN})


def check_scope(command: SyncCommand, *, despite: frozenset[str] = frozenset()) -> list[str]:
    """Check that the subject is this station's, and return the flags that follow from its ticket.

    Raises:
        SyncRejection: unknown, another station's, or a ticket that nobody here has signed.
        SyncRefusal: the ticket is too old.
        SyncWait: it speaks of a walk-in that is not written yet.
    """
    of, _, name = command.subject.partition(":")
    if of == BOOKING:
        return _check_booking(command, name, despite)
    if of == WALK_IN:
        if command.kind != CommandKind.WALK_IN:
            return _check_booking(command, code_of_walk_in(command), despite, wants_ticket=False)
        _check_vehicle(command, str(command.body["payload"].get("vehicle") or ""), despite)
    if of == VEHICLE:
        _check_vehicle(command, name, despite)
    if of == DRAWER and drawer_of(command.station).code != name:
        raise SyncRejection("unknown_subject")
    return _check_ticket(command, command.subject, despite)


def booking_of(command: SyncCommand) -> Booking:
    """Return the booking of which a command speaks, whose scope was checked."""
    of, _, name = command.subject.partition(":")
    return Booking.objects.select_related("renter", "allocation__vehicle__model", "quote").get(
        code=name if of == BOOKING else code_of_walk_in(command)
    )


def code_of_walk_in(command: SyncCommand) -> str:
    """Return the code that the walk-in got which a command speaks of.

    Raises:
        SyncWait: it has none yet.
    """
    name = command.subject.partition(":")[2]
    rows = SyncCommand.objects.filter(subject=f"{WALK_IN}:{name}", kind=CommandKind.WALK_IN)
    code = next((row.result.get("booking") for row in rows if row.station_id == command.station_id), None)
    if not code:
        raise SyncWait("waiting_walk_in")
    return str(code)


def _check_booking(
    command: SyncCommand, code: str, despite: frozenset[str], *, wants_ticket: bool = True
) -> list[str]:
    booking = Booking.objects.select_related("allocation__vehicle").filter(code=code).first()
    # Whatever it is, it is answered alike: codes cannot be tried out.
    if booking is None:
        raise SyncRejection("unknown_subject")
    if command.station_id not in (booking.pickup_station_id, booking.return_station_id):
        _moved(command, f"{BOOKING}:{code}", despite)
    named = command.body["payload"].get("booking")
    if of_booking(command) and named not in (None, code):
        raise SyncRejection("malformed")
    return _check_ticket(command, f"{BOOKING}:{code}", despite, booking=booking, wants_ticket=wants_ticket)


def of_booking(command: SyncCommand) -> bool:
    return command.subject.startswith(f"{BOOKING}:")


def _check_vehicle(command: SyncCommand, code: str, despite: frozenset[str]) -> None:
    if not Vehicle.objects.filter(code=code, station=command.station_id).exists():
        _moved(command, f"{VEHICLE}:{code}", despite)


def _moved(command: SyncCommand, subject: str, despite: frozenset[str]) -> None:
    """Tell what was this station's when the tablet took its snapshot from what never was."""
    is_entered = command.origin == Origin.PAPER
    if not is_entered and not was_offered(ticket_of(command), subject=subject, station=command.station.code):
        raise SyncRejection("unknown_subject")
    if "moved_elsewhere" not in despite:
        raise SyncRefusal("moved_elsewhere", found={"subject": subject})


def ticket_of(command: SyncCommand) -> str:
    return str(command.body.get("ticket") or command.body["payload"].get("ticket") or "")


def _check_ticket(
    command: SyncCommand,
    subject: str,
    despite: frozenset[str],
    *,
    booking: Booking | None = None,
    wants_ticket: bool = True,
) -> list[str]:
    if command.origin == Origin.PAPER:
        # A member of staff has entered it on our own page, where the same rows are theirs.
        return []
    text = ticket_of(command)
    if not text:
        if command.kind in WANT_TICKET and wants_ticket:
            raise SyncRejection("ticket_forged")
        return []
    ticket = open_ticket(text)
    is_ours = ticket.station == command.station.code
    if not is_ours or (ticket.subject != subject and command.kind != CommandKind.WALK_IN):
        raise SyncRejection("ticket_forged")
    if ticket.is_expired and "ticket_expired" not in despite:
        raise SyncRefusal("ticket_expired")
    is_stale = (
        booking is not None
        and command.kind == CommandKind.PICKUP
        and ticket.version != booking_version(booking)
    )
    return ["stale_base"] if is_stale else []
