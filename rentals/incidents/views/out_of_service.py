"""A vehicle that cannot be given: say why, see what becomes of whom, agree; and back again."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import ReasonForm, refuse
from rentals.handovers.selectors import vehicles_at
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.incidents import services
from rentals.incidents.forms import OutOfServiceForm
from rentals.incidents.services.out_of_service import OutOfServicePlan, from_now
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from voltgo.core.errors import DomainError

AGREED = "agreed"


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def vehicle_maintenance(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Take a vehicle out of service after a look at what that means; or put it back."""
    vehicle = get_object_or_404(vehicles_at(desk.station), code=code)
    if vehicle.condition == Condition.MAINTENANCE:
        return _back(request, desk, vehicle)
    form = OutOfServiceForm(posted(request))
    if request.method != "POST" or not form.is_valid():
        return _ask(request, desk, vehicle, form)
    try:
        period = from_now(form.moment())
        plan = services.preview_out_of_service(vehicle=vehicle, period=period)
        # Nothing is done to a renter that was not shown in just this way.
        if request.POST.get(AGREED) != _shown(plan):
            return _ask(request, desk, vehicle, form, plan)
        done = services.take_out_of_service(
            vehicle=vehicle, period=period, reason=form.cleaned_data["reason"], by=desk.actor
        )
    except DomainError as error:
        refuse(form, error)
        return _ask(request, desk, vehicle, form)
    messages.success(request, _summary(vehicle, sum(fate.is_settled for fate in done.fates)))
    return redirect("station:incident-detail", code=done.incident.code)


def _shown(plan: OutOfServicePlan) -> str:
    """Return what a plan does to whom, to tell it from another."""
    said = [
        f"{fate.booking.code} {fate.ending} {fate.vehicle.code if fate.vehicle else '-'} {fate.refund}"
        for fate in plan.fates
    ]
    return ", ".join(said) or "nobody"


def _summary(vehicle: Vehicle, settled: int) -> str:
    if not settled:
        return _("%(plate)s đã ngừng phục vụ.") % {"plate": vehicle.plate}
    return ngettext(
        "%(plate)s đã ngừng phục vụ; %(count)d lượt đặt đã được lo liệu.",
        "%(plate)s đã ngừng phục vụ; %(count)d lượt đặt đã được lo liệu.",
        settled,
    ) % {"plate": vehicle.plate, "count": settled}


def _ask(
    request: HttpRequest,
    desk: Desk,
    vehicle: Vehicle,
    form: OutOfServiceForm,
    plan: OutOfServicePlan | None = None,
) -> HttpResponse:
    """Ask why and until when, or show what that means and ask to agree."""
    context: dict[str, Any] = {"vehicle": vehicle, "form": form, "plan": plan, "until": None}
    if plan is not None:
        context |= {"until": form.moment(), "shown": _shown(plan)}
        context["has_changed"] = request.POST.get(AGREED, context["shown"]) != context["shown"]
        # The second form carries what the first one said.
        context["said"] = {name: request.POST.get(name, "") for name in ("reason", "day", "time")}
    template = "station/vehicle/out_of_service.html" if plan else "station/vehicle/maintenance.html"
    return page(request, desk, template, context, status=UNPROCESSABLE if form.errors else 200)


def _back(request: HttpRequest, desk: Desk, vehicle: Vehicle) -> HttpResponse:
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.put_back_in_service(vehicle=vehicle, reason=form.cleaned_data["reason"], by=desk.actor)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("%(plate)s đã về khâu chuẩn bị.") % {"plate": vehicle.plate})
            return redirect("station:vehicle-prepare", code=vehicle.code)
    context = {"vehicle": vehicle, "form": form}
    status = UNPROCESSABLE if form.errors else 200
    return page(request, desk, "station/vehicle/maintenance.html", context, status=status)
