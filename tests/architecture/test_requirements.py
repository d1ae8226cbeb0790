import ast
import re
import sys
from functools import lru_cache
from importlib.metadata import packages_distributions

import pytest

from tests.architecture.source import PACKAGES, ROOT, name_of, python_files, tree_of

# Module -> the package that brings it, where one name stands for several distributions.
SHARED_NAMES = {"google": "", "mypy_django_plugin": "django-stubs"}


def _requirements(file: str) -> dict[str, str]:
    """Return name -> whole line of a requirements file, without its inclusions."""
    lines = (ROOT / file).read_text().splitlines()
    wanted = [line for line in lines if line.strip() and not line.startswith(("#", "-r"))]
    return {_plain(re.split(r"[\[=<>~! #]", line, maxsplit=1)[0]): line for line in wanted}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=1)
def _distributions() -> dict[str, set[str]]:
    return {module: {_plain(name) for name in names} for module, names in packages_distributions().items()}


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(file: str) -> None:
    loose = [
        line
        for line in _requirements(file).values()
        if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\d[\w.]*(\s|$)", line)
    ]

    assert loose == []


def test_the_code_imports_only_what_it_requires() -> None:
    required = set(_requirements("requirements.txt"))
    stray = {
        f"{name_of(path)} imports {module}"
        for path in python_files(migrations=True)
        for module in _imported_modules(tree_of(path))
        if module not in sys.stdlib_module_names
        and module not in PACKAGES
        and not (_distributions().get(module, set()) & required)
    }

    assert stray == set()


def _imported_modules(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found
