"""From a line as it was read to the value in it: numbers, dates, names, classes. Pure.

A value that does not have its shape is no value: a person is asked, nothing is guessed.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

from accounts.extraction.ocr import Line, Word
from accounts.extraction.types import NO_EXPIRY

Value = tuple[str, float]

DIGIT_LOOKS = str.maketrans("OoQDØIl|!ZSsBG", "00000111125586")
NUMBER_LENGTH = 12
DATE = re.compile(r"(?<!\d)(\d{2})\s?[/\-.|]\s?(\d{2})\s?[/\-.|]\s?(\d{4})(?!\d)")
# "ngày/date 05 tháng/month 03 năm/year 2021": the words between may be misread.
DATE_IN_WORDS = re.compile(r"(?<!\d)(\d{2})\D{3,24}?(?<!\d)(\d{2})\D{3,24}?(?<!\d)((?:19|20)\d{2})(?!\d)")
NO_END = re.compile(r"kh.ng\s*th")
# These words are like nothing else that stands in their place, however sure Tesseract is of their letters.
WORDS_FOR_NO_END = 0.95
WORD_FOR_SEX = 0.9
BEHIND_SEX = frozenset({"QUOC", "TICH", "NATIONALITY", "VIET"})
MIN_NAME_WORDS = 2
MAX_NAME = 60
# Words of a name stand closer than this many letters; a wider gap is a word that glare has wiped out.
MAX_GAP = 2.6
IN_DOUBT = 0.5
VIETNAMESE_LETTERS = frozenset("AĂÂBCDĐEÊFGHIJKLMNOÔƠPQRSTUƯVWXYZ'-")
TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
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
        return NO_EXPIRY, WORDS_FOR_NO_END
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
    """Return the run of words in capitals at the end of a line, composed, without what is no letter.

    In doubt where a letter is none of the language's, or a word seems to be missing.
    """
    words: list[Word] = []
    for word in reversed(line.words):
        text = _letters_of(word.text)
        if text and not text.isupper():
            break
        if text:
            words.insert(0, replace(word, text=text))
    name = " ".join(word.text for word in words)
    if len(words) < MIN_NAME_WORDS or len(name) > MAX_NAME:
        return None
    confidence = min(word.confidence for word in words)
    if _has_gap(words) or not all(_is_vietnamese(character) for character in name if character != " "):
        confidence = min(confidence, IN_DOUBT)
    return name, confidence


def _has_gap(words: list[Word]) -> bool:
    """Say whether two words stand further apart than a printer sets them."""
    letters = sum(len(word.text) for word in words)
    usual = sum(word.right - word.left for word in words) / letters
    return any(after.left - before.right > MAX_GAP * usual for before, after in pairwise(words))


def _is_vietnamese(character: str) -> bool:
    base = "".join(mark for mark in unicodedata.normalize("NFD", character) if mark not in TONES)
    return unicodedata.normalize("NFC", base) in VIETNAMESE_LETTERS


def sex_in(line: Line) -> Value | None:
    """Return M or F. On one form the nationality follows on the same line, and its last word is a man's too."""
    for word in line.words:
        text = _ascii(word.text).strip(".,:;|/")
        if text in BEHIND_SEX:
            return None
        if text in {"NAM", "NU"} and word.text[:1] == "N":
            return ("M" if text == "NAM" else "F"), max(word.confidence, WORD_FOR_SEX)
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


# Of a date: the year.
LONGEST_PART = 4


def _as_digits(text: str) -> str:
    """Return a word with letters read as the digits that they look like, if it can only be a number."""
    digits = _digits(text)
    return text if digits is None or len(digits) > LONGEST_PART else digits


def _letters_of(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).strip(".,:;|-_'\"`‘’“”*~=<>()[]{}")
    return plain if plain and all(character.isalpha() or character in "-'" for character in plain) else ""


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.upper().replace("Đ", "D"))
    return "".join(character for character in plain if not unicodedata.combining(character))


def _folded_tone(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()


def _confidence_of(line: Line, parts: Sequence[str]) -> float:
    """Return the confidence of the worst word that holds a part of a date."""
    holding = [word.confidence for word in line.words if any(part in _as_digits(word.text) for part in parts)]
    return min(holding, default=line.confidence)
