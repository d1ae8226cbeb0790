"""Transfers of a station: what leaves, what comes, and what each end confirms."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import ReasonForm, refuse
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.yard.forms import ReadingsForm, TransferForm, transfer_initial
from rentals.yard.selectors import NEWEST_OVER, standing_at, transfers_at
from stations.fleet.errors import BatteryOutOfRange, OdometerWentBack
from stations.transfers import services
from stations.transfers.enums import OPEN_TRANSFER_STATES, TRANSFER, TransferState
from stations.transfers.models import VehicleTransfer
from voltgo.core import states
from voltgo.core.errors import DomainError
from voltgo.core.images import PhotoRefused
from voltgo.core.throttled import throttled

FIELD_OF: dict[type[DomainError], str] = {
    OdometerWentBack: "odometer_km",
    BatteryOutOfRange: "battery_percent",
    PhotoRefused: "photos",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do with a transfer: where it leads, at which end it is done, what it asks, who does it."""

    target: TransferState
    end: str
    form_class: type[forms.Form]
    do: Callable[[VehicleTransfer, Desk, dict[str, Any]], object]


def _read(
    service: Callable[..., VehicleTransfer],
) -> Callable[[VehicleTransfer, Desk, dict[str, Any]], object]:
    return lambda transfer, desk, values: service(transfer=transfer, user=desk.user, by=desk.actor, **values)


STEPS = {
    "approve": Step(
        TransferState.APPROVED,
        "origin",
        forms.Form,
        lambda transfer, desk, _values: services.approve(transfer=transfer, by=desk.actor),
    ),
    "pick-up": Step(TransferState.PICKED_UP, "origin", ReadingsForm, _read(services.pick_up)),
    "deliver": Step(TransferState.DELIVERED, "destination", ReadingsForm, _read(services.deliver)),
    "cancel": Step(
        TransferState.CANCELLED,
        "origin",
        ReasonForm,
        lambda transfer, desk, values: services.cancel(
            transfer=transfer, reason=values["reason"], by=desk.actor
        ),
    ),
}


@require_safe
@at_desk
def transfer_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what comes, what leaves, and the newest that are over."""
    rows = transfers_at(desk.station)
    open_ones = list(rows.filter(state__in=OPEN_TRANSFER_STATES).order_by("starts_at", "pk"))
    context = {
        "coming": [row for row in open_ones if row.destination_id == desk.station.pk],
        "leaving": [row for row in open_ones if row.origin_id == desk.station.pk],
        "over": rows.exclude(state__in=OPEN_TRANSFER_STATES).order_by("-pk")[:NEWEST_OVER],
    }
    return page(request, desk, "station/yard/transfers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
@throttled("yard")
def transfer_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask that a vehicle of the station goes to another one of its city."""
    form = TransferForm(
        posted(request),
        vehicles=standing_at(desk.station).order_by("plate"),
        station=desk.station,
        initial=transfer_initial(request.GET.get("vehicle", "")),
    )
    status = UNPROCESSABLE if form.is_bound else 200
    if request.method == "POST" and form.is_valid():
        starts_at, arrives_at = form.moment("start"), form.moment("arrival")
        assert starts_at is not None
        assert arrives_at is not None
        values = form.cleaned_data
        try:
            transfer = services.plan(
                vehicle=values["vehicle"],
                destination=values["destination"],
                starts_at=starts_at,
                arrives_at=arrives_at,
                reason=values["reason"],
                by=desk.actor,
            )
        except DomainError as error:
            refuse(form, error)
            status = error.status
        else:
            messages.success(request, _("Đã lập đề nghị %(code)s.") % {"code": transfer.code})
            return redirect("station:transfer-detail", code=transfer.code)
    return page(request, desk, "station/yard/transfer_new.html", {"form": form}, status=status)


@require_safe
@at_desk
def transfer_detail(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _page(request, desk, _transfer_at(desk, code))


@require_POST
@at_desk
@throttled("yard")
def transfer_step(request: HttpRequest, desk: Desk, code: str, step: str) -> HttpResponse:
    """Do one step of a transfer, at the end where it belongs."""
    transfer = _transfer_at(desk, code)
    what = STEPS.get(step)
    if what is None or getattr(transfer, f"{what.end}_id") != desk.station.pk:
        raise Http404
    form = what.form_class(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, desk, transfer, step, form, status=UNPROCESSABLE)
    try:
        what.do(transfer, desk, form.cleaned_data)
    except DomainError as error:
        field = next((name for kind, name in FIELD_OF.items() if isinstance(error, kind)), None)
        refuse(form, error, field)
        return _page(request, desk, _transfer_at(desk, code), step, form, status=error.status)
    return redirect("station:transfer-detail", code=code)


def _transfer_at(desk: Desk, code: str) -> VehicleTransfer:
    return get_object_or_404(transfers_at(desk.station), code=code)


def _page(
    request: HttpRequest,
    desk: Desk,
    transfer: VehicleTransfer,
    step: str = "",
    refused: forms.Form | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    kind, here = desk.actor.kind, desk.station.pk
    open_forms: dict[str, forms.Form] = {}
    for name, what in STEPS.items():
        is_here = getattr(transfer, f"{what.end}_id") == here
        if is_here and TRANSFER.allows(transfer.state, what.target, kind):
            open_forms[name.replace("-", "_")] = (
                refused if refused is not None and name == step else _fresh(what, transfer)
            )
    context = {
        "transfer": transfer,
        "vehicle": transfer.vehicle,
        "forms": open_forms,
        "refused": refused,
        "photos": list(transfer.photos.order_by("pk")),
        "events": [
            (event, TransferState(event.target).label) for event in states.events_of(TRANSFER, transfer)
        ],
        "is_origin": transfer.origin_id == here,
    }
    return page(request, desk, "station/yard/transfer.html", context, status=status)


def _fresh(what: Step, transfer: VehicleTransfer) -> forms.Form:
    """Return an empty form, with what is known of the battery: people correct a figure sooner than type one."""
    if what.form_class is ReadingsForm:
        return ReadingsForm(initial={"battery_percent": transfer.vehicle.battery_percent})
    return what.form_class()
