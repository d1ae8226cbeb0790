"""The lists of the search page as HTML: everybody asks for them, and a template for each row is ten times as dear.

Whatever comes from the database goes through `escape`; nothing else of a row is anything but words of ours.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rentals.bookings import periods
from rentals.bookings.selectors.search import ClosedStation, StationOffer
from stations.network.models import Station
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import ICON_OF_KIND, icon_html, km, period

# As many models are named; the rest are dots.
MODELS_NAMED = 4
# From so many free vehicles on nobody needs to hurry.
MANY = 3
# Nearer than this it is the place itself.
HERE_KM = 0.05
ANY_SLUG = "x"


def result_rows(found: Iterable[StationOffer], query: str, *, shows_distance: bool = True) -> SafeString:
    """Return stations with vehicles as list items; `query` carries the period to their pages."""
    write = _RowWriter(query, shows_distance=shows_distance)
    return _safe(write(station) for station in found)


class _RowWriter:
    """Writes one row after the other; what all of them have in common is put together once."""

    def __init__(self, query: str, *, shows_distance: bool) -> None:
        self._address = _addresses(query)
        self._icons = {kind: icon_html(ICON_OF_KIND[kind]) for kind in ("ok", "warn")}
        self._far = " · " + _("cách %(distance)s") if shows_distance else ""
        self._price = _('<span class="muted small">từ</span> <span class="price">%(price)s</span>')
        self._count: Callable[[int], str] = cache(_vehicles)

    def __call__(self, found: StationOffer) -> str:
        station, free = found.station, found.free
        where = station.address
        if self._far and found.distance_km >= HERE_KM:
            where += self._far % {"distance": km(found.distance_km)}
        kind = "ok" if free >= MANY else "warn"
        return f"""
<li><div class="station">
    <div class="station-text">
        <h2 class="as-h3"><a class="station-name" href="{self._address(station)}">{escape(station.name)}</a></h2>
        <p class="muted small">{escape(where)}</p>
        <p class="small station-models">{escape(_models_of(found))}</p>{_note_on(found)}
    </div>
    <div class="station-price"><p>{self._price % {"price": format_dong(found.cheapest or 0)}}</p>\
<span class="tag tag-{kind}">{self._icons[kind]}{self._count(free)}</span></div>
</div></li>"""


def _vehicles(count: int) -> str:
    return escape(ngettext("%(count)s xe trống", "%(count)s xe trống", count) % {"count": count})


def _note_on(found: StationOffer) -> str:
    """Say how far its vehicles go where that was asked, and that less than what stands there can be booked."""
    furthest = max((offer.at_pickup.range_km for offer in found.offers if offer.at_pickup), default=0)
    notes = [_("có xe đi được khoảng %(range)s khi nhận") % {"range": km(furthest)}] if furthest else []
    if found.is_narrow:
        notes.append(_("đang hạn chế đặt trước"))
    return f'<p class="muted small">{escape(" · ".join(notes))}</p>' if notes else ""


def _models_of(found: StationOffer) -> str:
    names = ", ".join(offer.model.name for offer in found.offers[:MODELS_NAMED])
    return f"{names} …" if len(found.offers) > MODELS_NAMED else names


def other_rows(found: Iterable[StationOffer], query: str, *, is_empty: bool) -> SafeString:
    """Return stations that have nothing to book as list items, as `components/station_row.html` draws them."""
    address, further = _addresses(query), icon_html("chevron-right")
    icon = icon_html(ICON_OF_KIND["bad"])
    tag = f'<span class="tag tag-bad">{icon}{escape(_("Hết xe"))}</span>' if is_empty else ""
    return _safe(
        f"""
<li><div class="station">
    <div class="station-text">
        <h3 class="as-h3"><a class="station-name" href="{address(each.station)}">{escape(each.station.name)}</a></h3>
        <p class="muted small">{escape(each.station.address)}</p>
    </div>
    {tag}{further}
</div></li>"""
        for each in found
    )


def closed_rows(found: Sequence[ClosedStation]) -> SafeString:
    """Return stations that are closed then as list items, each with a link to the nearest time it is open."""
    at_pickup, at_return = _("Đóng cửa lúc nhận xe"), _("Đóng cửa lúc trả xe")
    return _safe(
        f"""
<li class="card card-flat card-tight row spread">
    <div class="station-text">
        <p class="strong">{escape(each.station.name)}</p>
        <p class="muted small">{escape(at_pickup if each.is_closed_at_pickup else at_return)} · \
{escape(each.station.address)}</p>
    </div>
    {_nearest(each)}
</li>"""
        for each in found
    )


def _nearest(closed: ClosedStation) -> str:
    if closed.nearest is None:
        return ""
    href = _addresses(periods.as_query(closed.nearest))(closed.station)
    return f'<a href="{href}">{escape(period(closed.nearest.starts_at, closed.nearest.ends_at))}</a>'


def _addresses(query: str) -> Callable[[Station], str]:
    """Return what writes the address of a station's page, ready to stand in an attribute."""
    before, after = _around_slug()
    end = escape(f"{after}?{query}")
    return lambda station: f"{before}{escape(station.slug)}{end}"


@cache
def _around_slug() -> tuple[str, str]:
    # A slug needs no quoting, so one address serves for all.
    before, after = reverse("rentals:station-detail", args=[ANY_SLUG]).rsplit(ANY_SLUG, 1)
    return before, after


def _safe(rows: Iterable[str]) -> SafeString:
    # What every row says is escaped above.
    return mark_safe("".join(rows))  # noqa: S308
