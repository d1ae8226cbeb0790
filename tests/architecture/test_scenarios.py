"""The table of scenarios of money names tests that exist."""

import re

import pytest
from django.conf import settings

TABLE = settings.BASE_DIR / "docs" / "scenarios-of-money.md"
NAMED = sorted(set(re.findall(r"`([a-z0-9_/]+)::(test_[a-z0-9_]+)`", TABLE.read_text())))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_the_table_names_exists(path: str, name: str) -> None:
    text = (settings.BASE_DIR / "tests" / f"{path}.py").read_text()

    assert re.search(rf"^def {name}\(", text, re.MULTILINE)


def test_every_scenario_has_its_row() -> None:
    numbers = re.findall(r"^\| (\d+) \|(.*)\|$", TABLE.read_text(), re.MULTILINE)

    assert [int(number) for number, _row in numbers] == list(range(1, 43))
    assert all("::test_" in row or "not in reach, because" in row for _number, row in numbers)
