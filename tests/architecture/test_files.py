from pathlib import Path

import pytest

from tests.architecture.source import ROOT, name_of, python_files, template_files

LONGEST = 450
# Names that say nothing about what is inside.
MEANINGLESS = {"utils", "helpers", "misc", "common", "stuff", "util", "helper"}
# File -> why it is longer.
EXCUSED: dict[str, str] = {
    "rentals/demo/vehicles.py": "a table of facts",
    "rentals/demo/places.py": "a table of facts",
}


def _all_python() -> list[Path]:
    tests = [path for path in (ROOT / "tests").rglob("*.py") if "vendor" not in path.parts]
    return [*python_files(), *tests]


def test_a_file_that_grows_too_long_becomes_a_package() -> None:
    long = {name_of(path): len(path.read_text().splitlines()) for path in _all_python()}

    assert {name: lines for name, lines in long.items() if lines > LONGEST and name not in EXCUSED} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    named = {name_of(path) for path in [*_all_python(), *template_files()]}

    assert (
        sorted(name for name in named if MEANINGLESS & {Path(part).stem for part in Path(name).parts}) == []
    )


@pytest.mark.parametrize(
    "folder", ["voltgo", "accounts", "payments", "stations", "rentals", "tests", "templates", "bin"]
)
def test_no_file_carries_a_left_over_of_an_editor_or_a_merge(folder: str) -> None:
    left_over = [
        name_of(path) for path in (ROOT / folder).rglob("*")
        if path.suffix in {".orig", ".rej", ".bak", ".tmp", ".swp"} or path.name.endswith("~")
    ]  # fmt: skip

    assert left_over == []
