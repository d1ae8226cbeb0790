"""Controls that are written out directly: with a template for each, they would be half of the search page."""

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any

from django import forms
from django.utils.choices import BaseChoiceIterator
from django.utils.safestring import SafeString, mark_safe
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
        self._written: dict[tuple[str | None, str | None], str] = {}

    def __iter__(self) -> Iterator[Pair]:
        return iter(self._first + self._pairs)

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
        key = (get_language(), chosen if chosen in self._keys else None)
        if key not in self._written:
            self._written[key] = "".join(_line(each, label, chosen) for each, label in self._pairs)
        return self._written[key]


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


def attributes(values: Mapping[str, Any]) -> str:
    """Write the attributes of a control as Django's `flatatt` does: in order, those without a value last."""
    shown = sorted(
        (name, value) for name, value in values.items() if value is not None and not isinstance(value, bool)
    )
    flags = sorted(name for name, value in values.items() if value is True)
    return "".join([*(f' {name}="{escape(str(value))}"' for name, value in shown), *(f" {f}" for f in flags)])


class QuickSelect(forms.Select):
    """Django's select without its templates; the same HTML."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        choices = self.choices if isinstance(self.choices, Choices) else Choices(self.choices)
        options = choices.options(next(iter(self.format_value(value)), ""))
        whole = attributes(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        # Everything in it is escaped above.
        return mark_safe(f"<select{whole}>{options}</select>")  # noqa: S308


def _input(values: Mapping[str, Any]) -> SafeString:
    # Each value is escaped.
    return mark_safe(f"<input{attributes(values)}>")  # noqa: S308


class QuickDate(forms.DateInput):
    """The browser's own date picker, without Django's template; the same HTML."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"}, format="%Y-%m-%d")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = {"name": name, "value": self.format_value(value)}
        return _input({**shown, **self.build_attrs(self.attrs, attrs)})


class QuickHidden(forms.HiddenInput):
    """A hidden input, without Django's template; the same HTML."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown = {"type": "hidden", "name": name, "value": self.format_value(value)}
        return _input({**shown, **self.build_attrs(self.attrs, attrs)})


class QuickRadio(forms.RadioSelect):
    """Radio buttons whose single buttons are written without Django's templates; the same HTML."""

    def _render(self, template_name: str, context: Any, renderer: Any = None) -> SafeString:
        if template_name != self.option_template_name:
            # Typed as private, but it is what a widget's own buttons are drawn by.
            return super()._render(template_name, context, renderer)  # type: ignore[misc, no-any-return]
        widget = context["widget"]
        shown = {"type": "radio", "name": widget["name"], "value": str(widget["value"])}
        return _input({**shown, **widget["attrs"]})
