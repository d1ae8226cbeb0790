"""How the figures of the review are written."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()

MINUTE, HOUR = 60, 3600
# Below this a second more or less matters.
FEW_SECONDS = 10


@register.filter
def span(seconds: float | None) -> str:
    """Print a span of time: `1,4 giây`, `42 giây`, `12 phút`, `3 giờ`."""
    if seconds is None:
        return "–"
    if seconds < FEW_SECONDS:
        return _("%(count)s giây") % {"count": number_format(seconds, 1)}
    if seconds < 2 * MINUTE:
        return _("%(count)s giây") % {"count": round(seconds)}
    if seconds < 2 * HOUR:
        return _("%(count)s phút") % {"count": round(seconds / MINUTE)}
    return _("%(count)s giờ") % {"count": round(seconds / HOUR)}


@register.filter
def share(percent: float | None) -> str:
    return "–" if percent is None else f"{percent:.0f}%"


@register.filter
def places(names: str) -> str:
    """Print where reviews were made: `admin,tablet`."""
    words = {"admin": _("văn phòng"), "tablet": _("tại trạm")}
    return ", ".join(words.get(name, name) for name in names.split(",") if name)
