"""What is done at once when a command becomes a conflict, and what is tidied when it is settled."""

from rentals.bookings.models import Booking
from rentals.sync.models import SyncCommand, SyncConflict
from rentals.sync.rules import Consequence, rule
from rentals.sync.services import claims
from stations.fleet.models import Vehicle
from voltgo.core import outbox

TAKE_OUT = "sync.take_out"


def of_conflict(conflict: SyncConflict) -> None:
    """Do what the rule of a conflict says, in the transaction in which it is opened."""
    consequence = rule(conflict.code).consequence
    if consequence in {Consequence.VEHICLE_OUT, Consequence.VEHICLE_HELD}:
        vehicle = vehicle_of(conflict.command)
        if vehicle is not None:
            claims.hold_back(conflict.command, vehicle)
            if consequence is Consequence.VEHICLE_OUT:
                outbox.promise(TAKE_OUT, key=f"{TAKE_OUT}:{conflict.command_id}", conflict_id=conflict.pk)
    if consequence is Consequence.MONEY_CASE:
        from rentals.sync.services.money import open_case_of

        open_case_of(conflict)


def tidy_up(command: SyncCommand) -> None:
    """Give back what was held back for a command: it was applied, or it was never ours."""
    vehicle = vehicle_of(command)
    if vehicle is not None:
        claims.let_go(command, vehicle)


def vehicle_of(command: SyncCommand) -> Vehicle | None:
    """Return the vehicle that has gone by what a command says; None if it speaks of none here."""
    payload = command.body.get("payload")
    code = payload.get("vehicle") if isinstance(payload, dict) else None
    if isinstance(code, str):
        return claims.vehicle_here(command, code)
    of, _, name = command.subject.partition(":")
    if of == "vehicle":
        return claims.vehicle_here(command, name)
    booking = Booking.objects.select_related("allocation__vehicle").filter(code=name).first()
    return booking.allocation.vehicle if booking is not None and of == "booking" else None
