"""Turns what the QR code, the machine readable zone and the print say into fields with source and confidence."""

from collections.abc import Callable

import cv2
import numpy as np

from accounts.extraction import ocr, printed
from accounts.extraction.lines import MARGIN, count_letters, single_line
from accounts.extraction.mrz import Mrz
from accounts.extraction.ocr import Line
from accounts.extraction.picture import Image
from accounts.extraction.printed import Value
from accounts.extraction.qr_text import CardQr
from accounts.extraction.types import NO_EXPIRY, FieldName, FieldReading, Layout, Source
from accounts.extraction.zones import FIELDS

# From here on one reading of a name is enough.
SURE = 0.93
# What a value is worth when two readings of it differ.
IN_DOUBT = 0.5
# Measured, not computed: of 1,000 synthetic licences none was read wrongly by two that agree.
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

    A name that fills its line may be cut; it is left out.
    """
    values: dict[FieldName, Value] = {
        FieldName.NUMBER: (zone.citizen_number or zone.number, 1.0),
        FieldName.FULL_NAME: ("" if zone.is_name_cut else zone.full_name, name_confidence),
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


def _readings(values: dict[FieldName, Value], source: Source, side: str) -> tuple[FieldReading, ...]:
    return tuple(
        FieldReading(name, value, source, round(max(0.0, min(1.0, confidence)), 3), side)
        for name, (value, confidence) in values.items()
        # Zero: it was not really read.
        if value and confidence > 0
    )


def _number(line: Image) -> Value | None:
    """Read a number twice, by two models that were trained apart."""
    first = printed.number_in(ocr.read(line))
    second = printed.number_in(ocr.read(line, language=ocr.LATIN))
    return _both(first, second)


def _date(line: Image) -> Value | None:
    first = printed.date_in(ocr.read(line))
    second = printed.date_in(ocr.read(line, language=ocr.LATIN))
    return _both(first, second)


def _expiry(line: Image) -> Value | None:
    """Read a date, or the words for none, which only the Vietnamese model knows."""
    first = printed.date_in(ocr.read(line), may_have_no_end=True)
    if first is not None and first[0] == NO_EXPIRY:
        return first
    return _both(first, printed.date_in(ocr.read(line, language=ocr.LATIN)))


def _name(line: Image) -> Value | None:
    """Read a name; if that is not sure, once more from a sharpened and a larger picture."""
    best: Value | None = None
    for prepare in (_as_it_is, _sharpened, _larger):
        value = printed.name_in(ocr.read(prepare(line)))
        if value is None:
            continue
        if best is not None and value[0] == best[0]:
            return _both(best, value)
        if best is None or value[1] > best[1]:
            best = value
        if best[1] >= SURE:
            return best
    return best


def _sex(line: Image) -> Value | None:
    return printed.sex_in(ocr.read(line))


def _classes(line: Image) -> Value | None:
    """Read the classes freely and, by two models, with nothing but their letters; believe what two of three say.

    An A read for an A1 is a licence for any motorcycle, so the letters are counted as well, by their shapes, and a
    reading of another length counts for nothing. Of so few letters Tesseract's own confidence says little.
    """
    free = ocr.read(line)
    value = _behind_label(line, free)
    count = count_letters(value)
    readings = [printed.classes_in(free.text), _strict(value, ocr.VIETNAMESE), _strict(value, ocr.LATIN)]
    fitting = [classes for classes in readings if classes and len("".join(classes)) == count]
    if len(fitting) < 2 or len(set(fitting)) > 1:
        return None
    return ",".join(fitting[0]), CLASSES_OF_THREE if len(fitting) == 3 else CLASSES_OF_TWO


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
    start = max(ends, default=0) + 4
    if start > line.shape[1] - 20:
        return line
    return np.asarray(
        cv2.copyMakeBorder(line[:, start:], 0, 0, MARGIN, 0, cv2.BORDER_CONSTANT, value=255), np.uint8
    )


def _both(first: Value | None, second: Value | None) -> Value | None:
    """Return what two readings make together: surer than either where they agree, in doubt where not."""
    if first is None or second is None:
        only = first or second
        return None if only is None else (only[0], min(only[1], 0.8))
    if first[0] == second[0]:
        return first[0], 1 - (1 - first[1]) * (1 - second[1])
    better = max(first, second, key=lambda value: value[1])
    return better[0], min(better[1], IN_DOUBT)


def _as_it_is(line: Image) -> Image:
    return line


def _sharpened(line: Image) -> Image:
    soft = cv2.GaussianBlur(line, (0, 0), 2.0)
    return np.asarray(cv2.addWeighted(line, 1.8, soft, -0.8, 0), np.uint8)


def _larger(line: Image) -> Image:
    return np.asarray(cv2.resize(line, None, fx=1.4, fy=1.4, interpolation=cv2.INTER_CUBIC), np.uint8)


READERS: dict[FieldName, Callable[[Image], Value | None]] = {
    FieldName.NUMBER: _number,
    FieldName.FULL_NAME: _name,
    FieldName.BORN_ON: _date,
    FieldName.ISSUED_ON: _date,
    FieldName.EXPIRES_ON: _expiry,
    FieldName.SEX: _sex,
    FieldName.LICENCE_CLASSES: _classes,
}
