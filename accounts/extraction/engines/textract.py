"""Amazon Textract as a second pair of eyes for digits: DetectDocumentText, over its JSON API.

Textract reads no Vietnamese (its list of languages has none), so only what needs none is taken from it: the
number, days behind labels that are also printed in English, and the name without its marks, for comparing. It
judges no photograph and reads neither QR codes nor check digits; that stays with our own engine.
"""

import re
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from accounts.extraction import paid
from accounts.extraction.types import Call, FieldName, FieldReading, Reading, SideReading, Source

SERVICE = "textract"
MAX_BYTES = 10 * 1024 * 1024
MAX_SIDE = 10_000
# It does not know the language that it reads: nothing of it is ever as good as a check digit.
MOST_CONFIDENCE = 0.9

NUMBER = re.compile(r"(?<!\d)\d(?: ?\d){11}(?!\d)")
DAY = re.compile(r"(?<!\d)([0-3]?\d)[/.-]([01]?\d)[/.-]((?:19|20)\d\d)(?!\d)")
# A licence writes it out: ngày/date 05 tháng/month 07 năm/year 2021.
DAY_IN_WORDS = re.compile(
    r"date\D{0,4}([0-3]?\d)\D{1,16}month\D{0,4}([01]?\d)\D{1,16}year\D{0,4}((?:19|20)\d\d)"
)
# Labels as they are left when the marks are taken off, in the order in which they are tried.
LABELS: Mapping[FieldName, tuple[str, ...]] = {
    FieldName.BORN_ON: ("date of birth", "ngay sinh", "nam sinh"),
    FieldName.EXPIRES_ON: ("date of expiry", "expires", "co gia tri den", "het han"),
    FieldName.ISSUED_ON: ("date of issue", "date, month, year", "thang, nam cap"),
}
NAME_LABELS = ("full name", "ho va ten", "ho ten", "ten khai sinh")
NAME = re.compile(r"[A-Z]+(?: [A-Z]+){1,7}")
# How many lines below its label a value may stand.
REACH = 2


class TextractEngine:
    """Reads the lines on each photograph with one paid call."""

    name = SERVICE

    def read(self, images: Mapping[str, bytes], *, kind: str) -> Reading:
        """Read the digits on each side; `kind` changes nothing.

        Raises:
            PaidReaderAway: the service does not work now. What was read of another side before is lost, its
                calls are not.
        """
        begun = time.monotonic()
        sides: dict[str, SideReading] = {}
        calls: list[Call] = []
        for side, jpeg in images.items():
            try:
                sides[side] = self._read_side(side, jpeg)
            except paid.PaidReaderAway as away:
                raise paid.PaidReaderAway(away.reason, (*calls, *away.calls)) from away
            calls += sides[side].calls
        return Reading(self.name, sides, time.monotonic() - begun)

    def _read_side(self, side: str, jpeg: bytes) -> SideReading:
        content = paid.fitted(jpeg, max_bytes=MAX_BYTES, max_side=MAX_SIDE)
        try:
            answer, calls = paid.ask(
                SERVICE, "detect_document_text", understood=_has_lines, Document={"Bytes": content}
            )
        except paid.PictureRefused as refused:
            return SideReading(side=side, calls=refused.calls)
        lines = [(block["Text"], float(block["Confidence"])) for block in _lines(answer)]
        return SideReading(side=side, fields=tuple(fields_in(lines, side)), calls=calls)


def fields_in(lines: Sequence[tuple[str, float]], side: str) -> Iterator[FieldReading]:
    """Find what needs no Vietnamese in lines of (text, confidence in percent)."""
    plain = [(_folded(text), confidence) for text, confidence in lines if "<" not in text]
    found: list[tuple[FieldName, str, float]] = [*_number(plain), *_days(plain), *_name(plain)]
    for name, value, confidence in found:
        certainty = round(min(confidence / 100, MOST_CONFIDENCE), 3)
        yield FieldReading(name, value, Source.TEXTRACT, certainty, side)


def _number(lines: Sequence[tuple[str, float]]) -> Iterator[tuple[FieldName, str, float]]:
    found = {
        run.group().replace(" ", ""): confidence
        for text, confidence in lines
        for run in NUMBER.finditer(text)
    }
    # Two numbers of twelve digits, and nobody knows which is meant.
    if len(found) == 1:
        value, confidence = next(iter(found.items()))
        yield FieldName.NUMBER, value, confidence


def _days(lines: Sequence[tuple[str, float]]) -> Iterator[tuple[FieldName, str, float]]:
    taken: set[int] = set()
    for name, labels in LABELS.items():
        for label in labels:
            found = _behind(label, lines, taken)
            if found is not None:
                row, day, confidence = found
                taken.add(row)
                yield name, day.isoformat(), confidence
                break
    written = [
        (day, confidence) for text, confidence in lines for day in _all_days(DAY_IN_WORDS.finditer(text))
    ]
    if len(written) == 1:
        yield FieldName.ISSUED_ON, written[0][0].isoformat(), written[0][1]


def _behind(
    label: str, lines: Sequence[tuple[str, float]], taken: set[int]
) -> tuple[int, date, float] | None:
    """Return the only day that stands behind a label, in its line or just below; (line, day, confidence)."""
    for row, (text, _confidence) in enumerate(lines):
        if label not in text:
            continue
        after = [(row, text.partition(label)[2]), *_below(lines, row)]
        for place, words in after:
            days = list(_all_days(DAY.finditer(words)))
            if len(days) == 1 and place not in taken:
                return place, days[0], lines[place][1]
            if place != row and _is_label(words):
                break
    return None


def _below(lines: Sequence[tuple[str, float]], row: int) -> Iterator[tuple[int, str]]:
    for place in range(row + 1, min(row + 1 + REACH, len(lines))):
        yield place, lines[place][0]


def _is_label(text: str) -> bool:
    return any(label in text for labels in (*LABELS.values(), NAME_LABELS) for label in labels)


def _name(lines: Sequence[tuple[str, float]]) -> Iterator[tuple[FieldName, str, float]]:
    for row, (text, _confidence) in enumerate(lines):
        label = next((label for label in NAME_LABELS if label in text), "")
        if not label:
            continue
        # A slash parts the label's two languages; what follows the last label may be the name itself.
        rest = text.rpartition(label)[2].strip(" :./")
        for place, words in [(row, rest), *_below(lines, row)]:
            name = " ".join(words.upper().split())
            if NAME.fullmatch(name) and not _is_label(words):
                yield FieldName.FULL_NAME, name, lines[place][1]
                return


def _all_days(matches: Iterable[re.Match[str]]) -> Iterator[date]:
    for match in matches:
        day, month, year = (int(part) for part in match.groups())
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _folded(text: str) -> str:
    """Return lower-case letters without marks: what is left of Vietnamese to somebody who cannot read it."""
    parts = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(part for part in parts if not unicodedata.combining(part)).split())


def _lines(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [block for block in answer["Blocks"] if block["BlockType"] == "LINE"]


def _has_lines(answer: Mapping[str, Any]) -> bool:
    """Whether an answer is whole: a list of blocks, and every line with words and a confidence."""
    return isinstance(answer["Blocks"], list) and all(
        isinstance(block["Text"], str) and isinstance(block["Confidence"], int | float)
        for block in _lines(answer)
    )
