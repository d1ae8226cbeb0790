"""What happened to a row: its state events and audit events in one list, newest first, for its page."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from voltgo.core.audit.words import name_of_action, name_of_detail, value_in_words
from voltgo.core.models import AuditEvent, StateEvent
from voltgo.core.states import Machine

# Older steps are found in the two logs, by the row's subject.
NEWEST = 40


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one event: what it was and what it became; events without a before have only the latter."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the trail."""

    at: datetime
    what: str
    who: str
    role: str
    reason: str
    is_step: bool
    changes: Sequence[Change] = ()


def trail_of(row: models.Model, machines: Sequence[Machine], subjects: Sequence[str]) -> list[Happening]:
    """Read the newest happenings of a row in two queries (one if it has no state machine)."""
    happenings = [*_steps(row, machines), *_events(row, subjects)]
    return sorted(happenings, key=lambda each: each.at, reverse=True)[:NEWEST]


def _steps(row: models.Model, machines: Sequence[Machine]) -> Iterable[Happening]:
    if not machines:
        return
    names = Q(machine__in=[machine.name for machine in machines])
    labels = {machine.name: _labels(row, machine.field) for machine in machines}
    for event in StateEvent.objects.filter(names, subject=str(row.pk)).order_by("-pk")[:NEWEST]:
        words = labels[event.machine]
        target = words.get(event.target, event.target)
        what = f"{words.get(event.source, event.source)} → {target}" if event.source else target
        yield Happening(
            event.at, what, event.actor_label, event.get_actor_kind_display(), event.reason, is_step=True
        )


def _labels(row: models.Model, field: str) -> Mapping[str, str]:
    column: Any = row._meta.get_field(field)
    return {str(value): str(label) for value, label in column.flatchoices}


def _events(row: models.Model, subjects: Sequence[str]) -> Iterable[Happening]:
    for event in AuditEvent.objects.filter(subject__in=subjects).order_by("-pk")[:NEWEST]:
        yield Happening(
            event.at,
            name_of_action(event.action),
            event.actor_label,
            event.get_actor_kind_display(),
            event.reason,
            is_step=False,
            changes=[_change(row, name, value) for name, value in _flat(event.changes)],
        )


def _flat(changes: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Turn two whole pictures, before and after, into what differs between them."""
    before, after = changes.get("before"), changes.get("after")
    for name, value in changes.items():
        if not (isinstance(before, dict) and isinstance(after, dict)) or name not in {"before", "after"}:
            yield name, value
        elif name == "after":
            names = [each for each in (before | after) if before.get(each) != after.get(each)]
            yield from ((each, [before.get(each), after.get(each)]) for each in names)


def _change(row: models.Model, name: str, value: Any) -> Change:
    label = _label(row, name)
    if isinstance(value, list) and len(value) == 2:
        return Change(label, _words(row, name, value[0]), _words(row, name, value[1]))
    return Change(label, "", _words(row, name, value))


def _label(row: models.Model, name: str) -> str:
    try:
        field: Any = row._meta.get_field(name)
    except FieldDoesNotExist:
        return name_of_detail(name)
    return str(getattr(field, "verbose_name", name))


def _words(row: models.Model, name: str, value: Any) -> str:
    try:
        choices = _labels(row, name)
    except (FieldDoesNotExist, AttributeError):
        choices = {}
    return choices.get(str(value)) or value_in_words(name, value)
