"""Controls that are written out directly: with a template for each, they would be half of the search page."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


class QuickSelect(forms.Select):
    """Django's select without its templates; the same HTML."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in self.format_value(value)}
        lines = []
        for key, label in self.choices:
            if isinstance(label, list | tuple):
                options = "".join(_option(each, words, chosen) for each, words in label)
                lines.append(f'<optgroup label="{escape(str(key))}">{options}</optgroup>')
            else:
                lines.append(_option(key, label, chosen))
        whole = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        # Everything in it is escaped above.
        return mark_safe(f"<select{whole}>{''.join(lines)}</select>")  # noqa: S308


def _option(key: Any, label: Any, chosen: set[str]) -> str:
    return _option_html(str(key), str(label), is_chosen=str(key) in chosen)


@lru_cache(maxsize=4096)
def _option_html(key: str, label: str, *, is_chosen: bool) -> str:
    """Write one option; the half hours of a day come again and again."""
    mark = " selected" if is_chosen else ""
    return f'<option value="{escape(key)}"{mark}>{escape(label)}</option>'


def _input(attributes: Mapping[str, Any]) -> SafeString:
    # flatatt escapes.
    return mark_safe(f"<input{flatatt(dict(attributes))}>")  # noqa: S308


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
