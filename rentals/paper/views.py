"""Printing a day's pack, and entering what was written on it."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.presentation import key_points
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import refuse
from rentals.handovers.selectors import booking_code_in, vehicles_at
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.paper import selectors, services
from rentals.paper.errors import BookingNotNamed, FormEntered
from rentals.paper.forms import MARK_ROWS, FindFormForm, PaperEntry, PickupEntry, ReturnEntry, WalkInEntry
from rentals.paper.payloads import payload_of, walk_in_payload
from rentals.sync.enums import CommandKind
from rentals.sync.models import PaperForm
from stations.checklists.enums import Purpose
from stations.checklists.selectors import checklist_for
from stations.fleet.enums import VehicleKind
from stations.fleet.models import Vehicle
from stations.network.models import StaffPost
from voltgo.core import clock
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

FORM_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("people")
def paper(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what was printed and what of it has been entered; take a number and go to its form."""
    form = FindFormForm(posted(request))
    if form.is_valid():
        found = selectors.found_form(desk.station, form.cleaned_data["number"])
        if found is not None:
            return redirect("station:paper-form", number=found.number)
        form.add_error("number", _("Trạm không có phiếu này. Hãy kiểm tra lại số in cạnh mã QR."))
    today = clock.today()
    context = {
        "form": form,
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "forms": selectors.recent_forms(desk.station),
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return page(request, desk, "station/paper/index.html", context, status=status)


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("people")
def paper_pack(request: HttpRequest, desk: Desk, day: str) -> HttpResponse:
    """Number a day's forms on POST, then show them as they are printed."""
    wanted = _day_or_404(day)
    if request.method == "POST":
        try:
            services.number_forms(station=desk.station, day=wanted, user=desk.user, by=desk.actor)
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("station:paper")
        return redirect("station:paper-pack", day=day)
    forms = list(
        PaperForm.objects.filter(station=desk.station, for_day=wanted, command=None).order_by(
            "kind", "number"
        )
    )
    if not forms:
        return redirect("station:paper")
    sheets = selectors.sheets_of(forms)
    context = {
        "day": wanted,
        "pack": forms[0].pack,
        "sheets": sheets,
        "due_out": selectors.due_out(desk.station, wanted),
        "due_in": selectors.due_in(desk.station, wanted),
        "points": {
            sheet.form.number: key_points(sheet.contract) for sheet in sheets if sheet.contract is not None
        },
    }
    return page(request, desk, "station/paper/pack.html", context)


@require_safe
@at_desk
def paper_entered(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show what became of a form that was entered."""
    form = _form_or_404(desk, number)
    if form.command_id is None:
        return redirect("station:paper-form", number=number)
    return page(request, desk, "station/paper/entered.html", {"paper": form, "command": form.command})


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("people")
def paper_form(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Enter one form: the times are the paper's, the scan goes with it."""
    form_row = _form_or_404(desk, number)
    if form_row.command_id is not None:
        return redirect("station:paper-entered", number=number)
    booking = _booking_of(form_row)
    entry = _entry(request, desk, form_row, booking)
    context = {"form": entry, "paper": form_row, "booking": booking, "marks": _mark_rows(entry)}
    if request.method == "POST" and entry.is_valid():
        try:
            return _taken_in(desk, form_row, booking, entry)
        except FormEntered:
            return redirect("station:paper-entered", number=number)
        except DomainError as refusal:
            refuse(entry, refusal, "booking" if isinstance(refusal, BookingNotNamed) else None)
    status = UNPROCESSABLE if entry.is_bound else 200
    return page(request, desk, "station/paper/form.html", context, status=status)


def _taken_in(desk: Desk, form: PaperForm, booking: Booking | None, entry: PaperEntry) -> HttpResponse:
    if isinstance(entry, WalkInEntry):
        vehicle = get_object_or_404(Vehicle.objects.at(desk.station), code=entry.cleaned_data["vehicle"])
        subject, payload = (
            f"walk-in:{form.number}",
            walk_in_payload(entry, form=form, vehicle=vehicle),
        )
    else:
        booking = booking or _named(desk, entry)
        subject, payload = booking.reference, payload_of(entry, form=form, booking=booking)
    scans = {f"scan:{place}": file.read() for place, file in enumerate(entry.cleaned_data["scans"])}
    services.enter_form(
        form=form,
        subject=subject,
        payload=payload,
        scans=scans,
        actor_user=User.objects.get(public_id=entry.cleaned_data["actor"]),
        occurred_at=entry.cleaned_data["occurred_at"],
        user=desk.user,
        by=desk.actor,
    )
    return redirect("station:paper-entered", number=form.number)


def _named(desk: Desk, entry: PaperEntry) -> Booking:
    """Return the booking that somebody has written on a blank form."""
    code = booking_code_in(entry.cleaned_data.get("booking", ""))
    here = Booking.objects.filter(pickup_station=desk.station) | Booking.objects.filter(
        return_station=desk.station
    )
    found = here.filter(code=code).first() if code else None
    if found is None:
        raise BookingNotNamed
    return found


def _entry(request: HttpRequest, desk: Desk, form: PaperForm, booking: Booking | None) -> PaperEntry:
    purpose = Purpose.RETURN if form.kind == CommandKind.RETURN else Purpose.PICKUP
    vehicle = booking.allocation.vehicle if booking else None
    items = checklist_for(purpose=purpose, model=vehicle.model, on=form.for_day).items if vehicle else ()
    posts = StaffPost.objects.filter(station=desk.station, ended_at=None).select_related("user")
    given: dict[str, Any] = {
        "initial": {"day": form.for_day, "until_day": form.for_day, "actor": desk.user.public_id},
        "people": [(post.user.public_id, post.user.full_name) for post in posts.order_by("user__full_name")],
        "items": items,
        "vehicle_kind": vehicle.model.kind if vehicle else VehicleKind.CAR,
        "is_blank": booking is None,
    }
    data, files = posted(request), request.FILES if request.method == "POST" else None
    if form.kind == CommandKind.WALK_IN:
        here = vehicles_at(desk.station)
        choices = [(vehicle.code, f"{vehicle.plate} · {vehicle.model}") for vehicle in here]
        return WalkInEntry(data, files, vehicles=choices, **given)
    return (PickupEntry if form.kind == CommandKind.PICKUP else ReturnEntry)(data, files, **given)


def _mark_rows(entry: PaperEntry) -> list[list[Any]]:
    return [[entry[f"mark_{name}_{row}"] for name in ("part", "kind", "note")] for row in range(MARK_ROWS)]


def _booking_of(form: PaperForm) -> Booking | None:
    rows = Booking.objects.select_related("allocation__vehicle__model", "renter", "quote")
    return rows.filter(code=form.booking_code).first() if form.booking_code else None


def _form_or_404(desk: Desk, number: str) -> PaperForm:
    return get_object_or_404(PaperForm.objects.select_related("command"), number=number, station=desk.station)


def _day_or_404(text: str) -> date:
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise Http404
    return day
