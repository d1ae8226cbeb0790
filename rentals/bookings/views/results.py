"""The rows of the search page, ready to print: a list of plain texts costs a tenth of includes and filters."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rentals.bookings.selectors.search import StationOffer
from voltgo.core.money import format_dong
from voltgo.core.templatetags.voltgo_ui import ICON_OF_KIND, icon_html, km

# As many models are named; the rest are dots.
MODELS_NAMED = 4
# From so many free vehicles on nobody needs to hurry.
MANY = 3


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One station of the results: everything in the words of the reader's language."""

    href: str
    name: str
    where: str
    models: str
    price: SafeString
    count: str
    kind: str
    icon: SafeString
    note: str


def result_rows(found: Iterable[StationOffer], query: str, *, shows_distance: bool = True) -> list[ResultRow]:
    """Return stations with vehicles as rows; `query` carries the period to their pages."""
    icons = {kind: icon_html(ICON_OF_KIND[kind]) for kind in ("ok", "warn")}
    far, narrow = _("cách %(distance)s"), _("đang hạn chế đặt trước")
    furthest = _("đi được khoảng %(range)s khi nhận xe")
    from_price = _('<span class="muted small">từ</span> <span class="price">%(price)s</span>')
    rows = []
    for station in found:
        kind = "ok" if station.free >= MANY else "warn"
        where = station.station.address
        if shows_distance:
            where = f"{where} · {far % {'distance': km(station.distance_km)}}"
        at_pickup = max((offer.at_pickup.range_km for offer in station.offers if offer.at_pickup), default=0)
        notes = [
            furthest % {"range": km(at_pickup)} if at_pickup else "",
            narrow if station.is_narrow else "",
        ]
        rows.append(
            ResultRow(
                f"{reverse('rentals:station-detail', args=[station.station.slug])}?{query}",
                station.station.name,
                where,
                _models_of(station),
                # The price is digits and a sign of ours.
                SafeString(from_price % {"price": format_dong(station.cheapest or 0)}),
                ngettext("%(count)s xe trống", "%(count)s xe trống", station.free) % {"count": station.free},
                kind,
                icons[kind],
                " · ".join(note for note in notes if note),
            )
        )
    return rows


def _models_of(station: StationOffer) -> str:
    names = ", ".join(offer.model.name for offer in station.offers[:MODELS_NAMED])
    return f"{names} …" if len(station.offers) > MODELS_NAMED else names
