"""Are two files one picture, saved anew? For candidates whose perceptual hashes are near each other.

Cards of one kind look alike as a whole: of pairs of different cards of 2021, scanned edge to edge, one in seven
has hashes within four bits. The changes of brightness over a grid of 32 by 32 tell them apart: correlation leaves
at most 0.004 between a picture and its copies (smaller, paler, compressed harder), and at least 0.06 between two
cards, licences or selfies. A copy that was cropped is not found; its number and its face are.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

GRID = 32
# Far from both: one minus the correlation.
SAME = 0.02


def is_same_picture(one: bytes, other: bytes) -> bool:
    """Say whether two JPEGs show one picture.

    Raises:
        OSError: the bytes are no picture.
    """
    return 1 - float(_slopes(one) @ _slopes(other)) <= SAME


def _slopes(jpeg: bytes) -> NDArray[np.float64]:
    """Return how brightness changes from field to field, as a vector of length one."""
    with Image.open(io.BytesIO(jpeg), formats=("JPEG", "PNG")) as picture:
        picture.draft("L", (GRID * 16, GRID * 16))
        small = picture.convert("L").resize((GRID + 1, GRID), Image.Resampling.BOX)
    slopes = np.diff(np.asarray(small, np.float64), axis=1).ravel()
    length = np.sqrt(slopes @ slopes)
    return slopes / length if length else slopes
