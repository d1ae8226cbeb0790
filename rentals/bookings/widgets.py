"""A list of choices that is written out directly: a template per option would be half of the search page."""

from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe


class QuickSelect(forms.Select):
    """Django's select without its templates; the same HTML."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(each) for each in self.format_value(value)}
        lines = []
        for key, label in self.choices:
            if isinstance(label, list | tuple):
                options = "".join(_option(each, words, chosen) for each, words in label)
                lines.append(f'<optgroup label="{conditional_escape(key)}">{options}</optgroup>')
            else:
                lines.append(_option(key, label, chosen))
        whole = flatatt(self.build_attrs(self.attrs, {**(attrs or {}), "name": name}))
        # Everything in it is escaped above.
        return mark_safe(f"<select{whole}>{''.join(lines)}</select>")  # noqa: S308


def _option(key: Any, label: Any, chosen: set[str]) -> str:
    mark = " selected" if str(key) in chosen else ""
    return f'<option value="{conditional_escape(key)}"{mark}>{conditional_escape(label)}</option>'
