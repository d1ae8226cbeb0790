"""The station's vehicles: list, ready gate, back to preparation. Out of service: rentals/incidents/views."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import PrepareForm, ReasonForm, refuse
from rentals.handovers.selectors import vehicles_at
from rentals.handovers.supply import supply_lines
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from stations.checklists.enums import Purpose
from stations.checklists.selectors import checklist_for
from stations.fleet import services as fleet
from stations.fleet.enums import Condition
from stations.fleet.errors import BatteryOutOfRange, BatteryTooLow, ChecklistIncomplete
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.errors import DomainError

FORM_METHODS = ["GET", "HEAD", "POST"]
TABS = (
    ("", gettext_lazy("Tất cả")),
    (Condition.PREPARATION, gettext_lazy("Cần chuẩn bị")),
    (Condition.READY, gettext_lazy("Sẵn sàng")),
    (Condition.ON_RENTAL, gettext_lazy("Đang cho thuê")),
    (Condition.MAINTENANCE, gettext_lazy("Bảo dưỡng")),
)
FIELD_OF: dict[type[DomainError], str] = {
    ChecklistIncomplete: "checked",
    BatteryTooLow: "battery_percent",
    BatteryOutOfRange: "battery_percent",
}


@require_safe
@at_desk
def vehicle_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the station's vehicles with condition, battery and next booking."""
    condition = request.GET.get("condition", "")
    everyone = vehicles_at(desk.station)
    counts = dict(everyone.order_by().values_list("condition").annotate(number=Count("pk")))
    vehicles = everyone.filter(condition=condition) if condition in Condition.values else everyone
    address = reverse("station:vehicle-list")
    tabs = [
        {
            "label": label,
            "href": f"{address}?condition={code}" if code else address,
            "current": code == (condition if condition in Condition.values else ""),
            "count": counts.get(code, 0) if code else sum(counts.values()),
        }
        for code, label in TABS
    ]
    context = {"vehicles": vehicles, "tabs": tabs, "supply": supply_lines(desk.station)}
    return page(request, desk, "station/vehicle/list.html", context)


@require_http_methods(FORM_METHODS)
@at_desk
def vehicle_prepare(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Check a vehicle point by point and call it ready."""
    vehicle = _vehicle_at(desk, code)
    checklist = checklist_for(purpose=Purpose.PREPARATION, model=vehicle.model, on=clock.today())
    form = PrepareForm(
        posted(request), items=checklist.items, initial={"battery_percent": vehicle.battery_percent}
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            fleet.mark_ready(vehicle=vehicle, user=desk.user, by=desk.actor, **values)
        except DomainError as error:
            refuse(form, error, FIELD_OF.get(type(error)))
        else:
            messages.success(request, _("%(plate)s đã sẵn sàng.") % {"plate": vehicle.plate})
            return redirect("station:vehicle-list")
    return _vehicle_page(request, desk, vehicle, "station/vehicle/prepare.html", form)


@require_http_methods(FORM_METHODS)
@at_desk
def vehicle_unready(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Send a ready vehicle back to preparation."""
    vehicle = _vehicle_at(desk, code)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            fleet.back_to_preparation(vehicle=vehicle, reason=form.cleaned_data["reason"], by=desk.actor)
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("station:vehicle-prepare", code=vehicle.code)
    return _vehicle_page(request, desk, vehicle, "station/vehicle/unready.html", form)


def _vehicle_at(desk: Desk, code: str) -> Vehicle:
    return get_object_or_404(vehicles_at(desk.station), code=code)


def _vehicle_page(
    request: HttpRequest, desk: Desk, vehicle: Vehicle, template: str, form: Any
) -> HttpResponse:
    context = {"vehicle": vehicle, "form": form}
    return page(request, desk, template, context, status=UNPROCESSABLE if form.errors else 200)
