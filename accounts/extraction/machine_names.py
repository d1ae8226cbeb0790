"""Reads the line of names in a machine readable zone letter cell by letter cell.

No check digit covers the names, and readers take fillers for letters ("<K" for "<"). But every character of the
zone has a cell of one width, and the checked lines say what a filler looks like on this very photograph: so fillers
are told by their shape, and only what lies between them is read, as words whose length is known.
"""

import re
from dataclasses import replace
from itertools import accumulate

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
    text, is_confirmed = _read_words(white_lines[name_line], name_grid, shape, start, whole_readings)
    if not SHAPE.fullmatch(text):
        return zone, 0.0
    lines = list(zone.lines)
    lines[name_line] = lines[name_line][:start] + text
    read = machine_lines.parse(zone.kind, lines)
    if read is None:
        return zone, 0.0
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


def _read_words(
    white: Image, grid: Grid, shape: str, start: int, whole_readings: list[str]
) -> tuple[str, bool]:
    """Read what lies between fillers, and say whether every word was read twice.

    A word counts only with the length of its cells. It is read in four ways: twice in the line without its fillers,
    by itself, and as a part of what was made of the whole line, where one or two letters are found by chance.
    """
    runs = re.finditer(r"\?+", shape[start:])
    words = [(start + run.start(), start + run.end()) for run in runs]
    in_line = _read_together(white, grid, shape, words)
    text, is_confirmed = list(shape[start:].replace("?", " ")), True
    for number, (first, last) in enumerate(words):
        readings = [found[number] for found in in_line]
        if len(set(readings)) != 1 or len(readings) < 2:
            readings += [word for word in [_read_word(white, grid, first, last)] if word]
        if not readings:
            return "", False
        twice = [word for word in readings if readings.count(word) > 1 or _is_within(word, whole_readings)]
        is_confirmed = is_confirmed and bool(twice)
        text[first - start : last - start] = (twice or readings)[0]
    return "".join(text), is_confirmed


def _is_within(word: str, whole_readings: list[str]) -> bool:
    return len(word) > 2 and any(word in whole for whole in whole_readings)


def _read_together(white: Image, grid: Grid, shape: str, words: list[tuple[int, int]]) -> list[list[str]]:
    """Read the line with its fillers painted over, with capitals alone and freely; keep what has the right length."""
    plain = white.copy()
    middle, pitch = grid
    for place, mark in enumerate(shape):
        if mark == FILLER or (words and place < words[0][0]):
            left, right = round(middle + (place - 0.5) * pitch), round(middle + (place + 0.5) * pitch)
            plain[:, max(0, left) : max(0, right)] = 255
    end = round(middle + (words[-1][1] + 1) * pitch) if words else 0
    cut = scaled(plain[:, :end], LETTER_HEIGHT / (white.shape[0] / 1.5))
    lengths = [last - first for first, last in words]
    found = []
    for letters in (LETTERS, ""):
        text = "".join(word.text for word in ocr.read(cut, language=ocr.LATIN, letters=letters).words)
        if len(text) == sum(lengths) and text.isascii() and text.isalpha() and text.isupper():
            ends = list(accumulate(lengths))
            found.append([text[last - length : last] for last, length in zip(ends, lengths, strict=True)])
    return found


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
