"""Choices of a form that are the same for everybody, and HTML that is made of them, written once."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from html import escape
from typing import Any

from django.utils.choices import BaseChoiceIterator
from django.utils.translation import get_language

Pair = tuple[Any, Any]


class Choices(BaseChoiceIterator):
    """Choices that are put together once for every form, and remember how their options are written.

    `first` is one that only this form has. A label that is translated is so when the options are written.
    """

    def __init__(self, pairs: Iterable[Pair], *, first: Pair | None = None) -> None:
        self._rest = pairs if isinstance(pairs, Choices) else None
        self._pairs = tuple(pairs)
        self._first = (first,) if first else ()
        self._keys = {str(key) for key, _label in _flat(self._pairs)}
        self._kept: dict[Hashable, str] = {}

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._first + self._pairs)

    @property
    def copies(self) -> int:
        return len(self._kept)

    # Nothing of it changes, so every form that is copied from its class may share it.
    def __copy__(self) -> "Choices":
        return self

    def __deepcopy__(self, _memo: Any) -> "Choices":
        return self

    def options(self, chosen: str) -> str:
        """Return the options as HTML with one of them chosen."""
        first = "".join(_option(key, label, chosen) for key, label in self._first)
        return first + (self._rest or self).kept_options(chosen)

    def kept_options(self, chosen: str) -> str:
        """Return the options that every form has; written once for each language and choice."""
        # What is none of them may be anything: all such share one copy, with nothing chosen.
        known = chosen if chosen in self._keys else None
        return self.kept(known, lambda: "".join(_line(each, label, chosen) for each, label in self._pairs))

    def keeps(self, value: Any) -> bool:
        """Say whether a control that shows this value looks the same on every form."""
        return not self._first and value in self._keys

    def kept(self, key: Hashable, write: Callable[[], str]) -> str:
        """Return what was written for a key in the reader's language; written now if it is the first time."""
        key = (get_language(), key)
        if key not in self._kept:
            self._kept[key] = write()
        return self._kept[key]


def _flat(pairs: Iterable[Pair]) -> Iterator[Pair]:
    for key, label in pairs:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label


def _line(key: Any, label: Any, chosen: str) -> str:
    if not isinstance(label, list | tuple):
        return _option(key, label, chosen)
    options = "".join(_option(each, words, chosen) for each, words in label)
    return f'<optgroup label="{escape(str(key))}">{options}</optgroup>'


def _option(key: Any, label: Any, chosen: str) -> str:
    mark = " selected" if str(key) == chosen else ""
    return f'<option value="{escape(str(key))}"{mark}>{escape(str(label))}</option>'
