from datetime import date

import pytest

from accounts.extraction.citizen_number import PROVINCES, CitizenNumber, take_apart


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("079095000123", CitizenNumber("079", "M", 1995)),
        ("079195000123", CitizenNumber("079", "F", 1995)),
        ("001203000123", CitizenNumber("001", "M", 2003)),
        ("001303000123", CitizenNumber("001", "F", 2003)),
        ("200101000123", CitizenNumber("200", "F", 1901)),
        ("096999000123", CitizenNumber("096", "F", 2399)),
    ],
)
def test_a_number_says_province_sex_and_year(number: str, parts: CitizenNumber) -> None:
    assert take_apart(number) == parts


@pytest.mark.parametrize("number", ["", "07909500012", "0790950001234", "07909500012A", "07909500012٣"])
def test_anything_else_has_no_parts(number: str) -> None:
    assert take_apart(number) is None


def test_the_63_provinces_from_before_the_mergers_are_known() -> None:
    assert len(PROVINCES) == 63
    assert CitizenNumber("079", "M", 1995).is_province_known
    assert not CitizenNumber("003", "M", 1995).is_province_known


def test_a_number_agrees_with_what_it_says_or_with_nothing() -> None:
    number = CitizenNumber("079", "M", 1995)

    assert number.agrees_with()
    assert number.agrees_with(born_on=date(1995, 12, 31), sex="M")
    assert not number.agrees_with(born_on=date(1994, 12, 31))
    assert not number.agrees_with(sex="F")
