"""State events of the past: what the transition service would have written at the time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from rentals.demo.seeding.bulk import copy_rows
from voltgo.core.actors import Actor
from voltgo.core.models import StateEvent
from voltgo.core.states import Machine

COLUMNS = (
    "machine", "subject", "source", "target", "actor_kind", "actor_ref", "actor_label", "reason", "at",
)  # fmt: skip


class Step(NamedTuple):
    """One step of one row through its machine."""

    machine: Machine
    subject: str
    source: str
    target: str
    by: Actor
    at: datetime
    reason: str = ""


def write_steps(steps: Iterable[Step]) -> int:
    """Write the steps of the past in one go."""
    return copy_rows(
        StateEvent,
        COLUMNS,
        (
            (
                step.machine.name,
                step.subject,
                str(step.source),
                str(step.target),
                str(step.by.kind),
                step.by.ref,
                step.by.label,
                step.reason,
                step.at,
            )
            for step in steps
        ),
    )
