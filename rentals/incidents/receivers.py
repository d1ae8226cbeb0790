"""What incidents tell to areas left of them, and hear of maintenance."""

from typing import Any

from rentals.handovers import board_notes
from rentals.handovers.selectors import Board
from rentals.incidents import papers
from rentals.incidents.selectors import watch_of
from rentals.incidents.services.dispatching import note_resolved, take_off_the_road
from stations.maintenance.models import MaintenanceTicket
from stations.maintenance.signals import safety_fault, ticket_resolved
from stations.network.models import Station
from voltgo.core.actors import Actor


def notes_on_board(station: Station, board: Board) -> dict[str, object]:
    """Say on the day board what is to be watched."""
    return {"watch": watch_of(station, board)}


def on_safety_fault(sender: object, *, ticket: MaintenanceTicket, by: Actor, **_kwargs: Any) -> None:
    take_off_the_road(ticket=ticket, by=by)


def on_ticket_resolved(sender: object, *, ticket: MaintenanceTicket, by: Actor, **_kwargs: Any) -> None:
    note_resolved(ticket=ticket, by=by)


def connect() -> None:
    """Put the notes on the day board, say who still needs whose papers, and hear of faults; called once."""
    board_notes.register(notes_on_board)
    papers.connect()
    safety_fault.connect(on_safety_fault, dispatch_uid="incidents.safety_fault")
    ticket_resolved.connect(on_ticket_resolved, dispatch_uid="incidents.ticket_resolved")
