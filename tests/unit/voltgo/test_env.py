from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from voltgo.env import Environment


def test_every_missing_variable_is_named_at_once_with_its_cure() -> None:
    env = Environment({"PRESENT": "yes"})
    env.text("ABSENT", cure="Ask the treasurer.")
    env.text("GONE")
    env.text("PRESENT")

    with pytest.raises(ImproperlyConfigured) as complaint:
        env.check()

    assert "ABSENT is not set. Ask the treasurer." in str(complaint.value)
    assert "GONE is not set." in str(complaint.value)
    assert "PRESENT" not in str(complaint.value)


def test_a_complete_environment_passes() -> None:
    env = Environment({"NAME": " VoltGo "})

    assert env.text("NAME") == "VoltGo"
    env.check()


def test_an_empty_value_counts_as_missing_and_takes_the_default() -> None:
    env = Environment({"NAME": "  "})

    assert env.text("NAME", "default") == "default"


@pytest.mark.parametrize(
    ("written", "meant"), [("1", True), ("YES", True), ("on", True), ("0", False), ("", False)]
)
def test_a_flag_is_read_from_usual_words(written: str, meant: bool) -> None:
    assert Environment({"FLAG": written}).flag("FLAG") is meant


def test_a_flag_that_is_neither_yes_nor_no_is_refused() -> None:
    env = Environment({"DEBUG": "maybe"})
    env.flag("DEBUG")

    with pytest.raises(ImproperlyConfigured, match="DEBUG='maybe' is neither yes nor no"):
        env.check()


def test_a_number_that_is_none_is_refused() -> None:
    env = Environment({"EMAIL_PORT": "smtp"})

    assert env.number("EMAIL_PORT", 25) == 25
    with pytest.raises(ImproperlyConfigured, match="EMAIL_PORT='smtp' is not a whole number"):
        env.check()


def test_words_are_split_at_commas_and_trimmed() -> None:
    assert Environment({"HOSTS": "a.vn, b.vn,,"}).words("HOSTS") == ["a.vn", "b.vn"]


def test_a_folder_becomes_an_absolute_path(tmp_path: Path) -> None:
    assert Environment({"VAR": f"{tmp_path}/x/../y"}).folder("VAR", Path("/z")) == tmp_path / "y"
    assert Environment({}).folder("VAR", Path("/z")) == Path("/z")
