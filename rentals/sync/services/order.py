"""What goes before a command: its pictures, and what was done before on its subject, its vehicle or its drawer."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from rentals.bookings.models import Booking
from rentals.sync.enums import CommandKind, CommandState, Origin
from rentals.sync.errors import SyncWait
from rentals.sync.models import SyncCommand
from rentals.sync.reading import BOOKING, VEHICLE, WALK_IN
from rentals.sync.services.files import missing_of

SETTLED = (CommandState.APPLIED, CommandState.REJECTED, CommandState.RESOLVED)
NAMED = "body__payload__vehicle"
# These leave a vehicle as they found it.
OF_NO_VEHICLE = (CommandKind.NOTE, CommandKind.CASH_TAKE)
# What the drawer holds when these are done is what the cash before them has left in it.
OF_THE_WHOLE_DRAWER = (CommandKind.CASH_DROP, CommandKind.CASH_CLOSE)
WITH_CASH = (CommandKind.PICKUP, CommandKind.WALK_IN, CommandKind.CASH_TAKE)


def check_order(command: SyncCommand) -> None:
    """Let what was done before go first, and wait for pictures.

    A subject keeps its order whatever becomes of it. On a vehicle and in a drawer only what still waits goes first: a
    return is on its way with its pictures while the vehicle is made ready and leaves again. What a person has to
    decide on holds up nobody else.

    Raises:
        SyncWait: something lacks still.
    """
    if command.origin == Origin.TABLET:
        earlier = SyncCommand.objects.filter(tablet=command.tablet_id, seq__lt=command.seq)
        if earlier.filter(subject=command.subject).exclude(state__in=SETTLED).exists():
            raise SyncWait("waiting_predecessor")
        waiting = earlier.filter(state=CommandState.WAITING)
        if _vehicle_is_waited_for(command, waiting) or _cash_is_waited_for(command, waiting):
            raise SyncWait("waiting_predecessor")
    if missing_of(command):
        raise SyncWait("waiting_files")


def _vehicle_is_waited_for(command: SyncCommand, waiting: QuerySet[SyncCommand]) -> bool:
    if command.kind in OF_NO_VEHICLE:
        return False
    others = waiting.exclude(kind__in=OF_NO_VEHICLE).values_list("subject", NAMED)
    before = list(others)
    if not before:
        return False
    (mine,) = _vehicles([(command.subject, command.body["payload"].get("vehicle"))])
    return mine is not None and mine in _vehicles(before)


def _vehicles(rows: Sequence[tuple[str, Any]]) -> list[str | None]:
    """Return which vehicle each row speaks of by its subject and what it names. One query, two with walk-ins."""
    subjects = [tuple(subject.split(":", 1)) for subject, _named in rows]
    booked = dict(
        Booking.objects.filter(code__in=[name for of, name in subjects if of == BOOKING]).values_list(
            "code", "allocation__vehicle__code"
        )
    )
    walked = {}
    if any(of == WALK_IN for of, _name in subjects):
        begun = SyncCommand.objects.filter(subject__in=[subject for subject, _named in rows])
        walked = dict(begun.filter(kind=CommandKind.WALK_IN).values_list("subject", NAMED))
    found: list[str | None] = []
    for (subject, named), (of, name) in zip(rows, subjects, strict=True):
        code = named if isinstance(named, str) else name if of == VEHICLE else None
        found.append(code or booked.get(name) or walked.get(subject))
    return found


def _cash_is_waited_for(command: SyncCommand, waiting: QuerySet[SyncCommand]) -> bool:
    """Say whether money that lies in the counted drawer already is still on its way to the books."""
    if command.kind not in OF_THE_WHOLE_DRAWER:
        return False
    if any(_sessions(waiting)):
        return True
    session = command.body["payload"].get("session_ref")
    # Another tablet of the same counter; the session is the same, so nothing waits in a circle.
    others = SyncCommand.objects.filter(
        station=command.station_id, state=CommandState.WAITING, occurred_at__lte=command.occurred_at
    )
    return bool(session) and session in _sessions(others)


def _sessions(waiting: QuerySet[SyncCommand]) -> list[Any]:
    """Return of each waiting command that carries cash whose session it names; `True` if it names none."""
    rows = waiting.filter(kind__in=WITH_CASH).values_list(
        "kind", "body__payload__cash", "body__payload__session_ref"
    )
    return [
        (cash.get("session_ref") if isinstance(cash, dict) else session) or True
        for kind, cash, session in rows
        if kind == CommandKind.CASH_TAKE or isinstance(cash, dict)
    ]
