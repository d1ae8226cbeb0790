"""The text in the QR code of a citizen card. It is plain and unsigned: anybody can print one that fits.

Fields are parted by bars: number, old number, name, born, sex, address, issued. The card of 2024 adds more behind
them (cancelled number, parents of children); their order is not published, so tails are ignored. A licence's QR
code is an address of the police; it is kept as it is and never parsed.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from accounts.extraction import citizen_number

FIELDS = 7
MAX_LENGTH = 1000
MAX_NAME = 100
DATE = re.compile(r"(\d{2})(\d{2})(\d{4})", re.ASCII)
SEXES = {"NAM": "M", "NỮ": "F", "NU": "F", "": ""}


class NotCardText(ValueError):
    """The text is not that of a citizen card."""


@dataclass(frozen=True, slots=True)
class CardQr:
    """What a card's QR code says; empty or None where it says nothing."""

    number: str
    old_number: str
    full_name: str
    born_on: date | None
    sex: str
    address: str
    issued_on: date | None


def parse_card(text: str) -> CardQr:
    """Parse the text of a citizen card's QR code.

    Raises:
        NotCardText: too few fields, no number or name, or a field that cannot be what its place says.
    """
    if len(text) > MAX_LENGTH:
        raise NotCardText
    fields = [_plain(field) for field in text.split("|")]
    if len(fields) < FIELDS:
        raise NotCardText
    number, old_number, full_name, born, sex, address, issued = fields[:FIELDS]
    if not citizen_number.NUMBER.fullmatch(number) or not _is_old_number(old_number):
        raise NotCardText
    if not full_name or len(full_name) > MAX_NAME or any(character.isdigit() for character in full_name):
        raise NotCardText
    if sex.upper() not in SEXES:
        raise NotCardText
    return CardQr(
        number=number,
        old_number=old_number,
        full_name=full_name,
        born_on=_date(born),
        sex=SEXES[sex.upper()],
        address=address,
        issued_on=_date(issued),
    )


def _is_old_number(text: str) -> bool:
    """Nine digits, twelve where a cancelled citizen number stands there, or nothing."""
    return not text or bool(
        citizen_number.OLD_NUMBER.fullmatch(text) or citizen_number.NUMBER.fullmatch(text)
    )


def _plain(field: str) -> str:
    """Return composed letters with single spaces; a control character has no place in a field."""
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co"} for character in field.strip()):
        raise NotCardText
    return " ".join(unicodedata.normalize("NFC", field).split())


def _date(text: str) -> date | None:
    if not text:
        return None
    match = DATE.fullmatch(text)
    if match is None:
        raise NotCardText
    day, month, year = map(int, match.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        raise NotCardText from error
