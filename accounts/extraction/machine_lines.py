"""From text as it was read to the lines of a machine readable zone: the right length, then parsed. Pure.

Readers drop or double fillers in long runs of them. A run may be stretched or shortened, nothing else; whether that
was right is for the check digits to say.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import product

from accounts.extraction import mrz

PARSERS = {"TD1": mrz.parse_td1, "TD2": mrz.parse_td2, "TD3": mrz.parse_td3}
LENGTHS = {"TD1": (30, 30, 30), "TD2": (36, 36), "TD3": (44, 44)}
# How many fillers a line may lack or have too many.
MAX_STRETCH = 8
RUNS = re.compile(r"<{2,}")
# Read in a run of fillers, these are fillers.
IN_A_RUN = re.compile(r"(?<=<)[KCLES](?=<)")


def clean(text: str) -> str:
    """Return what a line may consist of, in capitals."""
    plain = text.upper().replace("«", "<<").replace("‹", "<").replace(" ", "")
    plain = "".join(
        character for character in plain if character == "<" or (character.isascii() and character.isalnum())
    )
    # Twice: neighbours share a filler.
    return IN_A_RUN.sub("<", IN_A_RUN.sub("<", plain))


def fitted(line: str, length: int, *, is_last: bool) -> str | None:
    """Return the line with its longest run of fillers stretched to make it `length` long, or None.

    A name line is filled up at its end, where everything behind the name is a filler.
    """
    lack = length - len(line)
    if abs(lack) > MAX_STRETCH and not is_last:
        return None
    if is_last:
        return line[:length].ljust(length, mrz.FILLER) if line else None
    if lack == 0:
        return line
    runs = sorted(RUNS.finditer(line), key=lambda run: run.start() - run.end())
    if not runs:
        return None
    run = runs[0]
    stretched = run.end() - run.start() + lack
    if stretched < 1:
        return None
    return line[: run.start()] + mrz.FILLER * stretched + line[run.end() :]


def parse(kind: str, lines: Sequence[str], *, today: date | None = None) -> mrz.Mrz | None:
    """Parse cleaned lines of about the right lengths; None if they have not the shape."""
    lengths = LENGTHS[kind]
    if len(lines) != len(lengths):
        return None
    name_line = len(lengths) - 1 if kind == "TD1" else 0
    whole = [
        fitted(line, length, is_last=place == name_line)
        for place, (line, length) in enumerate(zip(lines, lengths, strict=True))
    ]
    if any(line is None for line in whole):
        return None
    try:
        return PARSERS[kind]([line for line in whole if line is not None], today=today)
    except mrz.NotMrz:
        return None


def best(kind: str, readings: Sequence[Iterable[str]], *, today: date | None = None) -> mrz.Mrz | None:
    """Return the first combination that passes every check, else the one that fails fewest, else None.

    `readings` holds for each line what several tries made of it.
    """
    options = [list(dict.fromkeys(filter(None, map(clean, tries)))) for tries in readings]
    nearest: mrz.Mrz | None = None
    for lines in product(*options):
        read = parse(kind, lines, today=today)
        if read is None:
            continue
        if read.is_valid:
            return read
        if nearest is None or len(read.failed) < len(nearest.failed):
            nearest = read
    return nearest
