"""What has to be prepared and charged, most needed first; plugging in and out."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import refuse
from rentals.handovers.views.pages import UNPROCESSABLE, page
from rentals.yard.forms import BatteryForm
from rentals.yard.selectors import queue_of, standing_at
from stations.charging_queue import services
from stations.charging_queue.models import ChargingStint
from stations.fleet.models import Vehicle
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled


@require_safe
@at_desk
def vehicle_queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what has to be prepared or charged at the station."""
    return _page(request, desk)


@require_POST
@at_desk
@throttled("yard")
def vehicle_plug(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _step(request, desk, code, services.plug_in, _("%(plate)s đang sạc."))


@require_POST
@at_desk
@throttled("yard")
def vehicle_unplug(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _step(request, desk, code, services.unplug, _("%(plate)s đã rút sạc."))


def _step(
    request: HttpRequest, desk: Desk, code: str, do: Callable[..., ChargingStint], words: str
) -> HttpResponse:
    vehicle = get_object_or_404(standing_at(desk.station), code=code)
    form = BatteryForm(request.POST, auto_id=f"id_{vehicle.code}_%s")
    if not form.is_valid():
        return _page(request, desk, vehicle, form, status=UNPROCESSABLE)
    try:
        do(
            vehicle=vehicle,
            percent=form.cleaned_data["battery_percent"],
            user=desk.user,
            by=desk.actor,
            key=form.cleaned_data["key"],
        )
    except DomainError as error:
        refuse(form, error)
        return _page(request, desk, vehicle, form, status=error.status)
    messages.success(request, words % {"plate": vehicle.plate})
    return redirect("station:vehicle-queue")


def _page(
    request: HttpRequest,
    desk: Desk,
    vehicle: Vehicle | None = None,
    refused: BatteryForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    rows: list[dict[str, Any]] = [
        {"row": row, "form": refused if vehicle and row.vehicle.pk == vehicle.pk else _form(row)}
        for row in queue_of(desk.station)
    ]
    context = {"rows": rows, "refused": refused, "late": sum(each["row"].is_late for each in rows)}
    return page(request, desk, "station/yard/queue.html", context, status=status)


def _form(row: Any) -> BatteryForm:
    initial = {"battery_percent": row.charging.percent, "key": uuid4().hex}
    return BatteryForm(initial=initial, auto_id=f"id_{row.vehicle.code}_%s")
