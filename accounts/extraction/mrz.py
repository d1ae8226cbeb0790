"""Machine readable zones of ICAO Doc 9303: the lines of cards (TD1, TD2) and passports (TD3), parsed and checked.

Pure. What is repaired is only what the position leaves no doubt about: a letter O where nothing but a digit may
stand is a zero. No character is ever changed to make a check digit fit.

Vietnamese cards (TD1) carry their twelve-digit number whole in the optional data of the first line, with a check
digit of its own behind two fillers, and its last nine digits once more as the document number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from accounts.extraction import citizen_number as citizen

FILLER = "<"
WEIGHTS = (7, 3, 1)
VIETNAM = "VNM"
# The year that Vietnamese cards without an end print; the real value is not published.
NO_EXPIRY_YEAR = 99
# Two digits of an expiry from here on belong to the century before.
EXPIRY_PIVOT = 70
DIGITS_BEFORE_2000 = 1900

# What may stand where: A letter or filler, N digit or filler, C check digit, S sex, F filler only, X anything.
CLASSES = {
    "TD1": (
        "AAAAA" + "X" * 9 + "C" + "X" * 15,
        "NNNNNN" + "C" + "S" + "NNNNNN" + "C" + "AAA" + "X" * 11 + "C",
        "A" * 30,
    ),
    "TD2": ("A" * 36, "X" * 9 + "C" + "AAA" + "NNNNNN" + "C" + "S" + "NNNNNN" + "C" + "X" * 7 + "C"),
    "TD3": ("A" * 44, "X" * 9 + "C" + "AAA" + "NNNNNN" + "C" + "S" + "NNNNNN" + "C" + "X" * 14 + "CC"),
}
VIETNAMESE_CARD = (
    "AAAAA" + "N" * 9 + "C" + "N" * 12 + "FF" + "C",
    "NNNNNN" + "C" + "S" + "NNNNNN" + "C" + "AAA" + "F" * 11 + "C",
    "A" * 30,
)
# A letter and seven or eight digits; the rest as everywhere.
VIETNAMESE_PASSPORT = (CLASSES["TD3"][0], "A" + "N" * 8 + CLASSES["TD3"][1][9:])
TO_DIGIT = str.maketrans("OQDILZSGB", "000112568")
TO_LETTER = str.maketrans("012568", "OIZSGB")
# A filler is a thin angle; readers take it for these.
FILLER_LOOKS = frozenset("KCLE")

# The checks, as `Mrz.failed` names them.
NUMBER = "document_number"
BORN = "born_on"
EXPIRES = "expires_on"
OPTIONAL = "optional_data"
COMPOSITE = "composite"
REPEATED = "repeated_number"


class NotMrz(ValueError):
    """The lines do not have the shape of a machine readable zone."""


@dataclass(frozen=True, slots=True)
class Mrz:
    """What a machine readable zone says. Believe it only when `is_valid`; names carry no check digit."""

    kind: str
    document_code: str
    issuer: str
    number: str
    nationality: str
    born_on: date | None
    # M, F, or empty where the document does not say.
    sex: str
    # None with a valid zone means that the document does not run out.
    expires_on: date | None
    surname: str
    given_names: str
    optional: str
    lines: tuple[str, ...]
    # Which checks do not hold, by name.
    failed: tuple[str, ...]
    # Twelve digits on a Vietnamese card, else empty.
    citizen_number: str = ""

    @property
    def is_valid(self) -> bool:
        return not self.failed

    @property
    def full_name(self) -> str:
        return f"{self.surname} {self.given_names}".strip()

    @property
    def is_name_cut(self) -> bool:
        """True when the name fills its line to the end, so that something may be missing."""
        name_line = self.lines[2] if self.kind == "TD1" else self.lines[0]
        return not name_line.endswith(FILLER)


def check_digit(text: str) -> int:
    """Return the check digit of Doc 9303 part 3, 4.9: weights 7, 3, 1; A is 10; a filler is 0."""
    return sum(_value(character) * WEIGHTS[place % 3] for place, character in enumerate(text)) % 10


def parse_td1(lines: Sequence[str], *, today: date | None = None) -> Mrz:
    """Parse the three lines of thirty characters of a card.

    Raises:
        NotMrz: other lengths, or characters that no zone has.
    """
    first, second, third = _shaped("TD1", lines)
    is_vietnamese = first[2:5] == VIETNAM
    if is_vietnamese:
        first, second, third = _by_class(VIETNAMESE_CARD, (first, second, third))
    number, digit, optional = _number(first[5:14], first[14], first[15:30])
    failed = _failed(
        {
            NUMBER: (number, digit),
            BORN: (second[0:6], second[6]),
            EXPIRES: (second[8:14], second[14]),
            COMPOSITE: (first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29]),
        }
    )
    citizen_number = ""
    if is_vietnamese:
        citizen_number = first[15:27]
        failed += _vietnamese_faults(first, second)
    return _mrz(
        "TD1",
        (first, second, third),
        code=first[0:2],
        issuer=first[2:5],
        number=number,
        tail=(second[15:18], second[0:6], second[7], second[8:14]),
        name=third,
        optional=optional + second[18:29],
        failed=failed,
        citizen_number=citizen_number,
        today=today,
    )


def parse_td2(lines: Sequence[str], *, today: date | None = None) -> Mrz:
    """Parse the two lines of thirty-six characters.

    Raises:
        NotMrz: other lengths, or characters that no zone has.
    """
    first, second = _shaped("TD2", lines)
    number, digit, optional = _number(second[0:9], second[9], second[28:35])
    failed = _failed(
        {
            NUMBER: (number, digit),
            BORN: (second[13:19], second[19]),
            EXPIRES: (second[21:27], second[27]),
            COMPOSITE: (second[0:10] + second[13:20] + second[21:35], second[35]),
        }
    )
    return _two_lines("TD2", (first, second), number, optional, failed, today)


def parse_td3(lines: Sequence[str], *, today: date | None = None) -> Mrz:
    """Parse the two lines of forty-four characters of a passport.

    Raises:
        NotMrz: other lengths, or characters that no zone has.
    """
    first, second = _shaped("TD3", lines)
    if first[:5] == f"P{FILLER}{VIETNAM}":
        first, second = _by_class(VIETNAMESE_PASSPORT, (first, second))
    optional, optional_digit = second[28:42], second[42]
    if optional_digit == FILLER and not optional.strip(FILLER):
        # Part 4, 4.2.2.2: nothing optional, nothing to check.
        optional_digit = "0"
    failed = _failed(
        {
            NUMBER: (second[0:9], second[9]),
            BORN: (second[13:19], second[19]),
            EXPIRES: (second[21:27], second[27]),
            OPTIONAL: (optional, optional_digit),
            COMPOSITE: (second[0:10] + second[13:20] + second[21:43], second[43]),
        }
    )
    return _two_lines("TD3", (first, second), second[0:9].rstrip(FILLER), optional, failed, today)


def _two_lines(
    kind: str,
    lines: tuple[str, str],
    number: str,
    optional: str,
    failed: tuple[str, ...],
    today: date | None,
) -> Mrz:
    first, second = lines
    return _mrz(
        kind,
        lines,
        code=first[0:2],
        issuer=first[2:5],
        number=number,
        tail=(second[10:13], second[13:19], second[20], second[21:27]),
        name=first[5:],
        optional=optional,
        failed=failed,
        today=today,
    )


def _mrz(
    kind: str,
    lines: tuple[str, ...],
    *,
    code: str,
    issuer: str,
    number: str,
    tail: tuple[str, str, str, str],
    name: str,
    optional: str,
    failed: tuple[str, ...],
    today: date | None,
    citizen_number: str = "",
) -> Mrz:
    nationality, born, sex, expires = tail
    expires_on = _expiry(expires)
    if citizen_number and expires[:2] == str(NO_EXPIRY_YEAR):
        expires_on = None
    elif expires_on is None:
        failed += (EXPIRES,)
    known = citizen.take_apart(citizen_number)
    if known is not None and born[:2] == f"{known.birth_year % 100:02d}":
        # The number says the century.
        born_on = _date(known.birth_year, born)
    else:
        born_on = _birth(born, today or datetime.now(UTC).date())
    if born_on is None:
        failed += (BORN,)
    surname, _separator, given = name.partition("<<")
    return Mrz(
        kind=kind,
        document_code=code.rstrip(FILLER),
        issuer=issuer.rstrip(FILLER),
        number=number,
        nationality=nationality.rstrip(FILLER),
        born_on=born_on,
        sex=sex if sex in "MF" else "",
        expires_on=expires_on,
        surname=_words(surname),
        given_names=_words(given),
        optional=optional.strip(FILLER),
        lines=lines,
        failed=tuple(dict.fromkeys(failed)),
        citizen_number=citizen_number,
    )


def _shaped(kind: str, lines: Sequence[str]) -> tuple[str, ...]:
    """Return lines in capitals without spaces, repaired by position."""
    clean = tuple("".join(line.upper().split()) for line in lines)
    classes = CLASSES[kind]
    if [len(line) for line in clean] != [len(line) for line in classes]:
        raise NotMrz(kind)
    if not all(_is_known(character) for line in clean for character in line):
        raise NotMrz(kind)
    return _by_class(classes, clean)


def _by_class(classes: Sequence[str], lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        "".join(map(_repaired, positions, line)) for positions, line in zip(classes, lines, strict=True)
    )


def _repaired(position: str, character: str) -> str:
    if position in "NC":
        return character.translate(TO_DIGIT)
    if position in "AS":
        return character.translate(TO_LETTER)
    if position == "F" and character in FILLER_LOOKS:
        return FILLER
    return character


def _is_known(character: str) -> bool:
    return character == FILLER or (character.isascii() and character.isalnum())


def _value(character: str) -> int:
    return 0 if character == FILLER else int(character, 36)


def _number(number: str, digit: str, optional: str) -> tuple[str, str, str]:
    """Return document number, its check digit and what is left of the optional data.

    Part 5, note j: a number longer than nine characters has a filler for check digit, and goes on in the optional
    data up to its own check digit and a filler.
    """
    if digit != FILLER or number.endswith(FILLER):
        return number.rstrip(FILLER), digit, optional
    rest, _separator, left = optional.partition(FILLER)
    return number + rest[:-1], rest[-1:], left


def _failed(checks: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    return tuple(name for name, (text, digit) in checks.items() if not _holds(text, digit))


def _holds(text: str, digit: str) -> bool:
    return digit.isdigit() and check_digit(text) == int(digit)


def _vietnamese_faults(first: str, second: str) -> tuple[str, ...]:
    """Hold what a Vietnamese card says twice against itself."""
    number = first[15:27]
    faults: tuple[str, ...] = ()
    fillers = first[27:29] + second[18:29]
    if not number.isdigit() or not _holds(number, first[29]) or fillers.strip(FILLER):
        faults += (OPTIONAL,)
    if first[5:14] != number[3:]:
        faults += (REPEATED,)
    return faults


def _words(name: str) -> str:
    return " ".join(name.replace(FILLER, " ").split())


def _birth(text: str, today: date) -> date | None:
    """Return a date of birth: of this century unless that lies ahead."""
    if not text.isdigit():
        return None
    born_on = _date(2000 + int(text[:2]), text)
    if born_on is None or born_on > today:
        return _date(DIGITS_BEFORE_2000 + int(text[:2]), text)
    return born_on


def _expiry(text: str) -> date | None:
    if not text.isdigit():
        return None
    year = int(text[:2])
    return _date(year + (DIGITS_BEFORE_2000 if year >= EXPIRY_PIVOT else 2000), text)


def _date(year: int, text: str) -> date | None:
    try:
        return date(year, int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None
