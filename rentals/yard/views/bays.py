"""The bays of a station: which vehicle stands where, and where one is put by tapping."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.views.pages import page
from rentals.yard.selectors import standing_at, yard_of
from stations.bays.models import Bay
from stations.fleet import services as fleet
from stations.fleet.models import Vehicle
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled


@require_safe
@at_desk
def bay_map(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show the bays; with `?vehicle=` a vehicle has been chosen, and free bays can be tapped."""
    code = request.GET.get("vehicle", "")
    chosen = get_object_or_404(standing_at(desk.station), code=code) if code else None
    return _page(request, desk, chosen)


@require_POST
@at_desk
@throttled("yard")
def bay_park(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Put a vehicle of the station into one of its bays."""
    vehicle = get_object_or_404(standing_at(desk.station), code=request.POST.get("vehicle", ""))
    number = request.POST.get("bay", "")
    if not number.isdecimal():
        raise Http404
    bay = get_object_or_404(Bay, station=desk.station, number=number)
    try:
        fleet.park_in_bay(vehicle=vehicle, bay=bay, by=desk.actor)
    except DomainError as error:
        messages.error(request, str(error))
        return _page(request, desk, vehicle, status=error.status)
    messages.success(request, _("%(plate)s đứng ở chỗ %(bay)s.") % {"plate": vehicle.plate, "bay": bay.label})
    return redirect("station:bay-map")


@require_POST
@at_desk
@throttled("yard")
def bay_leave(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Note that a vehicle stands in no bay."""
    vehicle = get_object_or_404(standing_at(desk.station), code=request.POST.get("vehicle", ""))
    fleet.leave_bay(vehicle=vehicle, by=desk.actor)
    return redirect("station:bay-map")


def _page(request: HttpRequest, desk: Desk, chosen: Vehicle | None, *, status: int = 200) -> HttpResponse:
    context = {"yard": yard_of(desk.station), "chosen": chosen}
    return page(request, desk, "station/yard/bays.html", context, status=status)
