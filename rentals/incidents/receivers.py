"""What incidents tell to areas left of them."""

from rentals.handovers import board_notes
from rentals.handovers.selectors import Board
from rentals.incidents import papers
from rentals.incidents.selectors import watch_of
from stations.network.models import Station


def notes_on_board(station: Station, board: Board) -> dict[str, object]:
    """Say on the day board what is to be watched."""
    return {"watch": watch_of(station, board)}


def connect() -> None:
    """Put the notes on the day board, and say who still needs whose papers; called once when the app is ready."""
    board_notes.register(notes_on_board)
    papers.connect()
