"""Reading the statement of a bank account: CSV as banks export it, and the codes in the payers' memos.

Banks agree on nothing but that there is a heading: columns are found by their names, Vietnamese or English.
What cannot be read for certain is refused with the number of its line; nothing is guessed.
"""

import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from payments.gateways.errors import SettlementUnreadable
from payments.gateways.vietqr import MEMO_LETTERS, PREFIX
from voltgo.core.clock import LOCAL_ZONE
from voltgo.core.codes import ALPHABET
from voltgo.core.money import Dong

MOST_LINES = 50_000
# Above the table stand the bank's name, the account and the period.
LONGEST_PREAMBLE = 40

# The names of a column, without accents; the first that the heading has is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "date": (
        "ngay giao dich", "ngay gd", "ngay gio giao dich", "thoi gian giao dich", "transaction date",
        "transaction time", "trans date", "tnx date", "ngay hach toan", "ngay ghi so", "posting date",
        "booking date", "ngay hieu luc", "effective date", "value date", "thoi gian", "ngay", "date",
    ),
    "credit": (
        "so tien ghi co", "phat sinh co", "ps co", "ghi co", "tien vao", "so tien vao", "co", "credit amount",
        "credit", "money in", "deposit",
    ),
    "debit": (
        "so tien ghi no", "phat sinh no", "ps no", "ghi no", "tien ra", "so tien ra", "no", "debit amount", "debit",
        "money out", "withdrawal",
    ),
    "amount": ("so tien giao dich", "so tien", "gia tri", "transaction amount", "amount"),
    "sign": ("no co", "ghi no co", "loai giao dich", "dr cr", "d c", "debit credit", "transaction type", "type"),
    "memo": (
        "noi dung giao dich", "noi dung chuyen khoan", "noi dung", "dien giai", "chi tiet giao dich", "mo ta",
        "transaction description", "transaction details", "description", "details", "remarks", "remark", "narrative",
        "memo",
    ),
    "ref": (
        "so tham chieu", "ma tham chieu", "ma giao dich", "so giao dich", "so but toan", "so chung tu", "so ct",
        "ma gd", "so gd", "transaction reference", "reference number", "reference no", "reference", "transaction id",
        "transaction no", "ref no", "doc no", "ref",
    ),
    "party_number": (
        "so tai khoan doi ung", "tai khoan doi ung", "so tk doi ung", "tk doi ung", "stk doi ung",
        "counter account number", "counter account", "counterparty account", "corresponding account",
    ),
    "party_name": (
        "ten tai khoan doi ung", "ten tk doi ung", "ten doi ung", "ten nguoi chuyen", "don vi doi ung", "nguoi chuyen",
        "counter account name", "counterparty name", "counterparty", "remitter", "sender",
    ),
    "party_bank": ("ngan hang doi ung", "ten ngan hang doi ung", "counter bank", "counterparty bank"),
}  # fmt: skip
# Lines below the table that carry sums instead of a movement.
_SUMS = ("tong", "cong", "so du", "total", "balance", "closing", "opening", "sum", "trang", "page", "ngay in")
_CREDIT_SIGNS = frozenset({"c", "cr", "credit", "co", "ghi co", "+", "tien vao", "in"})
_DEBIT_SIGNS = frozenset({"d", "dr", "debit", "no", "ghi no", "-", "tien ra", "out"})

_AMOUNT = re.compile(r"(\d{1,3}(?:([.,\s])\d{3})(?:\2\d{3})*|\d+)(?:[.,](\d{1,2}))?", re.ASCII)
_CURRENCY = re.compile(r"VND|VNĐ|[đ₫]", re.IGNORECASE)
_DATES = (
    re.compile(r"(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})(?P<rest>.*)", re.ASCII | re.DOTALL),
    re.compile(r"(?P<y>\d{4})[/-](?P<m>\d{1,2})[/-](?P<d>\d{1,2})T?(?P<rest>.*)", re.ASCII | re.DOTALL),
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One movement on the account; money in is positive."""

    # The line of the file, counted from one, for people who look it up.
    position: int
    # Names this movement in every file that contains it: its day, the bank's number or a fingerprint, and, of
    # equal movements of one day, the how manieth it is.
    line_ref: str
    # Midnight in Vietnam where the bank tells the day only.
    booked_at: datetime
    amount: Dong
    memo: str
    # The bank's number of the movement, which providers name too.
    bank_ref: str = ""
    party_bank: str = ""
    party_number: str = ""
    party_name: str = ""


def parse_statement(content: bytes) -> list[StatementRow]:
    """Read a statement, in the order of the file.

    Takes UTF-8 with or without a byte order mark, UTF-16 as spreadsheets save it, and CP1258; commas, semicolons
    or tabs; amounts as 1.234.567 or 1,234,567, in two columns, signed, or with a column that says debit or credit.

    Raises:
        SettlementUnreadable: with the number of the line that cannot be read; nothing of the file counts then.
    """
    lines = _table(_decoded(content))
    start, columns = _heading(lines)
    seen: Counter[str] = Counter()
    rows: list[StatementRow] = []
    for position, cells in lines[start:]:
        cell = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
        if _is_no_movement(cells, cell):
            continue
        row = _row(position, cell)
        if row is None:
            continue
        base = _name_of(row)
        seen[base] += 1
        nth = seen[base]
        rows.append(replace(row, line_ref=base if nth == 1 else f"{base}#{nth}"))
        if len(rows) > MOST_LINES:
            raise SettlementUnreadable(_("Sao kê có quá nhiều dòng. Hãy chia thành nhiều tệp."))
    return rows


# --- The table ----------------------------------------------------------------------------------
def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1258"]
    for encoding in encodings:
        try:
            # CP1258 writes the tone as a character of its own.
            return unicodedata.normalize("NFC", content.decode(encoding))
        except UnicodeDecodeError:
            continue
    raise SettlementUnreadable(_("Không đọc được bảng mã của tệp sao kê. Hãy lưu lại dạng CSV UTF-8."))


def _table(text: str) -> list[tuple[int, list[str]]]:
    """Split into cells; the separator is the one that finds a heading."""
    if "\0" in text:
        raise SettlementUnreadable(_("Tệp này không phải tệp CSV."))
    for separator in (",", ";", "\t"):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        lines: list[tuple[int, list[str]]] = []
        try:
            before = 0
            for cells in reader:
                lines.append((before + 1, cells))
                before = reader.line_num
        except csv.Error:
            continue
        if any(_columns_of(cells) for _at, cells in lines[:LONGEST_PREAMBLE]):
            return lines
    raise SettlementUnreadable(_("Không tìm thấy dòng tiêu đề của sao kê (ngày, số tiền, nội dung)."))


def _heading(lines: list[tuple[int, list[str]]]) -> tuple[int, dict[str, int]]:
    for index, (_at, cells) in enumerate(lines[:LONGEST_PREAMBLE]):
        columns = _columns_of(cells)
        if columns:
            return index + 1, columns
    raise SettlementUnreadable


def _columns_of(cells: list[str]) -> dict[str, int]:
    """Return where each column stands; empty if these cells are no heading."""
    names: dict[str, int] = {}
    for at, cell in enumerate(cells):
        # Headings in two languages: "Ngày giao dịch / Transaction date".
        for part in [cell, *re.split(r"[/\n|]", cell)]:
            names.setdefault(_plain(re.sub(r"\(.*?\)", " ", part)), at)
    columns: dict[str, int] = {}
    for column, synonyms in COLUMNS.items():
        found = next((names[synonym] for synonym in synonyms if synonym in names), None)
        if found is not None and found not in columns.values():
            columns[column] = found
    has_amount = "amount" in columns or {"credit", "debit"} <= columns.keys()
    return columns if "date" in columns and "memo" in columns and has_amount else {}


def _plain(text: str) -> str:
    """Return lower-case letters and digits without accents, one space between words."""
    split = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join(
        re.sub(r"[^a-z0-9+-]+", " ", "".join(c for c in split if not unicodedata.combining(c))).split()
    )


def _is_no_movement(cells: list[str], cell: Mapping[str, str]) -> bool:
    filled = [_plain(text) for text in cells if text.strip()]
    if not filled:
        return True
    # A sum has no date of its own.
    return not _DATE_START.match(cell.get("date", "")) and any(text.startswith(_SUMS) for text in filled)


_DATE_START = re.compile(r"\d{1,4}[/.-]\d", re.ASCII)


# --- One line -----------------------------------------------------------------------------------
def _row(position: int, cell: Mapping[str, str]) -> StatementRow | None:
    """Read one movement; None for a line of zero, which some banks print for a day without any."""
    booked_at = _read_date(cell.get("date", ""))
    if booked_at is None:
        raise _unreadable(position, _("ngày không đúng dạng ngày/tháng/năm"))
    try:
        amount = _read_amounts(cell)
    except ValueError:
        raise _unreadable(position, _("số tiền không đọc được")) from None
    if amount is None:
        raise _unreadable(position, _("không rõ tiền vào hay tiền ra"))
    if amount == 0:
        return None
    return StatementRow(
        position=position,
        line_ref="",
        booked_at=booked_at,
        amount=amount,
        memo=" ".join(cell.get("memo", "").split()),
        bank_ref=cell.get("ref", "")[:64],
        party_bank=cell.get("party_bank", "")[:80],
        party_number=re.sub(r"[^0-9A-Za-z]", "", cell.get("party_number", ""))[:40],
        party_name=cell.get("party_name", "")[:120],
    )


def _unreadable(position: int, reason: str) -> SettlementUnreadable:
    message = _("Không đọc được dòng %(line)s của sao kê: %(reason)s.") % {"line": position, "reason": reason}
    return SettlementUnreadable(message, line=position)


def _read_date(text: str) -> datetime | None:
    for form in _DATES:
        found = form.fullmatch(text.strip())
        if found is None:
            continue
        rest = found["rest"].strip()
        clock = _CLOCK.match(rest) if rest else None
        if rest and clock is None:
            return None
        hour, minute, second = (int(part or 0) for part in clock.groups()) if clock else (0, 0, 0)
        try:
            return datetime(
                int(found["y"]), int(found["m"]), int(found["d"]), hour, minute, second, tzinfo=LOCAL_ZONE
            )
        except ValueError:
            return None
    return None


def _read_amounts(cell: Mapping[str, str]) -> Dong | None:
    """Return the signed amount; None if the line says both or neither of debit and credit."""
    if "credit" in cell or "debit" in cell:
        credit, debit = read_amount(cell.get("credit", "")), read_amount(cell.get("debit", ""))
        if credit is None and debit is None:
            return None
        # A correction stands with a minus in its own column; a debit counts the same with or without one.
        if credit and debit:
            return None
        return credit or -abs(debit or 0)
    amount = read_amount(cell.get("amount", ""))
    if amount is None:
        return None
    if "sign" not in cell:
        return amount
    sign = _plain(cell["sign"])
    if sign in _CREDIT_SIGNS:
        return abs(amount)
    if sign in _DEBIT_SIGNS:
        return -abs(amount)
    # The column says something else, such as the kind of transfer: then the amount must bear the sign.
    return amount if cell["amount"].strip()[:1] in "+-(" else None


def read_amount(text: str) -> Dong | None:
    """Read whole dong as people and banks write them; None if there is nothing, ValueError if it is no amount."""
    bare = _CURRENCY.sub("", text.replace("\u00a0", " ").replace("\u202f", " ")).strip()
    if not bare or set(bare) <= {"-", " "}:
        return None
    is_negative = bare.startswith(("-", "\N{MINUS SIGN}")) or (bare.startswith("(") and bare.endswith(")"))
    found = _AMOUNT.fullmatch(bare.strip("()+-\N{MINUS SIGN} "))
    if found is None or (found[3] and found[3].strip("0")):
        raise ValueError(text)
    amount = int(re.sub(r"\D", "", found[1]))
    return -amount if is_negative else amount


def _name_of(row: StatementRow) -> str:
    day = f"{row.booked_at:%y%m%d}"
    if row.bank_ref:
        # One number of the bank may name a transfer and its fee.
        return f"{day}:{row.bank_ref}:{row.amount:+d}"
    said = "|".join((row.booked_at.isoformat(), f"{row.amount:+d}", _plain(row.memo), row.party_number))
    return f"{day}:{hashlib.sha256(said.encode()).hexdigest()[:20]}"


# --- Memos --------------------------------------------------------------------------------------
BOOKING_LETTERS = 6
_LENGTHS = (MEMO_LETTERS, BOOKING_LETTERS)
_START = re.compile(f"(?={PREFIX})")


def find_references(memo: str) -> list[str]:
    """Return the codes of ours that a memo may carry, upper-case and without signs, the likeliest first.

    `VG` and seven letters name an attempt (see vietqr.refs_of_memo), `VG` and six a booking (see booking_code).
    Codes that stand as words come first, then those that appear once spaces and signs are taken out, as banks and
    payers break them; the longest first in each. No letter is corrected: whether a code exists decides.
    """
    words = re.sub(r"[^0-9A-Z]+", " ", memo.upper().replace(f"{PREFIX}-", PREFIX)).split()
    found = [code for length in _LENGTHS for word in words if (code := _code(word, length)) == word]
    squeezed = "".join(words)
    starts = [match.start() for match in _START.finditer(squeezed)]
    found += [code for length in _LENGTHS for at in starts if (code := _code(squeezed[at:], length))]
    return list(dict.fromkeys(found))


def _code(text: str, length: int) -> str:
    """Return the code at the start of a text; "" if there is none of this length."""
    letters = text[len(PREFIX) : len(PREFIX) + length]
    is_code = text.startswith(PREFIX) and len(letters) == length and all(char in ALPHABET for char in letters)
    return PREFIX + letters if is_code else ""


def booking_code(code: str) -> str:
    """Return a found code as bookings write it, such as VG-26A7K3; "" if it names no booking."""
    letters = code.removeprefix(PREFIX)
    return f"{PREFIX}-{letters}" if len(letters) == BOOKING_LETTERS else ""
