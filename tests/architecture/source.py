"""What the architecture tests read: our own files, parsed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# From left to right: each may use what stands before it.
APPS = ("core", "accounts", "payments", "stations", "rentals")
PACKAGES = ("voltgo", "accounts", "payments", "stations", "rentals")
TEMPLATES = ROOT / "templates"


def python_files(*, migrations: bool = False) -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if migrations or "migrations" not in path.parts:
                yield path


def template_files() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.is_file())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


def strings_in(path: Path) -> set[str]:
    """Every text literal of a Python file, the fixed parts of f-strings included."""
    return {
        node.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
