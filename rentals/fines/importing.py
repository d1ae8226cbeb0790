"""Reading a list of fines: pure, so that a file is understood as a whole before anything is written."""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rentals.fines.errors import FileUnreadable
from voltgo.core import clock
from voltgo.core.money import Dong

# Heading -> field, in Vietnamese and English; the order of columns does not matter.
HEADINGS: Mapping[str, str] = {
    "cơ quan": "authority", "authority": "authority",
    "số thông báo": "number", "number": "number",
    "biển số": "plate", "plate": "plate",
    "thời gian": "violated_at", "violated_at": "violated_at",
    "địa điểm": "place", "place": "place",
    "lỗi": "offence", "offence": "offence",
    "mức phạt": "amount", "amount": "amount",
    "hạn nộp": "pay_by", "pay_by": "pay_by",
}  # fmt: skip
NEEDED = ("authority", "number", "plate", "violated_at", "place", "offence", "amount")
MOMENTS = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")
DAYS = ("%d/%m/%Y", "%Y-%m-%d")
LARGEST_FILE = 2_000_000
MOST_ROWS = 5_000
HIGHEST_FINE: Dong = 200_000_000
_NOT_PLATE = re.compile(r"[^0-9A-Z]")


@dataclass(frozen=True, slots=True)
class FineRow:
    """One line of a list; times are aware, the amount is in dong."""

    authority: str
    number: str
    plate: str
    violated_at: datetime
    place: str
    offence: str
    amount: Dong
    pay_by: date | None = None


def plain_plate(plate: str) -> str:
    """Return a plate without dots, dashes and spaces, as cameras and lists write it in many ways."""
    return _NOT_PLATE.sub("", plate.upper().replace("Đ", "D"))


def parse_fines(content: bytes) -> list[FineRow]:
    """Read a CSV list (UTF-8, comma or semicolon) with one line per fine.

    Raises:
        FileUnreadable: what is wrong, and in which line; nothing may be taken from such a file.
    """
    if len(content) > LARGEST_FILE:
        raise FileUnreadable(problem="size", line=0)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(problem="encoding", line=0) from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    try:
        lines = [line for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as error:
        raise FileUnreadable(problem="layout", line=reader.line_num) from error
    if not lines:
        raise FileUnreadable(problem="empty", line=0)
    fields = [HEADINGS.get(cell.strip().lower(), "") for cell in lines[0]]
    missing = [name for name in NEEDED if name not in fields]
    if missing:
        raise FileUnreadable(problem="columns", line=1, columns=missing)
    if len(lines) > MOST_ROWS:
        raise FileUnreadable(problem="rows", line=MOST_ROWS)
    return [
        _row(dict(zip(fields, (cell.strip() for cell in line), strict=False)), number)
        for number, line in enumerate(lines[1:], start=2)
    ]


def _row(cells: Mapping[str, str], line: int) -> FineRow:
    empty = [name for name in NEEDED if not cells.get(name)]
    if empty:
        raise FileUnreadable(problem="empty_cells", line=line, columns=empty)
    plate = plain_plate(cells["plate"])
    if not 6 <= len(plate) <= 10:
        raise FileUnreadable(problem="plate", line=line)
    return FineRow(
        authority=cells["authority"][:160],
        number=cells["number"][:60],
        plate=plate,
        violated_at=_moment(cells["violated_at"], line),
        place=cells["place"][:200],
        offence=cells["offence"][:300],
        amount=_amount(cells["amount"], line),
        pay_by=_day(cells.get("pay_by", ""), line),
    )


def _moment(text: str, line: int) -> datetime:
    for layout in MOMENTS:
        try:
            said = datetime.strptime(text, layout)  # noqa: DTZ007 (the zone follows below)
        except ValueError:
            continue
        at = said.replace(tzinfo=clock.LOCAL_ZONE)
        if at > clock.now():
            break
        return at
    raise FileUnreadable(problem="moment", line=line)


def _day(text: str, line: int) -> date | None:
    if not text:
        return None
    for layout in DAYS:
        try:
            return datetime.strptime(text, layout).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    raise FileUnreadable(problem="day", line=line)


def _amount(text: str, line: int) -> Dong:
    plain = re.sub(r"[\s.,₫đ]", "", text)
    if not plain.isdecimal() or not 0 < int(plain) <= HIGHEST_FINE:
        raise FileUnreadable(problem="amount", line=line)
    return int(plain)
