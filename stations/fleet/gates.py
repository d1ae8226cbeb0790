"""What areas further right have to say before a vehicle is called ready: each may refuse with its own error."""

from collections.abc import Callable

from stations.fleet.models import Vehicle

Gate = Callable[[Vehicle], None]

_gates: list[Gate] = []


def register(gate: Gate) -> None:
    """Ask this function too, within the transaction and with the vehicle locked; safe to call again."""
    if gate not in _gates:
        _gates.append(gate)


def ask_gates(vehicle: Vehicle) -> None:
    """Ask everybody; whoever objects raises a DomainError."""
    for gate in _gates:
        gate(vehicle)
