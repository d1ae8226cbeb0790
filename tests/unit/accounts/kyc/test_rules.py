from datetime import date

import pytest

from accounts.extraction.citizen_number import PROVINCES, take_apart
from accounts.kyc.rules import classes_of, folded_name, is_term_of, normal_number, warnings_about


@pytest.mark.parametrize(
    ("number", "born_on", "expected"),
    [
        ("079195990001", date(1995, 3, 14), []),
        ("079095990001", date(1995, 3, 14), []),
        ("001203990002", date(2003, 11, 2), []),
        ("001303990002", date(2003, 11, 2), []),
        ("079195990001", None, []),
        ("079195990001", date(1996, 3, 14), ["year_mismatch"]),
        ("079395990001", date(1995, 3, 14), ["year_mismatch"]),
        ("003195990001", date(1995, 3, 14), ["unknown_province"]),
        ("200195990001", date(1994, 3, 14), ["unknown_province", "year_mismatch"]),
        ("07919599000", date(1995, 3, 14), ["not_twelve_digits"]),
        ("0791959900011", date(1995, 3, 14), ["not_twelve_digits"]),
        ("AA9900023", date(1990, 8, 16), ["not_twelve_digits"]),
        ("", None, ["not_twelve_digits"]),
    ],
)
def test_what_does_not_fit_in_a_number(number: str, born_on: date | None, expected: list[str]) -> None:
    assert [str(warning) for warning in warnings_about(number, born_on=born_on)] == expected


@pytest.mark.parametrize(
    ("number", "year"),
    [
        ("001086000000", 1986),
        ("001186000000", 1986),
        ("001204000000", 2004),
        ("001304000000", 2004),
        ("001400000000", 2100),
    ],
)
def test_year_of_birth_in_a_number(number: str, year: int) -> None:
    parts = take_apart(number)
    assert parts is not None
    assert parts.birth_year == year


def test_the_63_provinces_of_the_circular() -> None:
    assert len(PROVINCES) == 63
    assert {"001", "031", "048", "079", "096"} <= PROVINCES
    assert not {"000", "003", "005", "097"} & PROVINCES


@pytest.mark.parametrize("typed", ["079195990001", " 079 195 990 001 ", "079.195.990-001"])
def test_a_number_is_compared_without_its_spacing(typed: str) -> None:
    assert normal_number(typed) == "079195990001"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Đặng Thu Hà", "DANG THU HA"),
        ("Nguyễn  Minh Anh ", "nguyen minh anh"),
        ("Phạm Văn Dũng", "PHẠM VĂN DŨNG"),
        ("Trần Quốc Bảo", "Tra\u0302\u0300n Quo\u0302\u0301c Ba\u0309o"),
    ],
)
def test_names_are_compared_without_accents_and_case(one: str, other: str) -> None:
    assert folded_name(one) == folded_name(other)


def test_different_names_stay_different() -> None:
    assert folded_name("Nguyễn Minh Anh") != folded_name("Nguyễn Anh Minh")


@pytest.mark.parametrize(
    ("names", "issued_on", "expected"),
    [
        (["A1", "B"], date(2025, 1, 1), ("A1", "B")),
        (["A1", "B2"], date(2024, 12, 31), ("old_A1", "old_B2")),
        # Each word of the law in its own time: B2 ended with 2024, B began with 2025.
        (["B2"], date(2025, 6, 1), None),
        (["B"], date(2020, 6, 1), None),
        (["FC"], date(2020, 6, 1), None),
        ([], date(2025, 6, 1), None),
        (["A1"], None, None),
    ],
)
def test_letters_mean_the_classes_of_the_day_of_issue(
    names: list[str], issued_on: date | None, expected: tuple[str, ...] | None
) -> None:
    assert classes_of(names, issued_on) == expected


@pytest.mark.parametrize(
    ("classes", "issued_on", "expires_on", "is_fitting"),
    [
        (["A1"], date(2025, 6, 1), None, True),
        (["A1"], date(2025, 6, 1), date(2035, 6, 1), False),
        (["B"], date(2025, 6, 1), date(2035, 6, 1), True),
        (["B"], date(2025, 6, 1), date(2035, 5, 31), True),
        (["B"], date(2025, 6, 1), date(2037, 6, 1), False),
        (["B"], date(2025, 6, 1), None, False),
        (["A1", "C"], date(2025, 6, 1), date(2030, 6, 1), True),
        (["old_B2"], date(2024, 2, 29), date(2034, 2, 28), True),
        # The old B1 held until 55 or 60.
        (["old_B1"], date(2020, 6, 1), date(2050, 3, 14), True),
        (["old_B1"], date(2020, 6, 1), date(2055, 3, 14), True),
        (["old_B1"], date(2020, 6, 1), date(2056, 3, 14), False),
    ],
)
def test_a_licence_runs_out_as_its_classes_do(
    classes: list[str], issued_on: date, expires_on: date | None, *, is_fitting: bool
) -> None:
    born_on = date(1995, 3, 14)
    assert is_term_of(classes, issued_on=issued_on, expires_on=expires_on, born_on=born_on) is is_fitting
