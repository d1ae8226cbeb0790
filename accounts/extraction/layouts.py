"""Tells which side of which paper a flat card shows, and turns it upright.

Cheap signs first: where the QR code lies, whether the foot carries machine readable lines; then the title is read.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from accounts.extraction import machine_zone, ocr
from accounts.extraction.lines import single_line
from accounts.extraction.machine_zone import Band
from accounts.extraction.rectify import FlatCard, turned
from accounts.extraction.types import Layout
from accounts.extraction.zones import ENGLISH_TITLE, FIRST_LINE, LOWER_TITLE, UPPER_TITLE, Zone

# Kinds and sides as accounts.kyc names them -> what such a photograph shows.
EXPECTED: Mapping[str, Mapping[str, frozenset[Layout]]] = {
    "citizen_card": {
        "front": frozenset({Layout.CARD_2021_FRONT, Layout.CARD_2024_FRONT}),
        "back": frozenset({Layout.CARD_2021_BACK, Layout.CARD_2024_BACK}),
    },
    "driving_licence": {
        "front": frozenset({Layout.LICENCE_FRONT}),
        "back": frozenset({Layout.LICENCE_BACK}),
    },
    "passport": {"front": frozenset({Layout.PASSPORT_PAGE})},
}
# Words that only one layout's title has, without accents and spaces; the first that fits counts.
TITLES = (
    (Layout.CARD_2021_FRONT, ("CONGDAN", "CITIZEN")),
    (Layout.CARD_2024_FRONT, ("CUOC", "IDENTITY")),
    (Layout.LICENCE_FRONT, ("PHEPLAI", "LAIXE", "DRIVERSLIC", "DRIVER'SLIC")),
    (Layout.LICENCE_BACK, ("LOAIXE", "COGIOI", "DIEUKHIEN", "MOTORVEHICLE", "CLASSIFICATION")),
    (Layout.PASSPORT_PAGE, ("HOCHIEU", "PASSPORT")),
)
FIRST_LINES = (
    (Layout.CARD_2024_BACK, ("CUTRU", "RESIDENCE")),
    (Layout.CARD_2021_BACK, ("NHANDANG", "IDENTIFICATION", "DACDIEM")),
)


@dataclass(frozen=True, slots=True)
class CodeOnCard:
    """The QR code as it bears on the layout: is it a citizen's, and is it right of the middle as the card lies."""

    is_citizens: bool
    is_on_the_right: bool


@dataclass(frozen=True, slots=True)
class Recognised:
    """A card the right way up, and the lines of its machine readable zone if it has one."""

    layout: Layout
    card: FlatCard
    bands: tuple[Band, ...] = ()


def recognise(card: FlatCard, *, code: CodeOnCard | None, is_passport: bool) -> Recognised:
    """Return what a card shows; UNKNOWN leaves it as it lies.

    Raises:
        ReaderAway: Tesseract is not installed.
    """
    ways = list(_ways_up(card, code))
    zone = "TD3" if is_passport else "TD1"
    for way in ways:
        bands = machine_zone.find_bands(way.image, zone)
        if bands:
            layout = Layout.PASSPORT_PAGE if is_passport else _which_back(way, code)
            if layout != Layout.UNKNOWN:
                return Recognised(layout, way, tuple(bands))
    for way in ways:
        layout = _titled(way)
        if layout != Layout.UNKNOWN:
            return Recognised(layout, way)
    if code is not None and not code.is_citizens:
        # No citizen's card carries any other code.
        return Recognised(Layout.LICENCE_BACK, ways[0])
    return Recognised(Layout.UNKNOWN, card)


def _ways_up(card: FlatCard, code: CodeOnCard | None) -> Iterator[FlatCard]:
    """Every layout with a QR code has it on the right, so a code says which way is up."""
    if code is None:
        yield card
        yield turned(card)
    else:
        yield card if code.is_on_the_right else turned(card)


def _which_back(card: FlatCard, code: CodeOnCard | None) -> Layout:
    """Only the card of 2024 has its code on the side with the machine readable zone."""
    if code is not None and code.is_citizens:
        return Layout.CARD_2024_BACK
    return _by_words(_read(card, FIRST_LINE), FIRST_LINES)


def _titled(card: FlatCard) -> Layout:
    for zone in (LOWER_TITLE, UPPER_TITLE, ENGLISH_TITLE):
        layout = _by_words(_read(card, zone), TITLES)
        if layout != Layout.UNKNOWN:
            return layout
    return Layout.UNKNOWN


def _by_words(text: str, table: tuple[tuple[Layout, tuple[str, ...]], ...]) -> Layout:
    plain = _folded(text)
    for is_there in (_holds, _nearly_holds):
        for layout, words in table:
            if any(is_there(plain, word) for word in words):
                return layout
    return Layout.UNKNOWN


def _holds(text: str, word: str) -> bool:
    return word in text


def _nearly_holds(text: str, word: str) -> bool:
    """Forgive one letter that was misread."""
    return any(
        sum(one != other for one, other in zip(text[start:], word, strict=False)) <= 1
        for start in range(len(text) - len(word) + 1)
    )


def _read(card: FlatCard, zone: Zone) -> str:
    height, width = card.image.shape[:2]
    line = single_line(card.image[zone.of(width, height)], min_letters=6)
    return "" if line is None else ocr.read(np.asarray(line, np.uint8)).text


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return "".join(
        character for character in plain if not unicodedata.combining(character) and character != " "
    )
