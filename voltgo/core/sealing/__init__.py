"""Digital seals on PDFs: putting them on (PAdES), and judging those that somebody hands in."""

from voltgo.core.sealing.errors import CannotSeal, SealKeyAway, SealKeyUnfit
from voltgo.core.sealing.judging import MOST_BYTES, Judgement, SealState, judge
from voltgo.core.sealing.keys import get_key, is_on
from voltgo.core.sealing.writing import Sealed, seal

__all__ = [
    "MOST_BYTES",
    "CannotSeal",
    "Judgement",
    "SealKeyAway",
    "SealKeyUnfit",
    "SealState",
    "Sealed",
    "get_key",
    "is_on",
    "judge",
    "seal",
]
