"""Columns of lists and read-only fields: money, states as tags, links to other pages.

Each returns what `list_display` and `readonly_fields` take as a method of a ModelAdmin.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from unfold.decorators import display

from voltgo.core.money import format_dong

Words = str | Promise
Column = Callable[[Any, Any], Any]

NOTHING = "–"


def dong(path: str, label: Words, *, order: str | None = None) -> Column:
    """Print whole dong: `1.250.000 ₫`. An amount that no column holds cannot be sorted: pass `order=""`."""

    @admin.display(description=label, ordering=path if order is None else order or None)
    def column(_admin: Any, row: models.Model) -> str:
        amount = follow(row, path)
        return NOTHING if amount is None else format_dong(amount)

    return column


def percent(path: str, label: Words, *, order: str | None = None) -> Column:
    """Print a percentage."""

    @admin.display(description=label, ordering=order or path)
    def column(_admin: Any, row: models.Model) -> str:
        value = follow(row, path)
        return NOTHING if value is None else f"{value} %"

    return column


def tag(path: str, label: Words, kinds: Mapping[str, str], *, order: str | None = None) -> Column:
    """Print a choice as a coloured tag; `kinds` names the colour of a value: success, warning, danger, info."""
    colours: dict[str, str] = defaultdict(lambda: "default", kinds)

    @display(description=label, ordering=order or path, label=colours)
    def column(_admin: Any, row: models.Model) -> tuple[str, str]:
        holder, _, name = path.rpartition(".")
        owner = follow(row, holder) if holder else row
        return getattr(owner, name), str(getattr(owner, f"get_{name}_display")())

    return column


def link(path: str, label: Words, *, order: str | None = None) -> Column:
    """Print another row's name, linked to its page."""

    @admin.display(description=label, ordering=order or path.replace(".", "__"))
    def column(_admin: Any, row: models.Model) -> str:
        return link_to(follow(row, path))

    return column


def link_to(row: models.Model | None, text: str | None = None) -> str:
    """Return the link to a row's page in the admin; plain text for a model that has none."""
    if row is None:
        return NOTHING
    try:
        url = change_url(row)
    except NoReverseMatch:
        return text or str(row)
    return format_html('<a class="vg-link" href="{}">{}</a>', url, text or str(row))


def change_url(row: models.Model) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def list_url(model: type[models.Model], query: str = "") -> str:
    meta = model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return f"{url}?{query}" if query else url


def follow(row: Any, path: str) -> Any:
    """Read `allocation.vehicle.plate` from a row; None where the chain breaks."""
    for name in path.split("."):
        row = getattr(row, name, None)
    return row
