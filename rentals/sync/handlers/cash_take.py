"""Cash was taken for a booking."""

from collections.abc import Mapping

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.sync.errors import SyncRejection
from rentals.sync.handlers import cash
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from rentals.sync.reading import BOOKING
from voltgo.core.actors import Actor


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form, outcome = form_of(command), Outcome()
    code = command.subject.partition(":")[2] if command.subject.startswith(f"{BOOKING}:") else ""
    booking = Booking.objects.filter(code=code or form.text("booking", longest=20)).first()
    if booking is None or command.station_id not in (booking.pickup_station_id, booking.return_station_id):
        raise SyncRejection("unknown_subject")
    cash.take(command, form, booking=booking, actor=actor, outcome=outcome)
    outcome.result["booking"] = booking.code
    return outcome
