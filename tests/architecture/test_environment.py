import ast
import re
from collections.abc import Iterator

from tests.architecture.source import ROOT, name_of, python_files, tree_of

NAME = re.compile(r"[A-Z][A-Z0-9_]+")
READERS = {"text", "flag", "number", "words", "folder"}
# Modules that may look at the environment directly -> why.
DIRECT_READERS = {
    "voltgo/local/": "sets the environment up",
    "voltgo/celery.py": "names the settings module",
    "voltgo/wsgi.py": "names the settings module",
    "voltgo/env.py": "is the reader",
    "voltgo/settings.py": "asks which parallel test worker it serves",
    "voltgo/web_server.py": "runs before the settings",
}


def _read_variables() -> set[str]:
    """Names that the modules beside the settings ask the typed readers for, themselves or by a helper of theirs."""
    return {name for path in sorted((ROOT / "voltgo").glob("*.py")) for name in _read_in(tree_of(path))}


def _read_in(tree: ast.AST) -> Iterator[str]:
    helpers: set[str] = set()
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    # A helper may ask by another one.
    for _ in functions:
        helpers |= {one.name for one in functions if any(_asks(node, helpers) for node in ast.walk(one))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _asks(node, helpers):
            names = (argument.value for argument in node.args if isinstance(argument, ast.Constant))
            yield from [name for name in names if isinstance(name, str) and NAME.fullmatch(name)][:1]


def _asks(node: ast.AST, helpers: set[str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    if isinstance(function, ast.Name):
        return function.id in helpers
    return (
        isinstance(function, ast.Attribute)
        and function.attr in READERS
        and isinstance(function.value, ast.Name)
        and function.value.id == "env"
    )


def test_the_example_names_every_variable_and_nothing_else() -> None:
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^([A-Z_0-9]+)=", example, re.MULTILINE)

    assert sorted(named) == sorted(_read_variables())


def test_the_example_holds_no_value() -> None:
    example = (ROOT / ".env.example").read_text()

    assert re.findall(r"^[A-Z_0-9]+=.+$", example, re.MULTILINE) == []


def test_nobody_else_reads_the_environment() -> None:
    direct = {
        name_of(path)
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "getenv"}
        and ast.unparse(node.value) == "os"
    }

    assert sorted(name for name in direct if not name.startswith(tuple(DIRECT_READERS))) == []
