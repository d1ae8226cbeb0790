"""Turns what the QR code, the machine readable zone and the print say into fields with source and confidence."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from accounts.extraction import ocr, printed
from accounts.extraction.lines import MARGIN, count_letters, single_line
from accounts.extraction.mrz import Mrz
from accounts.extraction.ocr import Line, Word
from accounts.extraction.picture import Image
from accounts.extraction.printed import Value
from accounts.extraction.qr_text import CardQr
from accounts.extraction.rows import rows_of
from accounts.extraction.types import NO_EXPIRY, FieldName, FieldReading, Layout, Source
from accounts.extraction.zones import FIELDS

# From here on one reading of a name is enough.
SURE = 0.93
# What a value is worth when readings of it differ, and when only one of three gave any.
IN_DOUBT, ALONE = 0.5, 0.8
# Believable, but never sure enough to contradict another source.
NAME_READ_AGAIN = 0.89
# Believable, but not enough to contradict another source.
NUMBER_READ_TWICE = 0.87
# Set by what was seen, not computed: of 80 synthetic licences none was read wrongly by two that agree.
CLASSES_OF_TWO, CLASSES_OF_THREE = 0.9, 0.96


def from_qr(card: CardQr, side: str) -> tuple[FieldReading, ...]:
    """Return what a code says; it has its own error correction, so it is read exactly or not at all."""
    values = {
        FieldName.NUMBER: card.number,
        FieldName.OLD_NUMBER: card.old_number,
        FieldName.FULL_NAME: card.full_name,
        FieldName.BORN_ON: card.born_on.isoformat() if card.born_on else "",
        FieldName.SEX: card.sex,
        FieldName.ADDRESS: card.address,
        FieldName.ISSUED_ON: card.issued_on.isoformat() if card.issued_on else "",
    }
    return _readings({name: (value, 1.0) for name, value in values.items()}, Source.QR, side)


def from_zone(zone: Mrz, side: str, *, name_confidence: float) -> tuple[FieldReading, ...]:
    """Return what a zone says whose check digits all hold. Names are not checked: they are as sure as their reading.

    A name that fills its line may be cut. On a card the code and the print have it whole; a passport has no other
    source, so there it is left out.
    """
    values: dict[FieldName, Value] = {
        FieldName.NUMBER: (zone.citizen_number or zone.number, 1.0),
        FieldName.FULL_NAME: (
            "" if zone.is_name_cut and zone.kind == "TD3" else zone.full_name,
            name_confidence,
        ),
        FieldName.BORN_ON: (zone.born_on.isoformat() if zone.born_on else "", 1.0),
        FieldName.SEX: (zone.sex, 1.0),
        FieldName.NATIONALITY: (zone.nationality, 1.0),
        FieldName.EXPIRES_ON: (zone.expires_on.isoformat() if zone.expires_on else NO_EXPIRY, 1.0),
    }
    return _readings(values, Source.MRZ, side)


def from_print(flat: Image, layout: Layout, side: str) -> tuple[FieldReading, ...]:
    """Read the printed fields of a card the right way up.

    Raises:
        ReaderAway: Tesseract is not installed.
    """
    height, width = flat.shape[:2]
    values = {}
    for name, zone in FIELDS.get(layout, {}).items():
        line = single_line(flat[zone.of(width, height)], min_letters=2)
        value = None if line is None else READERS[name](line)
        if value is not None:
            values[name] = value
    return _readings(values, Source.OCR, side)


def from_table(flat: Image, side: str) -> tuple[FieldReading, ...]:
    """Read the back of a licence: the classes that have a day of a test, and these days.

    One row that is not read for sure, and no classes are told: half a table would be another licence.

    Raises:
        ReaderAway: Tesseract is not installed.
    """
    given = [(_classes(row.name), _date(row.day)) for row in rows_of(flat) if row.day is not None]
    days = [day for _names, day in given if day is not None]
    found = tuple(
        FieldReading(FieldName.ISSUED_ON, value, Source.OCR, round(min(1.0, confidence), 3), side)
        for value, confidence in dict(days).items()
    )
    names = [name for name, _day in given if name is not None]
    if not given or len(names) < len(given):
        return found
    classes = FieldReading(
        FieldName.LICENCE_CLASSES,
        ",".join(name for name, _confidence in names),
        Source.OCR,
        min(confidence for _name, confidence in names),
        side,
    )
    return (classes, *found)


def _readings(values: dict[FieldName, Value], source: Source, side: str) -> tuple[FieldReading, ...]:
    return tuple(
        FieldReading(name, value, source, round(max(0.0, min(1.0, confidence)), 3), side)
        for name, (value, confidence) in values.items()
        # Zero: it was not really read.
        if value and confidence > 0
    )


def _number(line: Image) -> Value | None:
    """Read a number by two models that were trained apart, and if they differ with nothing but digits.

    Twelve digits that two readings agree on can be believed, though Tesseract is unsure of bold ones.
    """
    free = ocr.read(line)
    alone = _behind(line, [word.right for word in free.words if _is_of_label(word)])
    return _agreed(
        (
            lambda: printed.number_in(free),
            lambda: printed.number_in(ocr.read(line, language=ocr.LATIN)),
            lambda: printed.number_in(ocr.read(alone, language=ocr.LATIN, letters=ocr.DIGITS)),
            lambda: printed.number_in(ocr.read(alone, letters=ocr.DIGITS)),
            lambda: printed.number_in(ocr.read(_scaled(alone, 0.83), language=ocr.LATIN)),
        ),
        least=NUMBER_READ_TWICE,
    )


def _is_of_label(word: Word) -> bool:
    return sum(character.isdigit() for character in word.text) < 6


def _date(line: Image) -> Value | None:
    return _agreed(
        (
            lambda: printed.date_in(ocr.read(line)),
            lambda: printed.date_in(ocr.read(line, language=ocr.LATIN)),
            lambda: printed.date_in(ocr.read(_scaled(line, 0.83))),
        )
    )


def _expiry(line: Image) -> Value | None:
    """Read a date, or the words for none, which only the Vietnamese model knows."""
    for scale in (1.0, 0.83):
        found = printed.date_in(ocr.read(_scaled(line, scale)), may_have_no_end=True)
        if found is not None and found[0] == NO_EXPIRY:
            return found
    return _date(line)


def _name(line: Image) -> Value | None:
    """Read a name; if that is not sure, again at other sizes.

    The readings are of one model, so that two which agree are not much surer than the better one.
    """
    first = printed.name_in(ocr.read(line))
    if first is not None and first[1] >= SURE:
        return first
    found = _agreed(
        (
            lambda: first,
            lambda: printed.name_in(ocr.read(_scaled(line, 0.83))),
            lambda: printed.name_in(ocr.read(_scaled(line, 1.2))),
        )
    )
    return None if found is None else (found[0], min(found[1], NAME_READ_AGAIN))


def _sex(line: Image) -> Value | None:
    return printed.sex_in(ocr.read(line))


def _classes(line: Image) -> Value | None:
    """Read the classes freely and, by two models, with nothing but their letters; believe what two of three say.

    An A read for an A1 is a licence for any motorcycle, so the letters are counted as well, by their shapes, and a
    reading of another length counts for nothing. Of so few letters Tesseract's own confidence says little.
    """
    free = ocr.read(line)
    value = _behind_label(line, free)
    return _classes_of(value, printed.classes_in(free.text)) or _classes_of(_set_apart(value), None)


def _classes_of(value: Image, free: tuple[str, ...] | None) -> Value | None:
    """Return what at least two of three readings say and none denies; the free one may have been made before."""
    count = count_letters(value)
    readings = [free or printed.classes_in(ocr.read(value).text)]
    readings += [_strict(value, ocr.VIETNAMESE), _strict(value, ocr.LATIN)]
    fitting = [classes for classes in readings if classes and len("".join(classes)) == count]
    if len(fitting) < 2 or len(set(fitting)) > 1:
        return None
    return ",".join(fitting[0]), CLASSES_OF_THREE if len(fitting) == 3 else CLASSES_OF_TWO


def _set_apart(value: Image) -> Image:
    """Return a picture of one or two letters smaller and with more white around: some are read only then."""
    small = _scaled(value, 0.6)
    return np.asarray(cv2.copyMakeBorder(small, 0, 0, 50, 50, cv2.BORDER_CONSTANT, value=255), np.uint8)


def _strict(value: Image, language: str) -> tuple[str, ...] | None:
    """Read as a line, and if that gives nothing, as a word and as a single letter."""
    for mode in (7, 8, 10):
        text = ocr.read(value, letters=ocr.CLASS_LETTERS, language=language, mode=mode).text
        if text:
            return printed.classes_in(text)
    return None


def _behind_label(line: Image, read: Line) -> Image:
    """Cut off the label, which ends with the last word that has a colon or more than three letters."""
    ends = [word.right for word in read.words if ":" in word.text or len(word.text.strip(".,")) > 3]
    return _behind(line, ends)


def _behind(line: Image, ends: Sequence[int]) -> Image:
    start = max(ends, default=0) + 4
    if start > line.shape[1] - 20:
        return line
    return np.asarray(
        cv2.copyMakeBorder(line[:, start:], 0, 0, MARGIN, 0, cv2.BORDER_CONSTANT, value=255), np.uint8
    )


def _agreed(tries: tuple[Callable[[], Value | None], ...], *, least: float = 0.0) -> Value | None:
    """Return what two readings agree on, surer than either; one that stands alone stays in doubt."""
    found: list[Value] = []
    for attempt in tries:
        value = attempt()
        if value is None:
            continue
        same = next((other for other in found if other[0] == value[0]), None)
        if same is not None:
            return value[0], max(least, 1 - (1 - same[1]) * (1 - value[1]))
        found.append(value)
    if not found:
        return None
    text, confidence = max(found, key=lambda value: value[1])
    return text, min(confidence, ALONE if len(found) == 1 else IN_DOUBT)


def _scaled(line: Image, scale: float) -> Image:
    if scale == 1:
        return line
    method = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    return np.asarray(cv2.resize(line, None, fx=scale, fy=scale, interpolation=method), np.uint8)


READERS: dict[FieldName, Callable[[Image], Value | None]] = {
    FieldName.NUMBER: _number,
    FieldName.FULL_NAME: _name,
    FieldName.BORN_ON: _date,
    FieldName.ISSUED_ON: _date,
    FieldName.EXPIRES_ON: _expiry,
    FieldName.SEX: _sex,
    FieldName.LICENCE_CLASSES: _classes,
}
