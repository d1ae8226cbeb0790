"""Reads the line of names in a machine readable zone letter cell by letter cell.

No check digit covers the names, and readers take fillers for letters ("<K" for "<"). But every character of the
zone has a cell of one width, and the checked lines say what a filler looks like on this very photograph: so fillers
are told by their shape, and only what lies between them is read, as words whose length is known.
"""

import re
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from accounts.extraction import machine_lines, ocr
from accounts.extraction.lines import LETTER_HEIGHT, scaled
from accounts.extraction.mrz import FILLER, Mrz
from accounts.extraction.picture import Image

# One surname, two fillers, names between single fillers, and fillers to the end.
SHAPE = re.compile(r"[A-Z]+(?:<[A-Z]+)*(?:<<[A-Z]+(?:<[A-Z]+)*)?<*")
READ_TWICE, READ_ONCE = 0.95, 0.6
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# Correlation with the mean filler above which a cell holds one.
IS_FILLER = 0.88
# How far a cell may lie beside the grid, as a share of its width.
PLAY = 0.25
# Dark on white: what is darker than this belongs to a letter.
INK = 170


def read_names(zone: Mrz, white_lines: list[Image], whole_readings: list[str]) -> tuple[Mrz, float]:
    """Return the zone with its names read anew and how sure that is, 0 to 1; 0 when it could not be done.

    `white_lines` are the cut lines, dark on white, in the order of the zone; `whole_readings` what was made of the
    line with the names before, fillers and all: a word that stands there too was read twice.

    Raises:
        ReaderAway: Tesseract is not installed.
    """
    name_line, checked_line = (2, 1) if zone.kind == "TD1" else (0, 1)
    grid = _grid(white_lines[checked_line], len(zone.lines[checked_line]))
    name_grid = _shared_grid(grid, white_lines[name_line])
    if grid is None or name_grid is None:
        return zone, 0.0
    filler = _mean_filler(white_lines[checked_line], grid, zone.lines[checked_line])
    if filler is None:
        return zone, 0.0
    start = 0 if zone.kind == "TD1" else 5
    shape = _shape_of(white_lines[name_line], name_grid, filler)
    text = _read_words(white_lines[name_line], name_grid, shape, start)
    if not SHAPE.fullmatch(text):
        return zone, 0.0
    lines = list(zone.lines)
    lines[name_line] = lines[name_line][:start] + text
    read = machine_lines.parse(zone.kind, lines)
    if read is None:
        return zone, 0.0
    words = read.full_name.split()
    is_confirmed = all(any(word in whole for whole in whole_readings) for word in words)
    # What was checked stays as it was checked.
    names = replace(zone, surname=read.surname, given_names=read.given_names, lines=read.lines)
    return names, READ_TWICE if is_confirmed else READ_ONCE


Grid = tuple[float, float]


def _grid(white: Image, count: int) -> Grid | None:
    """Return where the first cell's middle lies and how wide a cell is; the line begins and ends with a digit."""
    columns = _ink_columns(white)
    if columns.size == 0:
        return None
    middles = [sum(run) / 2 for run in _runs(columns)]
    if len(middles) < count // 2:
        return None
    usual = float(np.median(np.diff(middles)))
    # What stands apart at either end is the rim of the paper.
    while len(middles) > 2 and middles[1] - middles[0] > 1.6 * usual:
        middles.pop(0)
    while len(middles) > 2 and middles[-1] - middles[-2] > 1.6 * usual:
        middles.pop()
    first, last = middles[0], middles[-1]
    pitch = (last - first) / (count - 1)
    return (first, pitch) if pitch > 8 and abs(pitch / usual - 1) < 0.15 else None


def _shared_grid(grid: Grid | None, white: Image) -> Grid | None:
    """Return the grid of another line of the same zone: the cells stand one below the other."""
    return None if grid is None or white.shape[1] < grid[0] + grid[1] * 10 else grid


def _ink_columns(white: Image) -> NDArray[np.intp]:
    height = white.shape[0]
    middle = white[height // 5 : height - height // 5]
    return np.flatnonzero((middle < INK).sum(axis=0) >= 2)


def _runs(columns: NDArray[np.intp]) -> list[tuple[int, int]]:
    breaks = np.flatnonzero(np.diff(columns) > 2)
    starts = np.concatenate([[0], breaks + 1])
    ends = np.concatenate([breaks, [columns.size - 1]])
    found = [(int(columns[start]), int(columns[end])) for start, end in zip(starts, ends, strict=True)]
    # A speck beside the line is no character.
    return [run for run in found if run[1] - run[0] >= 3]


def _cell(white: Image, grid: Grid, place: int, play: float) -> Image:
    middle, pitch = grid[0] + place * grid[1], grid[1]
    left, right = round(middle - pitch * (0.5 + play)), round(middle + pitch * (0.5 + play))
    if left < 0 or right > white.shape[1]:
        framed = cv2.copyMakeBorder(white, 0, 0, 64, 64, cv2.BORDER_CONSTANT, value=255)
        white = np.asarray(framed, np.uint8)
        left, right = left + 64, right + 64
    return white[:, max(0, left) : right]


def _mean_filler(white: Image, grid: Grid, line: str) -> Image | None:
    places = [place for place, character in enumerate(line) if character == FILLER]
    if len(places) < 2:
        return None
    cells = [_cell(white, grid, place, 0.0) for place in places]
    width = min(cell.shape[1] for cell in cells)
    mean = np.mean([cell[:, :width] for cell in cells], axis=0)
    rows = np.flatnonzero((mean < 215).any(axis=1))
    if rows.size < 8:
        return None
    return np.asarray(mean[rows[0] : rows[-1] + 1].round(), np.uint8)


def _shape_of(white: Image, grid: Grid, filler: Image) -> str:
    """Return the line as fillers and unread letters ("?")."""
    count = min(44, int((white.shape[1] - grid[0]) / grid[1] + 0.75))
    marks = []
    for place in range(count):
        cell = _cell(white, grid, place, PLAY)
        if cell.shape[0] < filler.shape[0] or cell.shape[1] < filler.shape[1]:
            break
        alike = float(cv2.matchTemplate(cell, filler, cv2.TM_CCOEFF_NORMED).max())
        marks.append(FILLER if alike > IS_FILLER or cell.min() > INK else "?")
    return "".join(marks)


def _read_words(white: Image, grid: Grid, shape: str, start: int) -> str:
    """Read what lies between fillers; nothing unless every word has the length of its cells."""
    text, place = "", start
    while place < len(shape):
        if shape[place] == FILLER:
            text += FILLER
            place += 1
            continue
        end = shape.find(FILLER, place)
        end = len(shape) if end < 0 else end
        word = _read_word(white, grid, place, end)
        if not word:
            return ""
        text += word
        place = end
    return text


def _read_word(white: Image, grid: Grid, place: int, end: int) -> str:
    middle, pitch = grid
    left = max(0, round(middle + (place - 0.62) * pitch))
    right = round(middle + (end - 1 + 0.62) * pitch)
    cut = scaled(white[:, left:right], LETTER_HEIGHT / (white.shape[0] / 1.5))
    for mode in (8, 7, 13):
        text = "".join(
            word.text for word in ocr.read(cut, language=ocr.LATIN, mode=mode, letters=LETTERS).words
        )
        if len(text) == end - place:
            return text
    return ""
