"""A station, a model at a station, one vehicle: what is free for the period, with its price and its rules."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from rentals.bookings import periods, presentation
from rentals.bookings.forms import PeriodForm
from rentals.bookings.rules import FURTHEST_AHEAD
from rentals.bookings.selectors.at_station import ModelHere, StationHere, model_here, offers_here
from rentals.bookings.selectors.calendar import month_of
from rentals.pricing.services import terms_of
from stations.fleet.enums import VehicleKind
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import openings_of
from voltgo.core import clock
from voltgo.core.clock import Period


def station_or_404(slug: str) -> Station:
    return get_object_or_404(Station.objects.active().select_related("city"), slug=slug)


def opening_of(station: Station) -> Opening:
    """Return the hours of one station, with the closures of the coming weeks."""
    now = clock.now().replace(microsecond=0)
    return openings_of([station.pk], Period(now, now + FURTHEST_AHEAD))[station.pk]


@require_safe
def station_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a station and the models that are free there for the period."""
    station = station_or_404(slug)
    opening = opening_of(station)
    kind = request.GET.get("kind", "")
    form = PeriodForm(request.GET, opening=opening, kind=kind if kind in VehicleKind.values else "")
    period = form.period
    here = offers_here(station, period) if period else StationHere([])
    shown = [offer for offer in here.offers if kind in {"", offer.model.kind}]
    context = {
        "station": station,
        "form": form,
        "period": period,
        "kind": kind,
        "offers": shown,
        "free": sum(offer.count for offer in shown),
        "is_narrow": bool(shown) and any(kind in {"", limited} for limited in here.limits),
        # One class of several that is paused hides nothing of the others.
        "is_paused": bool(here.paused_kinds) and (kind in here.paused_kinds or not (kind or shown)),
        "is_open": opening.is_open_at(clock.now()),
        "hours": presentation.hours_of(opening.week),
        "query": periods.as_query(period) if period else "",
        "kinds": _kinds(period, kind),
    }
    return render(request, "rentals/bookings/station_detail.html", context)


def _kinds(period: Period | None, chosen: str) -> list[dict[str, Any]]:
    """Return the tabs of vehicle kinds."""
    if period is None:
        return []
    return [
        {
            "label": label,
            "href": "?" + periods.as_query(period, **({"kind": kind} if kind else {})),
            "current": kind == chosen,
        }
        for kind, label in presentation.KINDS.items()
    ]


@require_safe
def model_detail(request: HttpRequest, slug: str, model_slug: str) -> HttpResponse:
    """Show a model at a station: figures, price lines for the period, rules, and its vehicles."""
    station = station_or_404(slug)
    model = get_object_or_404(VehicleModel, slug=model_slug)
    form = PeriodForm(request.GET, opening=opening_of(station), kind=model.kind)
    context = offer_context(station, model, form, month=month_in(request))
    return render(request, "rentals/bookings/model_detail.html", context)


@require_safe
def vehicle_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one vehicle of a station, to be booked as this very one."""
    vehicle = get_object_or_404(
        Vehicle.objects.in_service().select_related("model", "station__city"), code=code
    )
    if not vehicle.station.is_active:
        raise Http404
    form = PeriodForm(request.GET, opening=opening_of(vehicle.station), kind=vehicle.model.kind)
    context = offer_context(vehicle.station, vehicle.model, form, vehicle=vehicle, month=month_in(request))
    return render(request, "rentals/bookings/vehicle_detail.html", context)


def offer_context(
    station: Station,
    model: VehicleModel,
    form: PeriodForm,
    *,
    vehicle: Vehicle | None = None,
    month: date | None = None,
) -> dict[str, Any]:
    """Return what the page of a model or a vehicle shows; also used when a quote is refused."""
    period = form.period
    here = model_here(station, model, period) if period else None
    context: dict[str, Any] = {
        "station": station,
        "model": model,
        "vehicle": vehicle,
        "form": form,
        "period": period,
        "facts": presentation.facts_of(model),
    }
    wanted = period or periods.default_period(clock.now(), kind=model.kind, opening=form.opening)
    if form.opening is not None:
        shown = month_of(
            station,
            model,
            form.opening,
            month=month or clock.local(wanted.starts_at).date(),
            period=wanted,
            vehicle=vehicle,
            policy=form.policy,
        )
        context["calendar"] = presentation.calendar_of(shown, wanted)
    return context | _priced(here, period, vehicle) if period else context


def _priced(here: ModelHere | None, period: Period, vehicle: Vehicle | None) -> dict[str, Any]:
    context: dict[str, Any] = {"query": periods.as_query(period), "length": presentation.length_of(period)}
    if here is None:
        return context | {"has_no_price": True}
    is_free = here.has(vehicle) and not here.is_paused if vehicle else here.is_bookable
    return context | {
        "here": here,
        "is_free": is_free,
        "charge": here.charge_of(vehicle) if vehicle else here.best,
        "lines": presentation.price_lines(here.price.lines),
        "deposit": here.price.deposit,
        "rules": presentation.rules_of(period, terms_of(here.tariff)),
        "values": periods.as_values(period),
    }


def month_in(request: HttpRequest) -> date | None:
    """Return the month that the calendar was turned to, as `2026-12`; None if it was not, or is none."""
    try:
        return date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return None
