"""The landing page and the search results."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from rentals.bookings import periods
from rentals.bookings.forms import SearchForm
from rentals.bookings.selectors.availability import Place
from rentals.bookings.selectors.instead import instead_of
from rentals.bookings.selectors.places import search_places
from rentals.bookings.selectors.search import SearchResult, open_now, search
from rentals.bookings.views.results import closed_rows, other_rows, result_rows
from voltgo.core.clock import Period

OPEN_NOW_SHOWN = 6
FILTERS = ("kind", "seats", "range", "licence")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the search and the stations that are open at this moment."""
    form = SearchForm(request.GET, places=search_places(request.GET.get("where", "")), user=request.user)
    city = form.city
    now_open = open_now(Place.in_city(city)) if city else []
    context = {
        "form": form,
        "city": city,
        "cities": form.cities.values(),
        "open_now": now_open[:OPEN_NOW_SHOWN],
        "open_count": len(now_open),
    }
    return render(request, "rentals/bookings/home.html", context)


@require_safe
def station_list(request: HttpRequest) -> HttpResponse:
    """Show what is free where: nearest first, as a list or on a map."""
    form = SearchForm(request.GET, places=search_places(request.GET.get("where", "")), user=request.user)
    criteria = form.criteria
    context: dict[str, Any] = {"form": form, "is_map": request.GET.get("view") == "map"}
    if criteria is not None:
        result = search(criteria)
        context |= _found(request, form, result)
        if not context["free"]:
            context |= _instead(request, form, result)
    return render(request, "rentals/bookings/station_list.html", context)


def _found(request: HttpRequest, form: SearchForm, result: SearchResult) -> dict[str, Any]:
    period, free = result.criteria.period, result.free
    query = periods.as_query(period, **({"kind": result.criteria.kind} if result.criteria.kind else {}))
    return {
        "period": period,
        "query": query,
        "heading": _("Xe điện trống %(place_label)s") % {"place_label": form.place_label},
        "free_words": ngettext("%(count)s xe trống", "%(count)s xe trống", free) % {"count": free},
        "free": free,
        "found": result_rows(result.with_vehicles, query, shows_distance=not form.is_whole_city),
        "empty_count": len(result.empty),
        "empty": other_rows(result.empty, query, is_empty=True),
        "paused": other_rows(result.paused, query, is_empty=False),
        "closed": closed_rows(result.closed),
        "pins": _pins(result, query) if _is_map(request) else [],
        "tabs": [
            {
                "label": _("Danh sách"),
                "href": _with(request, view=""),
                "current": not _is_map(request),
                "count": None,
            },
            {
                "label": _("Bản đồ"),
                "href": _with(request, view="map"),
                "current": _is_map(request),
                "count": None,
            },
        ],
    }


def _instead(request: HttpRequest, form: SearchForm, result: SearchResult) -> dict[str, Any]:
    instead = instead_of(result.criteria)
    has_no_station = not result.open and not result.closed
    has_filters = any(request.GET.get(name) for name in FILTERS)
    return {
        "without_filters": _with(request, **dict.fromkeys(FILTERS, "")) if has_filters else "",
        "instead": instead,
        "elsewhere": result_rows(instead.stations, periods.as_query(result.criteria.period)),
        "cities": [
            {"name": city, "href": _with(request, where=f"city:{slug}", lat="", lon="")}
            for slug, city in form.cities.items()
        ]
        if has_no_station
        else [],
        "other_times": [
            {"period": period, "href": _with_period(request, period)} for period in instead.periods
        ],
    }


def _is_map(request: HttpRequest) -> bool:
    return request.GET.get("view") == "map"


def _with(request: HttpRequest, **changes: str) -> str:
    """Return this page's address with other values; an empty one is left out."""
    kept = [(name, value) for name, values in request.GET.lists() if name not in changes for value in values]
    return f"?{urlencode([*kept, *((name, value) for name, value in changes.items() if value)])}"


def _with_period(request: HttpRequest, period: Period) -> str:
    return _with(request, **periods.as_values(period))


def _pins(result: SearchResult, query: str) -> list[dict[str, Any]]:
    """Return the stations as the map wants them."""
    return [
        {
            "name": found.station.name,
            "address": found.station.address,
            "lat": found.station.latitude,
            "lon": found.station.longitude,
            "free": found.free,
            "url": f"{reverse('rentals:station-detail', args=[found.station.slug])}?{query}",
        }
        for found in result.open
    ]
