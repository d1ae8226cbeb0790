"""Tickets of a station, the jobs of a technician, and every step from the report to the file."""

from typing import Any
from uuid import uuid4

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
from rentals.incidents.models import Incident
from rentals.incidents.selectors import incidents_at
from rentals.incidents.services import hand_to_team
from rentals.yard.forms import FaultForm, HandOverForm
from rentals.yard.selectors import tickets_with_vehicles
from rentals.yard.ticket_steps import STEPS, open_steps
from stations.fleet.errors import BatteryOutOfRange, OdometerWentBack
from stations.maintenance import services
from stations.maintenance.access import jobs_of, may_see, serving
from stations.maintenance.enums import IN_CHARGE, TICKET, Severity, TicketState
from stations.maintenance.models import MaintenanceTicket, MobileTeam
from stations.network.models import StaffPost
from voltgo.core import states
from voltgo.core.errors import DomainError
from voltgo.core.images import PhotoRefused
from voltgo.core.throttled import throttled

PAGE_SIZE = 20
FIELD_OF: dict[type[DomainError], str] = {
    OdometerWentBack: "odometer_km",
    BatteryOutOfRange: "battery_percent",
    PhotoRefused: "photos",
}


@require_safe
@at_desk
def job_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what a technician has to do, most urgent first; a supervisor sees the station's."""
    mine = jobs_of(desk.user).open()
    if desk.post.role == StaffPost.Role.SUPERVISOR:
        mine = MaintenanceTicket.objects.open().filter(station=desk.station)
    rows = tickets_with_vehicles().filter(pk__in=mine.values("pk")).by_urgency()
    jobs = list(rows)
    context = {
        "taken": [job for job in jobs if job.assignee_id == desk.user.pk],
        "others": [job for job in jobs if job.assignee_id != desk.user.pk],
        "is_worker": desk.post.role != StaffPost.Role.ATTENDANT or bool(jobs),
    }
    return page(request, desk, "station/yard/jobs.html", context)


@require_safe
@at_desk
def ticket_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the station's open tickets, most urgent first, or with `?all=1` every one, newest first."""
    shows_all = request.GET.get("all") == "1"
    rows = tickets_with_vehicles().filter(station=desk.station)
    rows = rows.order_by("-pk") if shows_all else rows.open().by_urgency()
    address = reverse("station:ticket-list")
    tabs = [
        {"label": _("Đang mở"), "href": address, "current": not shows_all},
        {"label": _("Tất cả"), "href": f"{address}?all=1", "current": shows_all},
    ]
    context = {"page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")), "tabs": tabs}
    return page(request, desk, "station/yard/tickets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
@throttled("yard")
def ticket_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Report a fault of a vehicle of the station, or with `?incident=` hand one to those who repair."""
    code = request.GET.get("incident", "")
    incident = get_object_or_404(incidents_at(desk.station), code=code) if code else None
    form = _report_form(request, desk, incident)
    status = UNPROCESSABLE if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        try:
            ticket = _report(desk, incident, form.cleaned_data)
        except DomainError as error:
            field = next((name for kind, name in FIELD_OF.items() if isinstance(error, kind)), None)
            refuse(form, error, field)
            status = error.status
        else:
            messages.success(request, _("Đã ghi phiếu bảo trì %(code)s.") % {"code": ticket.code})
            return redirect("station:ticket-detail", code=ticket.code)
    context = {"form": form, "incident": incident}
    return page(request, desk, "station/yard/ticket_new.html", context, status=status)


def _report_form(request: HttpRequest, desk: Desk, incident: Incident | None) -> FaultForm | HandOverForm:
    files, vehicles = request.FILES or None, vehicles_at(desk.station)
    if incident is None:
        initial = {"vehicle": request.GET.get("vehicle", ""), "key": f"page:{uuid4().hex}"}
        return FaultForm(posted(request), files, vehicles=vehicles, initial=initial)
    teams = serving(desk.station) if desk.actor.kind in IN_CHARGE else MobileTeam.objects.none()
    initial = {"text": incident.note, "severity": Severity.MAJOR}
    return HandOverForm(posted(request), files, vehicles=vehicles, teams=teams, initial=initial)


def _report(desk: Desk, incident: Incident | None, values: dict[str, Any]) -> MaintenanceTicket:
    if incident is None:
        return services.report_fault(station=desk.station, user=desk.user, by=desk.actor, **values)
    said = {name: values[name] for name in ("severity", "part", "text")}
    ticket = hand_to_team(incident=incident, user=desk.user, by=desk.actor, team=values.get("team"), **said)
    services.add_photos(ticket=ticket, photos=values["photos"], stage="report", by=desk.actor)
    return ticket


@require_safe
@at_desk
def ticket_detail(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _page(request, desk, _ticket_for(desk, code))


@require_POST
@at_desk
@throttled("yard")
def ticket_step(request: HttpRequest, desk: Desk, code: str, step: str) -> HttpResponse:
    """Do one step of a ticket, with what it asks."""
    ticket = _ticket_for(desk, code)
    what = STEPS.get(step)
    if what is None or (what.is_the_stations and ticket.station_id != desk.station.pk):
        raise Http404
    form = what.form_for(ticket, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, desk, ticket, step, form, status=UNPROCESSABLE)
    try:
        what.do(ticket, desk, form)
    except DomainError as error:
        field = next((name for kind, name in FIELD_OF.items() if isinstance(error, kind)), None)
        refuse(form, error, field)
        return _page(request, desk, _ticket_for(desk, code), step, form, status=error.status)
    return redirect("station:ticket-detail", code=code)


def _ticket_for(desk: Desk, code: str) -> MaintenanceTicket:
    """Return a ticket of the station, or one that this person may work on; 404 for any other."""
    ticket = get_object_or_404(tickets_with_vehicles(), code=code)
    if ticket.station_id != desk.station.pk and not may_see(desk.user, ticket):
        raise Http404
    return ticket


def _page(
    request: HttpRequest,
    desk: Desk,
    ticket: MaintenanceTicket,
    step: str = "",
    refused: Any = None,
    *,
    status: int = 200,
) -> HttpResponse:
    forms = {
        name.replace("-", "_"): refused if name == step else STEPS[name].form_for(ticket)
        for name in open_steps(ticket, desk)
    }
    context = {
        "ticket": ticket,
        "vehicle": ticket.vehicle,
        "forms": forms,
        "refused": refused,
        "photos": list(ticket.photos.order_by("pk")),
        "events": [(event, TicketState(event.target).label) for event in states.events_of(TICKET, ticket)],
        "incident": _incident_of(ticket, desk),
        "asks_out_of_service": _asks_out_of_service(ticket, desk),
        "is_parked": ticket.vehicle.condition == "maintenance" and ticket.station_id == desk.station.pk,
    }
    return page(request, desk, "station/yard/ticket.html", context, status=status)


def _incident_of(ticket: MaintenanceTicket, desk: Desk) -> Incident | None:
    kind, _colon, code = ticket.reference.partition(":")
    return incidents_at(desk.station).filter(code=code).first() if kind == "incident" else None


def _asks_out_of_service(ticket: MaintenanceTicket, desk: Desk) -> bool:
    """Say whether to ask that the vehicle is taken out of service: a bad fault, and it could still be given."""
    stands = ticket.vehicle.condition in {"ready", "preparation"} and ticket.station_id == desk.station.pk
    return ticket.is_open and ticket.severity != Severity.MINOR and stands
