import ast
import re

from tests.architecture.source import ROOT, name_of, python_files, tree_of

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
    """Names that settings and the web server ask the typed readers (or `_secret`) for."""
    names = set()
    for file in ("settings.py", "web_server.py"):
        for node in ast.walk(tree_of(ROOT / "voltgo" / file)):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            function = node.func
            is_reader = (
                isinstance(function, ast.Attribute)
                and function.attr in READERS
                and isinstance(function.value, ast.Name)
                and function.value.id == "env"
            )
            if is_reader or (isinstance(function, ast.Name) and function.id == "_secret"):
                names.add(str(node.args[0].value))
    return names


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
