"""The portal's components and the way it writes money, time and measures.

Leaf components are plain templates (`{% include "components/x.html" with ... only %}`); what wraps
other markup, or has to look at a form field, is a tag here. The gallery shows each of them.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from django import forms, template
from django.core.paginator import Page
from django.forms.boundfield import BoundField
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from voltgo.core.choices import Choices
from voltgo.core.clock import local
from voltgo.core.money import Dong, format_dong

register = template.Library()

NOTHING = "–"
WEEKDAYS = {
    "vi": ("T2", "T3", "T4", "T5", "T6", "T7", "CN"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
ICON_OF_KIND = {"ok": "circle-check", "warn": "triangle-alert", "bad": "circle-x", "info": "info"}
KIND_OF_MESSAGE = {"success": "ok", "warning": "warn", "error": "bad"}


# --- Money, time, measures ----------------------------------------------------------------------


@register.filter
def dong(amount: Dong | str | None) -> str:
    """Print whole dong, the same in both languages: `1.250.000 ₫`."""
    return NOTHING if amount is None or amount == "" else format_dong(int(amount))


def _is_english() -> bool:
    return (get_language() or "vi").startswith("en")


def weekday_names() -> tuple[str, ...]:
    """Return the short names of the days in the reader's language, Monday first."""
    return WEEKDAYS["en" if _is_english() else "vi"]


def _weekday(moment: date) -> str:
    return weekday_names()[moment.weekday()]


@register.filter
def clock(moment: datetime | None) -> str:
    """Print the time of day in Vietnam: `08:00`."""
    return f"{local(moment):%H:%M}" if moment else NOTHING


@register.filter
def day(moment: date | None) -> str:
    """Print the weekday and the date, in Vietnam's time: `T2 23/11/2026`."""
    if not moment:
        return NOTHING
    if isinstance(moment, datetime):
        moment = local(moment)
    return f"{_weekday(moment)} {moment:%d/%m/%Y}"


@register.filter
def when(moment: datetime | None) -> str:
    """Print a moment in Vietnam's time: `08:00 T2 23/11/2026`."""
    return f"{clock(moment)} {day(moment)}" if moment else NOTHING


@register.filter
def period(starts_at: datetime | None, ends_at: datetime | None) -> str:
    """Print two moments with the date once when both are on one day: `08:00 → 18:00 T2 23/11/2026`."""
    if not starts_at or not ends_at:
        return NOTHING
    start, end = local(starts_at), local(ends_at)
    if start.date() == end.date():
        return f"{start:%H:%M} → {when(end)}"
    start_day = f"{start:%d/%m}" if start.year == end.year else f"{start:%d/%m/%Y}"
    return f"{start:%H:%M} {_weekday(start)} {start_day} → {when(end)}"


@register.filter
def percent(value: float | Decimal | str | None) -> str:
    """Print a percentage without decimals: `92%`."""
    return NOTHING if value is None or isinstance(value, str) else f"{round(value)}%"


@register.filter
def km(value: float | Decimal | str | None) -> str:
    """Print a distance; below 10 km with one decimal unless it is whole: `84 km`, `1,2 km`."""
    if value is None or isinstance(value, str):
        return NOTHING
    decimals = 1 if value < 10 and value != int(value) else 0
    text = f"{value:,.{decimals}f}"
    if not _is_english():
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text}\u00a0km"


@register.filter
def duration(minutes: int | None) -> str:
    """Print minutes as people say them: `45 phút`, `10 giờ`, `1 giờ 30 phút`, `2 ngày 3 giờ`."""
    if minutes is None:
        return NOTHING
    hours, rest = divmod(int(minutes), 60)
    days, hours = divmod(hours, 24)
    parts = [
        _("%(count)s ngày") % {"count": days} if days else "",
        _("%(count)s giờ") % {"count": hours} if hours else "",
        _("%(count)s phút") % {"count": rest} if rest else "",
    ]
    return " ".join(part for part in parts if part) or _("%(count)s phút") % {"count": 0}


@register.filter
def message_kind(level_tag: str) -> str:
    """Return the note kind for a message's level."""
    return KIND_OF_MESSAGE.get(level_tag, "info")


@register.filter
def kind_icon(kind: str) -> str:
    """Return the icon that goes with a kind, so that colour never speaks alone."""
    return ICON_OF_KIND.get(kind, "")


# --- Small pieces -------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, size: str = "", label: str = "") -> SafeString:
    """Draw an icon of the sprite. It is hidden from screen readers unless it has a label."""
    return icon_html(str(name), str(size), str(label))


@lru_cache(maxsize=512)
def icon_html(name: str, size: str = "", label: str = "") -> SafeString:
    """Write an icon; a page has dozens of a few, so each is put together once."""
    look = f"icon icon-{size}" if size else "icon"
    role = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    address = f"{static('icons.svg')}#{name}"
    return format_html('<svg class="{}" {}><use href="{}"/></svg>', look, role, address)


@register.simple_tag(takes_context=True)
def active(context: Context, *prefixes: str) -> str:
    """Return `page` when the address is under one of the prefixes, for aria-current; else nothing."""
    request = context.get("request")
    path = request.path if request else ""
    return "page" if any(prefix and _is_under(prefix, path) for prefix in prefixes) else ""


def _is_under(prefix: str, path: str) -> bool:
    """Say whether a page is a section's first or stands below it; nothing stands below the site's first."""
    return path == prefix or (prefix != "/" and path.startswith(prefix))


@register.simple_tag(takes_context=True)
def active_route(context: Context, *routes: str) -> str:
    """Return the first of some routes that the page's address is under, for a menu; else nothing."""
    request = context.get("request")
    return next((route for route in routes if request and _is_under(_address(route), request.path)), "")


@cache
def _address(route: str) -> str:
    return reverse(route)


@register.simple_tag(takes_context=True)
def query_for_page(context: Context, number: int) -> str:
    """Return the query string of another page of the same list, filters kept."""
    request = context.get("request")
    query = request.GET.copy() if request else None
    if query is None:
        return f"?page={number}"
    query["page"] = str(number)
    return f"?{query.urlencode()}"


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(context: Context, page: Page[Any]) -> dict[str, Any]:
    """Draw previous and next links for a Page; nothing when there is only one page."""
    return {"page": page, "request": context.get("request")}


# --- Forms --------------------------------------------------------------------------------------


def _shape(bound: BoundField) -> str:
    """Return which template draws the field."""
    widget = bound.field.widget
    shapes = (
        # Before RadioSelect, of which Django made it a subclass.
        (forms.CheckboxSelectMultiple, "checks"),
        (forms.RadioSelect, "choices"),
        (forms.CheckboxInput, "check"),
        (forms.MultiWidget, "group"),
    )
    return next((shape for kind, shape in shapes if isinstance(widget, kind)), "field")


@register.simple_tag
def field(
    bound: BoundField,
    *,
    label: str = "",
    hint: str | None = None,
    unit: str = "",
    show_optional: bool = True,
    **attrs: Any,
) -> SafeString:
    """Draw a form field with its label, hint and error, tied together for screen readers.

    `label` and `hint` replace the form's own; an empty hint drops it.
    Other keyword arguments become attributes of the control; write `_` for `-` (`data_autosubmit`).
    """
    if bound.is_hidden:
        return SafeString(bound)
    shape = _shape(bound)
    is_bare = not (hint or unit or bound.field.help_text or bound.errors)
    if is_bare and shape in {"field", "choices"} and (bound.field.required or not show_optional):
        # Most fields, most of the time: the same HTML as the template's, at a tenth of its cost.
        bound.help_text = ""
        draw = _plain_field if shape == "field" else _plain_choices
        return _plain(bound, label or str(bound.label), attrs, draw)
    attributes: dict[str, Any] = {name.replace("_", "-"): value for name, value in attrs.items()}
    if shape in {"field", "group"}:
        attributes["class"] = f"input {attributes.get('class', '')}".strip()
    if hint is not None:
        # Set on the field, so that Django ties it to the control as it does with its own help text.
        bound.help_text = hint
    context = {
        "field": bound,
        "control": bound.as_widget(attrs=attributes) if shape in {"field", "check", "group"} else "",
        "options": list(bound) if shape in {"choices", "checks"} else [],
        "label": label or bound.label,
        "hint": bound.help_text,
        "unit": unit,
        "optional": show_optional and not bound.field.required,
    }
    return render_to_string(f"components/fields/{shape}.html", context)


def _plain(
    bound: BoundField, label: str, attrs: dict[str, Any], draw: Callable[..., SafeString]
) -> SafeString:
    """Draw a field without hint or error; once only, where its choices are the same on every form."""
    choices, value = getattr(bound.field, "choices", None), bound.value()
    if not isinstance(choices, Choices) or attrs or bound.field.disabled or not choices.keeps(value):
        return draw(bound, label, attrs)
    key = (type(bound.form), bound.html_name, bound.auto_id, label, bound.field.required, value)
    # What was drawn is HTML.
    return mark_safe(choices.kept(key, lambda: draw(bound, label, attrs)))  # noqa: S308


def _plain_field(bound: BoundField, label: str, attrs: dict[str, Any]) -> SafeString:
    attrs["class"] = f"input {attrs.get('class', '')}".strip()
    control = bound.as_widget(attrs={name.replace("_", "-"): value for name, value in attrs.items()})
    # The control is HTML already.
    return mark_safe(  # noqa: S308
        f'<div class="field"><label for="{bound.id_for_label}">{conditional_escape(label)}</label>{control}</div>'
    )


def _plain_choices(bound: BoundField, label: str, _attrs: dict[str, Any]) -> SafeString:
    buttons = format_html_join(
        "",
        '<label class="choice">{}<span class="choice-text">{}</span></label>',
        ((option.tag(), option.choice_label) for option in bound),
    )
    group = (
        '<fieldset class="field"><legend class="legend">{}</legend><div class="choices">{}</div></fieldset>'
    )
    return format_html(group, label, buttons)


@register.inclusion_tag("components/fields/all.html")
def fields(form: forms.BaseForm) -> dict[str, Any]:
    """Draw every field of a form in order, hidden ones included. The error summary is separate."""
    return {"form": form}


@register.inclusion_tag("components/error_summary.html")
def form_errors(*bound_forms: forms.BaseForm | str | None) -> dict[str, Any]:
    """Draw the error summary of one or more forms: focused on load, each line a link to its field.

    A layout may ask for the errors of a form that its page does not have; a template makes "" of that.
    """
    present = [form for form in bound_forms if isinstance(form, forms.BaseForm)]
    return {"lines": [line for form in present for line in _error_lines(form)]}


def _error_lines(form: forms.BaseForm) -> Iterable[dict[str, str]]:
    if not form.is_bound:
        return
    for error in form.non_field_errors():
        yield {"href": "", "text": str(error)}
    for bound in form:
        # A group of radios or checkboxes is entered at its first control.
        target = f"{bound.auto_id}_0" if _shape(bound) in {"choices", "checks", "group"} else bound.auto_id
        # What stands beside a box is a sentence, often a long one: what is wrong says enough by itself.
        is_sentence = isinstance(bound.field, forms.BooleanField)
        for error in bound.errors:
            text = str(error) if is_sentence else f"{bound.label}: {error}"
            yield {"href": "" if bound.is_hidden else f"#{target}", "text": text}


# --- Wrappers -----------------------------------------------------------------------------------


@register.simple_block_tag
def card(content: str, title: str = "", *, level: int = 2, kind: str = "", id: str = "") -> SafeString:  # noqa: A002
    """Wrap content in a card; `kind` is any of flat, tight, sunken."""
    classes = " ".join(["card", *(f"card-{name}" for name in kind.split())])
    return render_to_string(
        "components/card.html",
        {"content": content, "title": title, "level": level, "classes": classes, "id": id},
    )


@register.simple_block_tag
def note(content: str, kind: str = "info", *, title: str = "", role: str = "") -> SafeString:
    """Wrap content in a note; `kind` is info, ok, warn or bad, and brings its icon."""
    return render_to_string(
        "components/note.html", {"content": content, "kind": kind, "title": title, "role": role}
    )


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:  # noqa: A002
    """Wrap content in a modal dialog. Open it from a link that also works as a page: `data-dialog-open="id"`."""
    return render_to_string("components/dialog.html", {"content": content, "id": id, "title": title})


@register.simple_block_tag
def table(content: str, caption: str, *, show_caption: bool = True) -> SafeString:
    """Wrap thead and tbody in a table that scrolls sideways by itself and can be reached by keyboard."""
    return render_to_string(
        "components/table.html",
        {"content": content, "caption": caption, "show_caption": show_caption},
    )


@register.simple_block_tag
def empty_state(content: str, title: str, *, icon: str = "search", level: int = 2) -> SafeString:
    """Wrap what to do next when a list is empty."""
    return render_to_string(
        "components/empty_state.html",
        {"content": content, "title": title, "icon": icon, "level": level},
    )
