from datetime import date

import pytest

from accounts.kyc.rules import PROVINCES, birth_year_in, folded_name, normal_number, warnings_about


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
    assert birth_year_in(number) == year


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
