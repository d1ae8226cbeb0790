"""Reads Stripe's forms: `a[b][0]=c` becomes {"a": {"b": ["c"]}}."""

import re
from typing import Any
from urllib.parse import parse_qsl

from payments.gateways.stripe.protocol import Json

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")
LARGEST_INDEX = 100


def decode(text: str) -> Json:
    """Return the nested values of a form; raises ValueError for a name that is none."""
    tree: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found = _NAME.fullmatch(name)
        if found is None:
            raise ValueError(name)
        _put(tree, [found[1], *_PART.findall(found[2])], value)
    plain = _plain(tree)
    assert isinstance(plain, dict)
    return plain


def _put(tree: Json, path: list[str], value: str) -> None:
    for part in path[:-1]:
        inner = tree.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ValueError(part)
        tree = inner
    last = path[-1] or str(len(tree))
    tree[last] = value


def _plain(value: Any) -> Any:
    """Turn {"0": …, "1": …} into lists."""
    if not isinstance(value, dict):
        return value
    inner = {name: _plain(each) for name, each in value.items()}
    if inner and all(name.isdecimal() and int(name) < LARGEST_INDEX for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def whole(value: object) -> int | None:
    """Return a whole number as Stripe reads it; None for anything else."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,12}", value) else None
