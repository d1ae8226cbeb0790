"""Columns of lists and read-only fields: money, states as tags, links to other pages.

Each returns what `list_display` and `readonly_fields` take as a method of a ModelAdmin.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, cast

from django.apps import apps
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from voltgo.core import clock
from voltgo.core.money import format_dong

Column = Callable[[Any, Any], Any]
Method = TypeVar("Method", bound=Column)

NOTHING = "–"


def column(
    label: StrOrPromise, *, order: str | None = None, colours: Mapping[Any, str] | None = None
) -> Callable[[Method], Method]:
    """Mark a method as a column: its heading, what it sorts by, and with `colours` that it is a tag.

    A tag's method returns (key, text); `colours` maps keys to success, warning, danger or info. No text,
    no tag.
    """

    def mark(method: Method) -> Method:
        marked: Any = method if colours is None else _tagged(method, colours)
        marked.short_description = label
        if order:
            marked.admin_order_field = order
        return cast("Method", marked)

    return mark


def _tagged(method: Column, colours: Mapping[Any, str]) -> Column:
    """Wrap a method that returns (key, text), so that lists and pages show the text as a tag."""

    @wraps(method)
    def tagged(admin: Any, row: Any) -> str:
        key, text = method(admin, row)
        return tag_html(str(text), colours.get(key, "")) if text else NOTHING

    return tagged


def tag_html(text: str, colour: str = "") -> str:
    """Return a tag; its colour is success, warning, danger, info or none."""
    return format_html('<span class="vg-tag{}">{}</span>', f" vg-tag--{colour}" if colour else "", text)


def dong(path: str, label: StrOrPromise, *, order: str | None = None) -> Column:
    """Print whole dong: `1.250.000 ₫`. An amount that no column holds cannot be sorted: pass `order=""`."""

    @column(label, order=path.replace(".", "__") if order is None else order)
    def amount(_admin: Any, row: models.Model) -> str:
        value = follow(row, path)
        return NOTHING if value is None else format_dong(value)

    return amount


def name_of(reference: str) -> str:
    """Return what people call a reference: `booking:VG-7K2M4Q` is VG-7K2M4Q; a mere number keeps its prefix."""
    _prefix, _, name = reference.partition(":")
    return reference if not name or name.isdecimal() else name


def named(path: str = "reference") -> Column:
    """Print a reference without its prefix; it sorts by the whole."""

    @column(_("tham chiếu"), order=path)
    def name(_admin: Any, row: models.Model) -> str:
        return name_of(str(follow(row, path) or "")) or NOTHING

    return name


def percent(path: str, label: StrOrPromise, *, order: str | None = None) -> Column:
    """Print a percentage."""

    @column(label, order=order or path.replace(".", "__"))
    def share(_admin: Any, row: models.Model) -> str:
        value = follow(row, path)
        return NOTHING if value is None else f"{value}\u00a0%"

    return share


def moment(path: str, label: StrOrPromise, *, order: str | None = None) -> Column:
    """Print a moment in Vietnam on one line: `08:00 18/11/2026`."""

    @column(label, order=order or path.replace(".", "__"))
    def at(_admin: Any, row: models.Model) -> str:
        value = follow(row, path)
        return (
            NOTHING
            if value is None
            else format_html('<span class="vg-nowrap">{}</span>', f"{clock.local(value):%H:%M %d/%m/%Y}")
        )

    return at


def tag(path: str, label: StrOrPromise, colours: Mapping[Any, str], *, order: str | None = None) -> Column:
    """Print a choice as a coloured tag."""

    @column(label, order=order or path.replace(".", "__"), colours=colours)
    def choice(_admin: Any, row: models.Model) -> tuple[str, str]:
        holder, _, name = path.rpartition(".")
        owner = follow(row, holder) if holder else row
        if owner is None:
            return "", ""
        return getattr(owner, name), str(getattr(owner, f"get_{name}_display")())

    return choice


def link(path: str, label: StrOrPromise, *, order: str | None = None, text: str = "") -> Column:
    """Print another row's name (or its attribute `text`), linked to its page."""

    @column(label, order=order or path.replace(".", "__"))
    def other(_admin: Any, row: models.Model) -> str:
        target = follow(row, path)
        return link_to(target, str(getattr(target, text)) if text and target is not None else None)

    # A row's own link may not stand around another one, see `OperatorAdmin.get_list_display_links`.
    marked: Any = other
    marked.is_link = True
    return other


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


def link_to_list(model: type[models.Model] | str, query: str, text: str) -> str:
    """Return the link to a filtered list; the model may be named, "stations.Vehicle"."""
    found = apps.get_model(model) if isinstance(model, str) else model
    return format_html('<a class="vg-link" href="{}">{}</a>', list_url(found, query), text)
