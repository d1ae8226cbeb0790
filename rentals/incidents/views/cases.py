"""The incidents of a station: list, report, and what is done about each."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import refuse
from rentals.handovers.selectors import vehicles_at
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.incidents import services
from rentals.incidents.enums import INCIDENT, OPEN_INCIDENT_STATES, IncidentState
from rentals.incidents.forms import NoteForm, ReportForm, ResolveForm
from rentals.incidents.models import Incident
from rentals.incidents.selectors import incidents_at, open_incidents
from rentals.incidents.services.out_of_service import affected_bookings
from voltgo.core import clock, states
from voltgo.core.errors import DomainError

PAGE_SIZE = 20
# Step in the address -> where it leads, and the service that does it. Filing is the office's.
STEPS: dict[str, tuple[IncidentState, Callable[..., Incident]]] = {
    "triage": (IncidentState.TRIAGED, services.triage),
    "start": (IncidentState.IN_PROGRESS, services.start_work),
    "resolve": (IncidentState.RESOLVED, services.resolve_incident),
}


@require_safe
@at_desk
def incident_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what is open at the station, or with `?all=1` everything, newest first."""
    shows_all = request.GET.get("all") == "1"
    rows = (
        incidents_at(desk.station).order_by("-created_at", "-pk")
        if shows_all
        else open_incidents(desk.station)
    )
    address = reverse("station:incident-list")
    tabs = [
        {"label": _("Đang mở"), "href": address, "current": not shows_all},
        {"label": _("Tất cả"), "href": f"{address}?all=1", "current": shows_all},
    ]
    context = {"page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")), "tabs": tabs}
    return page(request, desk, "station/incident/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def incident_report(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Report what went wrong with a vehicle of the station."""
    initial = {"vehicle": request.GET.get("vehicle", "")}
    form = ReportForm(posted(request), vehicles=vehicles_at(desk.station), initial=initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        incident = services.open_incident(
            kind=values["kind"],
            vehicle=values["vehicle"],
            station=desk.station,
            note=values["note"],
            by=desk.actor,
        )
        messages.success(request, _("Đã ghi sự cố %(code)s.") % {"code": incident.code})
        return redirect("station:incident-detail", code=incident.code)
    status = UNPROCESSABLE if form.is_bound else 200
    return page(request, desk, "station/incident/report.html", {"form": form}, status=status)


@require_safe
@at_desk
def incident_detail(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _page(request, desk, _incident_at(desk, code))


@require_POST
@at_desk
def incident_step(request: HttpRequest, desk: Desk, code: str, step: str) -> HttpResponse:
    """Make one step of an incident's machine, with a word on it."""
    incident = _incident_at(desk, code)
    if step not in STEPS:
        raise Http404
    form = ResolveForm(request.POST) if step == "resolve" else NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, desk, incident, form=form, status=UNPROCESSABLE)
    _target, do = STEPS[step]
    words = {"resolution" if step == "resolve" else "note": form.cleaned_data["note"]}
    try:
        do(incident=incident, by=desk.actor, **words)
    except DomainError as error:
        refuse(form, error)
        return _page(request, desk, incident, form=form, status=error.status)
    return redirect("station:incident-detail", code=incident.code)


def _incident_at(desk: Desk, code: str) -> Incident:
    return get_object_or_404(incidents_at(desk.station), code=code)


def _page(
    request: HttpRequest,
    desk: Desk,
    incident: Incident,
    *,
    form: ResolveForm | NoteForm | None = None,
    status: int = 200,
) -> HttpResponse:
    kind = desk.actor.kind
    open_steps = {
        step for step, (target, _do) in STEPS.items() if INCIDENT.allows(incident.state, target, kind)
    }
    context: dict[str, Any] = {
        "incident": incident,
        "vehicle": incident.vehicle,
        "events": [
            (event, IncidentState(event.target).label) for event in states.events_of(INCIDENT, incident)
        ],
        "steps": open_steps,
        "is_open": incident.state in OPEN_INCIDENT_STATES,
        "keeps_out": incident.out_until is not None and incident.out_until > clock.now(),
        "waiting": affected_bookings(incident),
        "form": form,
        "resolve_form": form if isinstance(form, ResolveForm) else ResolveForm(),
    }
    return page(request, desk, "station/incident/detail.html", context, status=status)
