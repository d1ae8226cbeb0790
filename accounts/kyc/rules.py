"""What the law says of numbers, ages and licences, and how names are compared. Pure.

What contradicts a rule is a hint for the reviewer, never a rejection: papers are written anew, exchanged and
issued abroad in ways that no table foresees.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.extraction.citizen_number import take_apart
from accounts.kyc.enums import LicenceClass

# A moped needs no licence, but this age (Law 36/2024/QH15 art. 59).
MINIMUM_AGE_TO_RENT = 16
# The letters of the classes got their present meaning on this day (Law 36/2024/QH15 art. 57, 89).
CLASSES_CHANGED_ON = date(2025, 1, 1)
OLD_PREFIX = "old_"
# How many years a licence holds (art. 57.5; before 2025 Circular 12/2017 art. 17); None: it does not run out.
YEARS_OF: Mapping[str, int | None] = {
    LicenceClass.A1: None,
    LicenceClass.A: None,
    LicenceClass.B1: None,
    LicenceClass.B: 10,
    LicenceClass.C1: 10,
    LicenceClass.C: 5,
    LicenceClass.D1: 5,
    LicenceClass.D2: 5,
    LicenceClass.D: 5,
    LicenceClass.OLD_A1: None,
    LicenceClass.OLD_A2: None,
    LicenceClass.OLD_A3: None,
    LicenceClass.OLD_B1: 10,
    LicenceClass.OLD_B2: 10,
    LicenceClass.OLD_C: 5,
    LicenceClass.OLD_D: 5,
    LicenceClass.OLD_E: 5,
    LicenceClass.A_RESTRICTED: None,
}
# The old B1 held until a woman was 55 and a man 60; later it held ten years.
OLD_B1_AGES = (55, 60)


class NumberWarning(models.TextChoices):
    NOT_TWELVE_DIGITS = "not_twelve_digits", _("Số căn cước không đủ 12 chữ số.")
    UNKNOWN_PROVINCE = "unknown_province", _("Ba số đầu không phải mã tỉnh đã biết; có thể là mã quốc gia.")
    YEAR_MISMATCH = "year_mismatch", _("Năm sinh trong số căn cước khác với ngày sinh đã nhập.")


def warnings_about(number: str, *, born_on: date | None = None) -> list[NumberWarning]:
    """Return what does not fit in a citizen number; an empty list means consistent, not genuine."""
    parts = take_apart(number)
    if parts is None:
        return [NumberWarning.NOT_TWELVE_DIGITS]
    warnings = []
    if not parts.is_province_known:
        warnings.append(NumberWarning.UNKNOWN_PROVINCE)
    if not parts.agrees_with(born_on=born_on):
        warnings.append(NumberWarning.YEAR_MISMATCH)
    return warnings


def age_on(born_on: date, day: date) -> int:
    """Return full years; who was born on 29 February turns a year older on 1 March of common years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def classes_of(names: Iterable[str], issued_on: date | None) -> tuple[LicenceClass, ...] | None:
    """Return the classes that printed letters meant on the day of issue; None where one of them meant nothing.

    A licence of before 2025 keeps its old scope, so the same letters are another class.
    """
    if issued_on is None:
        return None
    prefix = OLD_PREFIX if issued_on < CLASSES_CHANGED_ON else ""
    wanted = {f"{prefix}{name}" for name in names}
    if not wanted or not wanted <= set(LicenceClass.values):
        return None
    return tuple(each for each in LicenceClass if each in wanted)


def is_term_of(
    classes: Iterable[str], *, issued_on: date, expires_on: date | None, born_on: date | None
) -> bool:
    """Say whether a licence of these classes, issued that day, runs out on this day (None: never)."""
    classes = set(classes)
    years = {term for name in classes if (term := YEARS_OF[name]) is not None}
    if not years or expires_on is None:
        return not years and expires_on is None
    ends = {_anniversary(issued_on, term) for term in years}
    if LicenceClass.OLD_B1 in classes and born_on is not None:
        ends |= {_anniversary(born_on, age) for age in OLD_B1_AGES}
    # Some offices count the day itself.
    return any(abs((expires_on - end).days) <= 1 for end in ends)


def _anniversary(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def normal_number(number: str) -> str:
    """Return a number as it is compared: no spaces, dots or dashes, upper case."""
    return re.sub(r"[\s.\-]", "", number).upper()


def folded_name(name: str) -> str:
    """Return a name as it is compared: ASCII, upper case, single spaces ("Đặng Thu Hà" -> "DANG THU HA")."""
    plain = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    ascii_only = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(ascii_only.split())
