"""Finds the rows of the table on the back of a licence: a class in large letters, and the day of its test."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from accounts.extraction.lines import LETTER_HEIGHT, ink_of, paper_white, scaled, single_line
from accounts.extraction.picture import Image
from accounts.extraction.zones import CLASS_COLUMN, DAY_COLUMN

Boxes = NDArray[np.int32]

# Of the card's height. The head of the table is printed smaller than the classes.
MIN_CLASS_LETTER, MAX_CLASS_LETTER = 0.026, 0.07
# Letters whose middles are no further apart than this stand on one row.
SAME_ROW = 0.02
MAX_ROWS = 8
# How far the day of a row may be above or below its class.
ROW_REACH = 0.036


@dataclass(frozen=True, slots=True)
class Row:
    """Pictures of what stands in one row; `day` is None where nothing is printed, so the class was not given."""

    name: Image
    day: Image | None


def rows_of(flat: Image) -> list[Row]:
    """Return the rows from the top; none if there are more than a licence can have."""
    height, width = flat.shape[:2]
    down, across = CLASS_COLUMN.of(width, height)
    white = paper_white(ink_of(flat[down, across]))
    boxes = _letters(white, height)
    clusters = list(_clusters(boxes, SAME_ROW * height))
    if len(clusters) > MAX_ROWS:
        return []
    return [_row(flat, white, cluster, down.start) for cluster in clusters]


def _letters(white: Image, height: int) -> list[Boxes]:
    """Return boxes (left, top, width, height) of what can be a letter of a class."""
    _threshold, ink = cv2.threshold(white, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    _count, _labels, boxes, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return [
        box
        for box in np.asarray(boxes[1:], np.int32)
        if MIN_CLASS_LETTER * height <= box[3] <= MAX_CLASS_LETTER * height and box[2] <= 1.4 * box[3]
    ]


def _clusters(boxes: list[Boxes], reach: float) -> Iterator[Boxes]:
    row: list[Boxes] = []
    for box in sorted(boxes, key=lambda box: float(box[1] + box[3] / 2)):
        if row and box[1] + box[3] / 2 - (row[-1][1] + row[-1][3] / 2) > reach:
            yield np.array(row)
            row = []
        row.append(box)
    if row:
        yield np.array(row)


def _row(flat: Image, white: Image, cluster: Boxes, offset: int) -> Row:
    height, width = flat.shape[:2]
    top, bottom = int(cluster[:, 1].min()), int((cluster[:, 1] + cluster[:, 3]).max())
    left, right = int(cluster[:, 0].min()), int((cluster[:, 0] + cluster[:, 2]).max())
    size = bottom - top
    name = white[max(0, top - size // 3) : bottom + size // 3, max(0, left - 10) : right + 10]
    middle = offset + (top + bottom) / 2
    first, last = round(middle - ROW_REACH * height), round(middle + ROW_REACH * height)
    _down, across = DAY_COLUMN.of(width, height)
    day = single_line(flat[max(0, first) : last, across], min_letters=6)
    return Row(scaled(np.asarray(name, np.uint8), LETTER_HEIGHT / size), day)
