"""The rows of the search page as HTML: a list that everybody asks for, at a tenth of a template's cost."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rentals.bookings.selectors.search import StationOffer
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import ICON_OF_KIND, icon_html, km

# As many models are named; the rest are dots.
MODELS_NAMED = 4
# From so many free vehicles on nobody needs to hurry.
MANY = 3
ANY_SLUG = "x"

ROW = """
<li><div class="station">
    <div class="station-text">
        <h2 class="as-h3"><a class="station-name" href="{href}">{name}</a></h2>
        <p class="muted small">{where}</p>
        <p class="small station-models">{models}</p>{note}
    </div>
    <div class="station-price"><p>{price}</p><span class="tag tag-{kind}">{icon}{count}</span></div>
</div></li>"""
NOTE = '<p class="muted small">{}</p>'


def result_rows(found: Iterable[StationOffer], query: str, *, shows_distance: bool = True) -> SafeString:
    """Return stations with vehicles as list items; `query` carries the period to their pages."""
    icons = {kind: icon_html(ICON_OF_KIND[kind]) for kind in ("ok", "warn")}
    far, narrow = _("cách %(distance)s"), _("đang hạn chế đặt trước")
    furthest = _("có xe đi được khoảng %(range)s khi nhận")
    from_price = _('<span class="muted small">từ</span> <span class="price">%(price)s</span>')
    # A slug needs no quoting, so one address serves for all.
    before, after = reverse("rentals:station-detail", args=[ANY_SLUG]).rsplit(ANY_SLUG, 1)
    rows = []
    for station in found:
        where, free = station.station.address, station.free
        if shows_distance:
            where = f"{where} · {far % {'distance': km(station.distance_km)}}"
        at_pickup = max((offer.at_pickup.range_km for offer in station.offers if offer.at_pickup), default=0)
        notes = [furthest % {"range": km(at_pickup)}] if at_pickup else []
        if station.is_narrow:
            notes.append(narrow)
        kind = "ok" if free >= MANY else "warn"
        rows.append(
            format_html(
                ROW,
                href=f"{before}{station.station.slug}{after}?{query}",
                name=station.station.name,
                where=where,
                models=_models_of(station),
                note=format_html(NOTE, " · ".join(notes)) if notes else "",
                # The price is digits and a sign of ours.
                price=SafeString(from_price % {"price": format_dong(station.cheapest or 0)}),
                kind=kind,
                icon=icons[kind],
                count=ngettext("%(count)s xe trống", "%(count)s xe trống", free) % {"count": free},
            )
        )
    # Each row is escaped above.
    return mark_safe("".join(rows))  # noqa: S308


def _models_of(station: StationOffer) -> str:
    names = ", ".join(offer.model.name for offer in station.offers[:MODELS_NAMED])
    return f"{names} …" if len(station.offers) > MODELS_NAMED else names
