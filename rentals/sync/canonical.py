"""Reading what a tablet sends as plain, bounded JSON, and the one way to write it down for hashing."""

import hashlib
import json
import math
from typing import Any

MAX_DEPTH = 16
MAX_VALUES = 60_000
# Two signatures with their points are the longest of it.
MAX_BYTES = 1_500_000
# What is kept of something that cannot be kept as it is.
KEPT_OF_UNREADABLE = 20_000


class NotPlain(ValueError):
    """It is no JSON that a database could keep: too deep, too long, or with characters that are none."""


def loads(text: bytes) -> Any:
    """Read JSON as it may come from a tablet.

    Raises:
        NotPlain: it is none.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotPlain from error


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256_of(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def check_plain(value: Any) -> None:
    """Refuse what the database could not keep.

    Raises:
        NotPlain: too deep, too many values, too long, a number without end, or broken characters.
    """
    _Walk().look_at(value, 0)
    if len(canonical(value).encode()) > MAX_BYTES:
        raise NotPlain


def kept_of(value: Any) -> dict[str, str]:
    """Return of an unreadable thing what can be kept as evidence."""
    try:
        text = repr(value)
    except RecursionError:
        text = "…"
    return {"unreadable": text.encode("ascii", "backslashreplace").decode()[:KEPT_OF_UNREADABLE]}


class _Walk:
    """Counts while it looks, so that a wide thing is refused as a deep one is."""

    def __init__(self) -> None:
        self.count = 0

    def look_at(self, value: Any, depth: int) -> None:
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_VALUES:
            raise NotPlain
        if isinstance(value, dict):
            for key, item in value.items():
                _check_text(key)
                self.look_at(item, depth + 1)
        elif isinstance(value, list):
            for item in value:
                self.look_at(item, depth + 1)
        elif isinstance(value, str):
            _check_text(value)
        elif isinstance(value, float) and not math.isfinite(value):
            raise NotPlain


def _check_text(text: str) -> None:
    # PostgreSQL keeps neither a zero character nor half a pair.
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise NotPlain


def _no_constant(_name: str) -> None:
    raise NotPlain
