import ast
from pathlib import Path

from tests.architecture.source import name_of, python_files, tree_of

# Layers that parse, ask permission, call one service and answer.
OUTER_LAYERS = {"views", "forms", "admin", "api", "station_views"}
WRITES = {
    "save", "create", "delete", "update", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "asave", "acreate", "adelete", "aupdate", "raw", "execute",
}  # fmt: skip
# "file: code" -> why this is no write of a rule. Keep it short.
EXCUSED = {
    "rentals/handovers/views/photos.py: image.save": "encodes a thumbnail into memory",
}


def _is_outer(path: Path) -> bool:
    parts = {path.stem, *(part for part in path.parts[-4:-1])}
    return bool(parts & OUTER_LAYERS) or path.stem.endswith(("_views", "_forms", "_admin", "_api"))


def _writes() -> list[str]:
    return [
        f"{name_of(path)}: {ast.unparse(node.func)}"
        for path in python_files()
        if _is_outer(path) and "management" not in path.parts
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES
    ]


def test_views_forms_admin_and_api_write_nothing_themselves() -> None:
    assert [write for write in _writes() if write not in EXCUSED] == []


def test_every_excuse_is_still_needed() -> None:
    assert sorted(set(EXCUSED) - set(_writes())) == []
