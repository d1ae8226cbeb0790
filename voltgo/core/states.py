"""The one way to change a state: lock, compare, guard, write, and keep an event row.

A machine is data: each pair (from, to) names the kinds of actor that may make the step. Guards that
look at other rows stand in the services that call `move`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import models, transaction

from voltgo.core.actors import Actor, ActorKind
from voltgo.core.errors import IllegalTransition, NotAllowed
from voltgo.core.models import StateEvent

Row = TypeVar("Row", bound=models.Model)
Table = Mapping[tuple[str, str], frozenset[ActorKind]]

ANYONE = frozenset(ActorKind)
MACHINES = frozenset({ActorKind.SYSTEM, ActorKind.PROVIDER})
COUNTER = frozenset({ActorKind.STAFF, ActorKind.SUPERVISOR, ActorKind.OPERATOR})
BACK_OFFICE = frozenset({ActorKind.OPERATOR, ActorKind.SYSTEM})


@dataclass(frozen=True)
class Machine:
    """One state machine: its name in event rows, its first state, and its transition table."""

    name: str
    initial: str
    table: Table
    field: str = "state"

    def allows(self, source: str, target: str, kind: ActorKind) -> bool:
        return kind in self.table.get((source, target), frozenset())

    def targets(self, source: str) -> list[str]:
        return [target for (start, target) in self.table if start == source]


def begin(machine: Machine, row: models.Model, *, by: Actor, reason: str = "") -> None:
    """Write the first event of a row that was just created in its initial state."""
    first_event(machine, row, by=by, reason=reason).save(force_insert=True)


def first_event(machine: Machine, row: models.Model, *, by: Actor, reason: str = "") -> StateEvent:
    """Return the first event of a new row, unwritten, for a caller that writes it together with the row."""
    return _event(machine, row, source="", target=str(getattr(row, machine.field)), by=by, reason=reason)


@transaction.atomic
def move(machine: Machine, row: Row, *, to: str, by: Actor, reason: str = "", **changes: Any) -> Row:
    """Move a row to a new state and set `changes` with it; the row passed in is updated too.

    Locks the row (FOR NO KEY UPDATE) and judges by what stands in the database, not by what the
    caller has in memory.

    Raises:
        IllegalTransition: the table has no such step from the present state.
        NotAllowed: the step exists, but not for this kind of actor.
    """
    manager = row.__class__._base_manager
    current = (
        manager.select_for_update(of=("self",), no_key=True)
        .values_list(machine.field, flat=True)
        .get(pk=row.pk)
    )
    allowed = machine.table.get((current, str(to)))
    if allowed is None:
        raise IllegalTransition(machine=machine.name, source=current, target=str(to))
    if by.kind not in allowed:
        raise NotAllowed(machine=machine.name, source=current, target=str(to), actor=by.kind.value)
    values = {machine.field: str(to), **changes}
    manager.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)
    _event(machine, row, source=current, target=str(to), by=by, reason=reason).save(force_insert=True)
    return row


def events_of(machine: Machine, row: models.Model) -> models.QuerySet[StateEvent]:
    """Return the history of a row, oldest first."""
    return StateEvent.objects.filter(machine=machine.name, subject=str(row.pk)).order_by("pk")


def _event(
    machine: Machine, row: models.Model, *, source: str, target: str, by: Actor, reason: str
) -> StateEvent:
    return StateEvent(
        machine=machine.name,
        subject=str(row.pk),
        source=source,
        target=target,
        actor_kind=by.kind,
        actor_ref=by.ref,
        actor_label=by.label,
        reason=reason,
    )
