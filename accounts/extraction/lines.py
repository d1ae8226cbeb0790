"""Finds the one line of print in a zone and cuts it out tightly, as Tesseract reads best: dark on white, one size."""

import cv2
import numpy as np
from numpy.typing import NDArray

from accounts.extraction.picture import Image

# Of the zone's height: what is smaller is a dot or the ground's pattern, what is larger a frame or a picture.
MIN_LETTER, MAX_LETTER = 0.20, 0.92
# A letter is no wider than this many times its height.
MAX_LETTER_SHAPE = 3.0
# Capitals are scaled to this many pixels.
LETTER_HEIGHT = 36
MARGIN = 12


def paper_white(ink_channel: Image) -> Image:
    """Return print on white: what the ground's tint and uneven light make of it is divided out."""
    height = ink_channel.shape[0]
    reach = max(15, height // 2 | 1)
    ground = cv2.morphologyEx(ink_channel, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    ground = cv2.GaussianBlur(ground, (0, 0), reach / 3)
    return np.asarray(cv2.divide(ink_channel, np.maximum(ground, 1), scale=255), np.uint8)


def ink_of(zone: Image) -> Image:
    """Return the green channel: black and red print are dark in it, tinted grounds are light."""
    return np.ascontiguousarray(zone[:, :, 1])


def single_line(zone: Image, *, min_letters: int = 3) -> Image | None:
    """Return the line that fills the middle of a zone best, or None if there is no print."""
    white = paper_white(ink_of(zone))
    boxes = _letters(white)
    if len(boxes) < min_letters:
        return None
    top, bottom, chosen = _band(boxes, white.shape[0])
    if len(chosen) < min_letters:
        return None
    size = bottom - top
    # Accents stand on capitals twice as high as the letter's rim; tails hang below.
    first = max(0, round(top - 0.55 * size))
    last = min(white.shape[0], round(bottom + 0.35 * size))
    left = max(0, int(chosen[:, 0].min()) - MARGIN)
    right = min(white.shape[1], int((chosen[:, 0] + chosen[:, 2]).max()) + MARGIN)
    return scaled(white[first:last, left:right], LETTER_HEIGHT / size)


def scaled(line: Image, scale: float) -> Image:
    """Return a line at the size that is read best, with a white margin."""
    scale = min(4.0, max(0.25, scale))
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    resized = cv2.resize(line, None, fx=scale, fy=scale, interpolation=method)
    return np.asarray(
        cv2.copyMakeBorder(resized, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT, value=255), np.uint8
    )


def count_letters(line: Image) -> int:
    """Count the capitals and digits of a line as shapes that stand apart; commas and specks are smaller."""
    _threshold, ink = cv2.threshold(line, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    _count, _labels, boxes, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    tall = boxes[1:, 3]
    return int((tall >= 0.7 * tall.max()).sum()) if tall.size else 0


def _letters(white: Image) -> NDArray[np.int32]:
    """Return boxes (left, top, width, height) of what has the size of letters."""
    _threshold, ink = cv2.threshold(white, 0, 255, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    _count, _labels, boxes, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = boxes[1:]
    height = white.shape[0]
    tall, wide = boxes[:, 3], boxes[:, 2]
    is_letter = (
        (tall >= MIN_LETTER * height)
        & (tall <= MAX_LETTER * height)
        & (wide <= MAX_LETTER_SHAPE * tall)
        & (boxes[:, 4] >= 0.08 * tall * wide)
    )
    return np.asarray(boxes[is_letter], np.int32)


def _band(boxes: NDArray[np.int32], height: int) -> tuple[float, float, NDArray[np.int32]]:
    """Return top and bottom of the line's capitals, and the boxes that belong to it.

    Of several lines that reach into the zone, the one with the most print near the middle is meant.
    """
    centres = boxes[:, 1] + boxes[:, 3] / 2
    nearness = 1 - np.abs(centres / height - 0.5)
    weights = boxes[:, 2] * boxes[:, 3] * nearness**2
    supports = [float(weights[np.abs(centres - centre) < 0.15 * height].sum()) for centre in centres]
    middle = centres[int(np.argmax(supports))]
    line = boxes[np.abs(centres - middle) < 0.22 * height]
    # The larger letters of the line, so that a small label before a large value does not set the size.
    tall = line[line[:, 3] >= np.percentile(line[:, 3], 50)]
    top = float(np.median(tall[:, 1]))
    bottom = float(np.median(tall[:, 1] + tall[:, 3]))
    return top, bottom, line
