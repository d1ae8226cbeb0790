"""From a line as it was read to the value in it: numbers, dates, names, classes. Pure.

A value that does not have its shape is no value: a person is asked, nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from accounts.extraction.ocr import Line, Word
from accounts.extraction.types import NO_EXPIRY

Value = tuple[str, float]

DIGIT_LOOKS = str.maketrans("OoQDIl|!ZSsBG", "0000111125586")
NUMBER_LENGTH = 12
DATE = re.compile(r"(?<!\d)(\d{2})\s?[/\-.|]\s?(\d{2})\s?[/\-.|]\s?(\d{4})(?!\d)")
# "ngày/date 05 tháng/month 03 năm/year 2021": the words between may be misread.
DATE_IN_WORDS = re.compile(r"(?<!\d)(\d{2})\D{3,24}?(?<!\d)(\d{2})\D{3,24}?(?<!\d)((?:19|20)\d{2})(?!\d)")
NO_END = re.compile(r"kh.ng\s*th..?\s*h.n")
MIN_NAME_WORDS = 2
MAX_NAME = 60
# Every class of the law of 2025 and of the licences before it.
CLASSES = frozenset("A A1 A2 A3 A4 B B1 B2 C C1 D D1 D2 E BE CE C1E D1E D2E DE FB2 FC FD FE".split())
MAX_CLASSES = 6


def number_in(line: Line, *, length: int = NUMBER_LENGTH) -> Value | None:
    """Return the number at the end of a line, with the confidence of its worst part."""
    digits = ""
    confidences = []
    for word in reversed(line.words):
        text = _digits(word.text)
        if text is None:
            break
        digits = text + digits
        confidences.append(word.confidence)
        if len(digits) >= length:
            break
    if len(digits) != length:
        return None
    return digits, min(confidences)


def date_in(line: Line, *, may_have_no_end: bool = False) -> Value | None:
    """Return the last date of a line as ISO text."""
    text = " ".join(_as_digits(word.text) for word in line.words)
    if may_have_no_end and NO_END.search(_folded_tone(line.text)):
        return NO_EXPIRY, tail_confidence(line, 3)
    for pattern in (DATE, DATE_IN_WORDS):
        found = list(pattern.finditer(text))
        if not found:
            continue
        day, month, year = map(int, found[-1].groups())
        try:
            value = date(year, month, day)
        except ValueError:
            return None
        return value.isoformat(), _confidence_of(line, found[-1].groups())
    return None


def name_in(line: Line) -> Value | None:
    """Return the run of words in capitals at the end of a line, composed, without what is no letter."""
    words: list[Word] = []
    for word in reversed(line.words):
        text = _letters_of(word.text)
        if not text:
            if words and word.text.strip(".,:;-'`") == "":
                continue
            if not words:
                continue
            break
        if not text.isupper():
            break
        words.append(Word(text, word.confidence))
    words.reverse()
    name = " ".join(word.text for word in words)
    if len(words) < MIN_NAME_WORDS or len(name) > MAX_NAME:
        return None
    return name, min(word.confidence for word in words)


def sex_in(line: Line) -> Value | None:
    """Return M or F: the word behind the label, which itself has none of the two."""
    for word in line.words:
        text = _ascii(word.text).strip(".,:;|")
        if text in {"NAM", "NU"} and word.text[:1] == "N":
            return ("M" if text == "NAM" else "F"), word.confidence
    return None


def classes_in(text: str) -> tuple[str, ...] | None:
    """Return the classes at the end of a line, as printed; None unless every one of them exists."""
    tail = _ascii(text.rsplit(":", 1)[-1])
    # What a one is taken for; no class has these letters.
    tail = re.sub(r"(?<=[ABCD])T", "1", tail.translate(str.maketrans("IL|†!", "11111")))
    parts = [part for part in re.split(r"[\s,.;]+", tail) if part]
    if not parts or len(parts) > MAX_CLASSES or len(set(parts)) != len(parts):
        return None
    return tuple(parts) if CLASSES.issuperset(parts) else None


def _digits(text: str) -> str | None:
    """Return the digits of a word, or None if it is one of the label."""
    plain = text.strip(".,:;|'").translate(DIGIT_LOOKS)
    kept = re.sub(r"[.\-]", "", plain)
    if not kept.isascii() or not kept.isdigit():
        return None
    # "So" and "lo" are words, though each of their letters looks like a digit.
    if sum(character.isdigit() for character in text) * 2 < len(kept):
        return None
    return kept


def _as_digits(text: str) -> str:
    """Return a word with letters read as the digits that they look like, if it can only be a number."""
    digits = _digits(text)
    return text if digits is None or "/" in text else digits


def _letters_of(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).strip(".,:;|-_'\"`‘’“”*~=<>()[]{}")
    return plain if plain and all(character.isalpha() or character in "-'" for character in plain) else ""


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return "".join(character for character in plain if not unicodedata.combining(character))


def _folded_tone(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def tail_confidence(line: Line, count: int = 1) -> float:
    """Return the confidence of the worst of the last words."""
    return min((word.confidence for word in line.words[-count:]), default=0.0)


def _confidence_of(line: Line, parts: Sequence[str]) -> float:
    """Return the confidence of the worst word that holds a part of a date."""
    holding = [word.confidence for word in line.words if any(part in _as_digits(word.text) for part in parts)]
    return min(holding, default=line.confidence)
