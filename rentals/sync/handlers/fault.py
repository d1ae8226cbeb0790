"""Somebody has found a fault: a ticket with its pictures."""

from collections.abc import Mapping

from accounts.users.models import User
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from stations.fleet.models import Vehicle
from stations.maintenance.services import report_fault
from voltgo.core.actors import Actor


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form = form_of(command)
    vehicle = Vehicle.objects.select_related("model").get(code=command.subject.partition(":")[2])
    ticket = report_fault(
        vehicle=vehicle,
        station=command.station,
        severity=form.text("severity", longest=20),
        part=form.text("part", longest=40, default=""),
        text=form.text("text", longest=1_000),
        user=user,
        by=actor,
        at=command.occurred_at,
        key=f"sync:{command.pk}",
        photos=[files[role] for role in files],
    )
    return Outcome(result={"ticket": ticket.code})
