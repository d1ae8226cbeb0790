"""A note at the counter: kept with the booking or vehicle it speaks of."""

from collections.abc import Mapping

from accounts.users.models import User
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from rentals.sync.reading import VEHICLE
from rentals.sync.services.scope import booking_of
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

LONGEST = 500


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    text = form_of(command).text("text", longest=LONGEST).strip()
    of_vehicle = command.subject.startswith(f"{VEHICLE}:")
    subject = command.subject if of_vehicle else f"rental:{booking_of(command).code}"
    record("sync.noted", subject, by=actor, reason=text[:300], at=command.occurred_at.isoformat())
    return Outcome()
