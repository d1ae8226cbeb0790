"""Walks every (state, target, role) triple of every state machine through the one transition service."""

from dataclasses import replace
from itertools import product

import pytest

from accounts.kyc.enums import DOCUMENT
from payments.intents.enums import DEPOSIT, INTENT, REFUND
from payments.invoices.enums import RECEIPT
from rentals.bookings.enums import BOOKING
from rentals.changes.enums import CHANGE
from rentals.contracts.enums import CONTRACT
from rentals.handovers.enums import RENTAL
from stations.fleet.enums import CONDITION, LIFECYCLE
from voltgo.core import clock, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.errors import IllegalTransition, NotAllowed
from voltgo.core.models import OutboxMessage, StateEvent

MACHINES = [
    BOOKING,
    CHANGE,
    CONDITION,
    CONTRACT,
    DEPOSIT,
    DOCUMENT,
    INTENT,
    LIFECYCLE,
    RECEIPT,
    REFUND,
    RENTAL,
]


def states_of(machine):
    return sorted({machine.initial, *(state for pair in machine.table for state in pair)})


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_only_the_table_moves_a_row_and_only_by_its_roles(machine):
    # Any table with a free text column serves as the row: the service locks and compares in the database.
    stand_in = replace(machine, field="topic")
    row = OutboxMessage.objects.create(topic=machine.initial, available_at=clock.now())

    for source, target, kind in product(states_of(machine), states_of(machine), ActorKind):
        OutboxMessage.objects.filter(pk=row.pk).update(topic=source)
        before = StateEvent.objects.count()
        try:
            states.move(stand_in, row, to=target, by=Actor(kind, "U-1", "Someone"))
            outcome = "moved"
        except IllegalTransition:
            outcome = "illegal"
        except NotAllowed:
            outcome = "not allowed"

        roles = machine.table.get((source, target))
        expected = "illegal" if roles is None else "moved" if kind in roles else "not allowed"
        assert outcome == expected, (machine.name, source, target, kind)
        row.refresh_from_db()
        assert row.topic == (target if expected == "moved" else source)
        assert StateEvent.objects.count() == before + (expected == "moved")


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_can_be_reached_from_the_first(machine):
    reached, frontier = {str(machine.initial)}, [str(machine.initial)]
    while frontier:
        for target in machine.targets(frontier.pop()):
            if str(target) not in reached:
                reached.add(str(target))
                frontier.append(str(target))
    assert reached == {str(state) for state in states_of(machine)}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_step_has_somebody_who_may_make_it(machine):
    assert [pair for pair, roles in machine.table.items() if not roles] == []


def test_a_step_is_judged_by_the_database_not_by_the_object_in_memory():
    row = OutboxMessage.objects.create(topic="held", available_at=clock.now())
    OutboxMessage.objects.filter(pk=row.pk).update(topic="cancelled")

    with pytest.raises(IllegalTransition):
        states.move(replace(BOOKING, field="topic"), row, to="confirmed", by=Actor(ActorKind.SYSTEM))

    assert OutboxMessage.objects.get(pk=row.pk).topic == "cancelled"
