"""What areas further right have to say on the day board, which cannot know them."""

from collections.abc import Callable
from typing import Any, TypeAlias

from rentals.handovers.selectors import Board
from stations.network.models import Station

Reader: TypeAlias = Callable[[Station, Board], dict[str, Any]]

_readers: list[Reader] = []


def register(reader: Reader) -> None:
    """Add a reader of notes; it is called once per board, and its names become the template's."""
    if reader not in _readers:
        _readers.append(reader)


def notes_for(station: Station, board: Board) -> dict[str, Any]:
    """Return everybody's notes on a station's board."""
    notes: dict[str, Any] = {}
    for read in _readers:
        notes |= read(station, board)
    return notes
