"""A fingerprint of what a picture looks like: the same photograph sent twice is found by it, however re-encoded.

A difference hash: nine by eight mean brightnesses, and for each neighbouring pair one bit that says which is
lighter. It is of the picture as sent, because a card found a little otherwise would give another hash.
"""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROWS, COLUMNS = 8, 9
# Of 64 bits; two photographs of different papers differ in about thirty.
ALIKE = 4


def perceptual_hash(jpeg: bytes) -> int:
    """Return a signed 64-bit number, as PostgreSQL's bigint keeps it.

    Raises:
        OSError: the bytes are no picture.
    """
    with Image.open(io.BytesIO(jpeg), formats=("JPEG", "PNG")) as picture:
        # JPEG decodes at an eighth of its size for free.
        picture.draft("L", (COLUMNS * 32, ROWS * 32))
        brightness = np.asarray(picture.convert("L"), np.float64)
    bits = np.diff(_means(brightness), axis=1) > 0
    value = int.from_bytes(np.packbits(bits).tobytes(), "big")
    return value - (1 << 64) if value >> 63 else value


def distance(one: int, other: int) -> int:
    """Return in how many of the 64 bits two hashes differ."""
    return ((one ^ other) & ((1 << 64) - 1)).bit_count()


def _means(brightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each field of a grid; a field is never empty, however narrow the picture."""
    height, width = brightness.shape
    summed = np.zeros((height + 1, width + 1))
    summed[1:, 1:] = brightness.cumsum(axis=0).cumsum(axis=1)
    tops, bottoms = _bounds(height, ROWS)
    lefts, rights = _bounds(width, COLUMNS)
    total = (
        summed[np.ix_(bottoms, rights)]
        - summed[np.ix_(tops, rights)]
        - summed[np.ix_(bottoms, lefts)]
        + summed[np.ix_(tops, lefts)]
    )
    return np.asarray(total / np.outer(bottoms - tops, rights - lefts))


def _bounds(length: int, parts: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    edges = np.arange(parts + 1) * length // parts
    starts = np.minimum(edges[:-1], length - 1)
    return starts, np.maximum(edges[1:], starts + 1)
