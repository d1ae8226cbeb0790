import pytest

from stations.maintenance.enums import TICKET
from stations.transfers.enums import TRANSFER
from voltgo.core.actors import ActorKind
from voltgo.core.states import Machine

MACHINES = [TICKET, TRANSFER]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_every_state_can_be_reached_and_only_ends_end(machine: Machine) -> None:
    reached, ahead = {machine.initial}, [machine.initial]
    while ahead:
        new = set(machine.targets(ahead.pop())) - reached
        reached |= new
        ahead += new

    states = {state for pair in machine.table for state in pair}
    assert reached == states
    assert {state for state in states if not machine.targets(state)} in (
        {"closed"},
        {"delivered", "cancelled"},
    )


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_renters_make_no_step_and_operators_every_one(machine: Machine) -> None:
    assert all(ActorKind.RENTER not in kinds for kinds in machine.table.values())
    assert all(ActorKind.OPERATOR in kinds for kinds in machine.table.values())
