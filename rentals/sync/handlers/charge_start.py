"""A vehicle was plugged in."""

from collections.abc import Mapping

from accounts.users.models import User
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from stations.charging_queue.errors import AlreadyPlugged
from stations.charging_queue.services import plug_in
from stations.fleet.models import Vehicle
from voltgo.core.actors import Actor


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    vehicle = Vehicle.objects.get(code=command.subject.partition(":")[2])
    outcome = Outcome()
    try:
        plug_in(
            vehicle=vehicle,
            percent=form_of(command).number("battery_percent", most=100),
            user=user,
            by=actor,
            at=command.occurred_at,
            key=f"sync:{command.pk}",
        )
    except AlreadyPlugged:
        # Somebody else has noted it before: the vehicle stands as the command says.
        outcome.flag("already_so")
    return outcome
