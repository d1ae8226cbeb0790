"""What the twelve digits of a citizen number say; there is no check digit, so consistent is not genuine.

Province or country of birth registration (3), century and sex (1), year of birth (2), serial (6). Sources: Decree
137/2015 art. 13, Circular 59/2021 art. 4. The 63 codes from before the mergers of 2025 stay, because issued
numbers do not change.
"""

import re
from dataclasses import dataclass
from datetime import date

NUMBER = re.compile(r"[0-9]{12}")
OLD_NUMBER = re.compile(r"[0-9]{9}")
PROVINCES = frozenset(
    f"{code:03d}"
    for code in (
        *(1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27),
        *(30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60),
        *(62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96),
    )
)
FIRST_CENTURY = 1900


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    """A number taken apart."""

    province: str
    sex: str
    birth_year: int

    @property
    def is_province_known(self) -> bool:
        """False also for people registered abroad, whose country has a code of its own."""
        return self.province in PROVINCES

    def agrees_with(self, *, born_on: date | None = None, sex: str = "") -> bool:
        """Say whether year of birth and sex, where given, are those of the number."""
        return (born_on is None or born_on.year == self.birth_year) and sex in {"", self.sex}


def take_apart(number: str) -> CitizenNumber | None:
    """Return the parts of a number, or None for anything but twelve digits."""
    if not NUMBER.fullmatch(number):
        return None
    century, is_woman = divmod(int(number[3]), 2)
    return CitizenNumber(
        province=number[:3],
        sex="F" if is_woman else "M",
        birth_year=FIRST_CENTURY + century * 100 + int(number[4:6]),
    )
