"""What a citizen number says about itself. A contradiction is a hint for the reviewer, never a rejection.

Twelve digits: province or country of birth registration (3), century and sex (1), year of birth (2), serial
(6); there is no check digit. Sources: Decree 137/2015 art. 13, Circular 59/2021 art. 4. The 63 codes from
before the mergers of 2025 stay, because issued numbers do not change.
"""

import re
import unicodedata
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

NUMBER = re.compile(r"\d{12}")
PROVINCES = frozenset(
    f"{code:03d}"
    for code in (
        *(1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27),
        *(30, 31, 33, 34, 35, 36, 37, 38, 40, 42, 44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60),
        *(62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86, 87, 89, 91, 92, 93, 94, 95, 96),
    )
)
FIRST_CENTURY = 1900


class NumberWarning(models.TextChoices):
    NOT_TWELVE_DIGITS = "not_twelve_digits", _("Số căn cước không đủ 12 chữ số.")
    UNKNOWN_PROVINCE = "unknown_province", _("Ba số đầu không phải mã tỉnh đã biết; có thể là mã quốc gia.")
    YEAR_MISMATCH = "year_mismatch", _("Năm sinh trong số căn cước khác với ngày sinh đã nhập.")


def warnings_about(number: str, *, born_on: date | None = None) -> list[NumberWarning]:
    """Return what does not fit in a citizen number; an empty list means consistent, not genuine."""
    if not NUMBER.fullmatch(number):
        return [NumberWarning.NOT_TWELVE_DIGITS]
    warnings = []
    if number[:3] not in PROVINCES:
        warnings.append(NumberWarning.UNKNOWN_PROVINCE)
    if born_on is not None and birth_year_in(number) != born_on.year:
        warnings.append(NumberWarning.YEAR_MISMATCH)
    return warnings


def birth_year_in(number: str) -> int:
    """Return the year of birth: the fourth digit counts centuries in pairs, even for men and odd for women."""
    return FIRST_CENTURY + int(number[3]) // 2 * 100 + int(number[4:6])


def normal_number(number: str) -> str:
    """Return a number as it is compared: no spaces, dots or dashes, upper case."""
    return re.sub(r"[\s.\-]", "", number).upper()


def folded_name(name: str) -> str:
    """Return a name as it is compared: ASCII, upper case, single spaces ("Đặng Thu Hà" -> "DANG THU HA")."""
    plain = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    ascii_only = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(ascii_only.split())
