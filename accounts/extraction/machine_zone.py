"""Finds the lines of a machine readable zone at the foot of a paper, by their shape, and reads them."""

from dataclasses import dataclass

import cv2
import numpy as np

from accounts.extraction import machine_lines, machine_names, ocr
from accounts.extraction.lines import ink_of, paper_white, scaled
from accounts.extraction.mrz import Mrz
from accounts.extraction.picture import Image

# A line of the zone spans the paper from side to side.
MIN_LINE_WIDTH = 0.72
# Of the paper's height.
MIN_LINE_HEIGHT, MAX_LINE_HEIGHT = 0.018, 0.09
# No print stands so near to the sides.
RIM = 0.025
# The zone fills the lowest part, more of a card than of a passport.
ZONE_TOP = {"TD1": 0.62, "TD3": 0.74}
COUNTS = {"TD1": 3, "TD3": 2}
# Capitals in pixels that Tesseract is given.
LETTER_HEIGHT = 34


@dataclass(frozen=True, slots=True)
class Band:
    """Top and bottom of one line, and where it begins and ends, in pixels of the flat paper."""

    top: int
    bottom: int
    left: int
    right: int


def find_bands(flat: Image, kind: str) -> list[Band]:
    """Return the zone's lines from top to bottom, or nothing if there are not exactly as many as there must be."""
    height, width = flat.shape[:2]
    start = round(ZONE_TOP[kind] * height)
    foot = ink_of(flat[start:])
    half = cv2.resize(foot, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    # The paper's rim and the table beside it would lengthen a line.
    rim = round(RIM * half.shape[1])
    half[:, :rim] = half[:, -rim:] = 255
    # Print is a fine dark structure; joined sideways, a line of it becomes one bar.
    dark = cv2.morphologyEx(half, cv2.MORPH_BLACKHAT, np.ones((15, 15), np.uint8))
    _threshold, ink = cv2.threshold(dark, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bars = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 41), np.uint8))
    bars = cv2.morphologyEx(bars, cv2.MORPH_OPEN, np.ones((5, 41), np.uint8))
    _count, _labels, boxes, _centres = cv2.connectedComponentsWithStats(bars, connectivity=4)
    bands = [
        Band(start + 2 * top, start + 2 * (top + tall), 2 * left, 2 * (left + wide))
        for left, top, wide, tall, _area in boxes[1:].tolist()
        if 2 * wide >= MIN_LINE_WIDTH * width
        and MIN_LINE_HEIGHT * height <= 2 * tall <= MAX_LINE_HEIGHT * height
    ]
    bands.sort(key=lambda band: band.top)
    return bands[-COUNTS[kind] :] if len(bands) >= COUNTS[kind] else []


def read(flat: Image, kind: str, bands: list[Band]) -> tuple[Mrz | None, float]:
    """Read the lines; return what they say, checked or not, and how sure the names are.

    Raises:
        ReaderAway: Tesseract is not installed.
    """
    tries: list[list[str]] = [[] for _band in bands]
    found: Mrz | None = None
    for prepare, mode in ATTEMPTS:
        for place, band in enumerate(bands):
            line = ocr.read(prepare(_cut(flat, band)), language=ocr.LATIN, mode=mode, letters=ocr.MRZ_LETTERS)
            tries[place].insert(0, line.text)
        found = machine_lines.best(kind, tries)
        if found is not None and found.is_valid:
            return machine_names.read_names(found, _white_lines(flat, bands), _first_readings(tries, found))
    return found, 0.0


def _first_readings(tries: list[list[str]], zone: Mrz) -> list[str]:
    """Return what was made of the line with the names as a whole."""
    return [machine_lines.clean(text) for text in tries[2 if zone.kind == "TD1" else 0]]


def _white_lines(flat: Image, bands: list[Band]) -> list[Image]:
    """Return all lines cut at the same columns, so that their cells stand one below the other."""
    left = max(0, min(band.left for band in bands) - 24)
    right = max(band.right for band in bands) + 24
    return [paper_white(ink_of(flat[_rows(band), left:right])) for band in bands]


def _rows(band: Band) -> slice:
    margin = round(0.25 * (band.bottom - band.top))
    return slice(max(0, band.top - margin), band.bottom + margin)


def _cut(flat: Image, band: Band) -> Image:
    return flat[_rows(band), max(0, band.left - 24) : band.right + 24]


def _plain(line: Image) -> Image:
    return scaled(paper_white(ink_of(line)), LETTER_HEIGHT / (line.shape[0] / 1.5))


def _sharpened(line: Image) -> Image:
    white = scaled(paper_white(ink_of(line)), 1.4 * LETTER_HEIGHT / (line.shape[0] / 1.5))
    soft = cv2.GaussianBlur(white, (0, 0), 2.5)
    return np.asarray(cv2.addWeighted(white, 2.0, soft, -1.0, 0), np.uint8)


def _black_on_white(line: Image) -> Image:
    white = _plain(line)
    _threshold, binary = cv2.threshold(
        cv2.GaussianBlur(white, (0, 0), 0.8), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU
    )
    return np.asarray(binary, np.uint8)


# Tesseract's line finder drops a first letter now and then; mode 13 goes without it.
ATTEMPTS = ((_plain, 7), (_plain, 13), (_sharpened, 7), (_black_on_white, 7))
