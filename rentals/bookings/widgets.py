"""Controls that are written out directly: with a template for each, they would be half of the search page."""

from collections.abc import Mapping
from html import escape
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe

from voltgo.core.choices import Choices


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
