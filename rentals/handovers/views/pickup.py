"""The guided handover: one page and one form per step."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.kyc.eligibility import Eligibility, NotEligible, papers_of
from accounts.kyc.enums import IDENTITY_KINDS, DocumentKind, DocumentState, ViewPurpose
from accounts.kyc.image_links import serve_image
from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from payments.intents.selectors import money_of
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import refund_preview
from rentals.contracts import services as contracts
from rentals.drivers.models import AdditionalDriver
from rentals.drivers.selectors import accounts_of_drivers, agreed_drivers
from rentals.drivers.services import drive_eligibility, is_face_compared
from rentals.handovers import services
from rentals.handovers.cash import cash_offer
from rentals.handovers.deposits import standing_of
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.enums import RentalState
from rentals.handovers.errors import FaceNotCompared, InspectionIncomplete, PapersNotChecked
from rentals.handovers.forms import (
    AbortForm,
    ChecklistForm,
    ConfirmForm,
    PapersForm,
    ReadingsForm,
    SwapForm,
    checklist_initial,
    checklist_items,
    refuse,
)
from rentals.handovers.services.inspections import last_odometer
from rentals.handovers.services.pickup import missing_money
from rentals.handovers.views.pages import StepPage, handover_at, is_at_the_counter, page, pickup_step, posted
from rentals.handovers.views.steps import damage_step, photos_step, remove_damage
from stations.fleet.errors import BatteryOutOfRange
from voltgo.core.errors import DomainError

FORM_METHODS = ["GET", "HEAD", "POST"]
Answer = HttpResponse | None


@require_safe
@at_desk
def handover_detail(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Lead to the step where the work goes on; sum up what is over."""
    step = pickup_step(request, desk, code, "papers")
    if is_at_the_counter(step.rental):
        return redirect(step.progress.next.href)
    return step_summary(step)


def step_summary(step: StepPage) -> HttpResponse:
    context = {"rental": step.rental, "booking": step.rental.booking, "vehicle": step.rental.vehicle}
    return page(step.request, step.desk, "station/handover/summary.html", context)


@require_http_methods(FORM_METHODS)
@at_desk
def handover_papers(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Compare the original papers with the profile."""
    step = pickup_step(request, desk, code, "papers")
    if not is_at_the_counter(step.rental):
        return redirect("station:handover-detail", code=code)
    papers = _papers_to_compare(step.rental.renter)
    choices = [
        (row.kind, _("%(paper)s: bản gốc khớp với ảnh") % {"paper": capfirst(row.get_kind_display())})
        for row in papers
        if row.kind != DocumentKind.SELFIE
    ]
    is_face_open = not is_face_compared(step.rental.renter)
    drivers = _drivers_to_compare(step.rental.booking)
    form = PapersForm(
        posted(request),
        papers=choices,
        drivers=[_driver_choice(each["row"]) for each in drivers if each["eligibility"].is_eligible],
        is_face_open=is_face_open,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.record_papers(
                rental=step.rental,
                user=desk.user,
                by=desk.actor,
                seen_drivers=form.cleaned_data["drivers"],
                shown_selfies=form.cleaned_data["shown"],
            )
        except (NotEligible, FaceNotCompared) as error:
            refuse(form, error)
        else:
            return step.go_on()
    eligibility = Eligibility.from_json(step.rental.eligibility)
    everybody = [*papers, *(row for each in drivers for row in each["papers"])]
    return step.render(
        form=form,
        papers=papers,
        eligibility=eligibility,
        is_face_open=is_face_open,
        drivers=drivers,
        shown=".".join(str(row.pk) for row in everybody if row.kind == DocumentKind.SELFIE),
    )


def _drivers_to_compare(booking: Booking) -> list[dict[str, Any]]:
    """Return who has agreed to drive along, with what is compared with their originals."""
    if booking.state != BookingState.ARRIVED:
        return []
    return [
        {
            "row": row,
            "papers": _papers_to_compare(row.user),
            "eligibility": drive_eligibility(user=row.user, booking=booking),
            "is_face_open": not is_face_compared(row.user),
        }
        for row in agreed_drivers(booking)
        if row.user is not None
    ]


def _driver_choice(driver: AdditionalDriver) -> tuple[str, str]:
    words = _("%(name)s có mặt; bản gốc và khuôn mặt khớp")
    return driver.code, words % {"name": driver.user.full_name if driver.user else driver.email}


def _papers_to_compare(renter: User) -> list[IdentityDocument]:
    """Return what is compared with the originals, the selfie beside the paper with the portrait."""
    shown = (DocumentState.APPROVED, DocumentState.AUTO_PASSED)
    rows = [
        row
        for row in papers_of(renter).values()
        if row.state == DocumentState.APPROVED or (row.kind == DocumentKind.SELFIE and row.state in shown)
    ]
    order = (*IDENTITY_KINDS, DocumentKind.SELFIE)
    return sorted(rows, key=lambda row: order.index(row.kind) if row.kind in order else len(order))


@require_safe
@at_desk
def paper_image(request: HttpRequest, desk: Desk, code: str, document_id: int, side: str) -> HttpResponse:
    """Show one side of a paper while its owner stands at the counter; each look is recorded."""
    rental = handover_at(desk, code)
    people = [rental.renter_id, *accounts_of_drivers(rental.booking).values_list("pk", flat=True)]
    document = get_object_or_404(IdentityDocument, pk=document_id, user__in=people)
    if not is_at_the_counter(rental):
        raise Http404
    return serve_image(request, document=document, side=side, by=desk.actor, purpose=ViewPurpose.COUNTER)


@require_http_methods(FORM_METHODS)
@at_desk
def handover_checklist(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    step = pickup_step(request, desk, code, "checklist")
    if closed := _closed(step):
        return closed
    form = ChecklistForm(
        posted(request), items=checklist_items(step.inspection), initial=checklist_initial(step.inspection)
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        services.save_inspection(
            inspection=step.inspection, checked=values["checked"], note=values["note"], by=desk.actor
        )
        if not form.unchecked():
            return step.go_on()
        form.add_error("checked", _("Mọi mục phải đạt mới giao xe được. Xe không đạt thì hủy giao xe."))
    return step.render(form=form)


@require_http_methods(FORM_METHODS)
@at_desk
def handover_photos(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    step = pickup_step(request, desk, code, "photos")
    return _closed(step) or photos_step(step)


@require_http_methods(FORM_METHODS)
@at_desk
def handover_readings(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    step = pickup_step(request, desk, code, "readings")
    if closed := _closed(step):
        return closed
    initial = {
        "odometer_km": step.inspection.odometer_km,
        "battery_percent": step.inspection.battery_percent,
    }
    form = ReadingsForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_inspection(inspection=step.inspection, by=desk.actor, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error, "battery_percent" if isinstance(error, BatteryOutOfRange) else "odometer_km")
        else:
            if form.cleaned_data["battery_percent"] >= step.rental.vehicle.model.minimum_battery_percent:
                return step.go_on()
            form.add_error(
                "battery_percent", _("Pin chưa đủ mức tối thiểu để giao. Hãy sạc thêm hoặc hủy giao xe.")
            )
    return step.render(form=form, last_km=last_odometer(step.inspection))


@require_http_methods(FORM_METHODS)
@at_desk
def handover_damage(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    step = pickup_step(request, desk, code, "damage")
    return _closed(step) or damage_step(step)


@require_POST
@at_desk
def handover_damage_remove(request: HttpRequest, desk: Desk, code: str, mark_id: int) -> HttpResponse:
    return remove_damage(pickup_step(request, desk, code, "damage"), mark_id)


@require_POST
@at_desk
def handover_complete(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Close the inspection and draw up the contract, here and now: two people are waiting."""
    step = pickup_step(request, desk, code, "damage")
    try:
        services.complete_pickup_inspection(rental=step.rental, by=desk.actor)
    except (InspectionIncomplete, PapersNotChecked) as error:
        messages.warning(request, str(error))
        return redirect(step.progress.next.href)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("station:handover-damage", code=code)
    contract = contracts.current_contract(step.rental.booking)
    if contract is not None:
        contracts.ensure_rendered(contract)
    return redirect("station:handover-contract", code=code)


@require_POST
@at_desk
def handover_reopen(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Go back from the contract to the inspection."""
    services.reopen_pickup_inspection(rental=handover_at(desk, code), by=desk.actor)
    return redirect("station:handover-checklist", code=code)


@require_http_methods(FORM_METHODS)
@at_desk
def handover_keys(request: HttpRequest, desk: Desk, code: str) -> HttpResponseBase:
    """Give the keys, after one last look at what that means."""
    step = pickup_step(request, desk, code, "keys")
    if step.rental.state == RentalState.PREPARING:
        return redirect(step.progress.next.href)
    if step.rental.state != RentalState.READY_TO_SIGN:
        return redirect("station:handover-detail", code=code)
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.hand_over_keys(rental=step.rental, by=desk.actor)
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("station:handover-detail", code=code)
    booking = step.rental.booking
    return step.render(
        form=form,
        contract=contracts.current_contract(booking),
        money=money_of(booking.reference),
        missing_money=missing_money(booking),
        cash=cash_offer(booking),
        deposit=standing_of(booking),
    )


@require_http_methods(FORM_METHODS)
@at_desk
def handover_swap(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Give out another vehicle of the same model."""
    rental = handover_at(desk, code)
    if not is_at_the_counter(rental):
        return redirect("station:handover-detail", code=code)
    vehicles = services.equal_vehicles(rental)
    form = SwapForm(posted(request), vehicles=vehicles)
    if request.method == "POST" and form.is_valid():
        try:
            services.swap_vehicle(rental=rental, user=desk.user, by=desk.actor, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("station:handover-detail", code=code)
    context = {"form": form, "booking": rental.booking, "vehicle": rental.vehicle, "vehicles": vehicles}
    return page(request, desk, "station/handover/swap.html", context, status=422 if form.errors else 200)


@require_http_methods(FORM_METHODS)
@at_desk
def handover_abort(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """End the handover without keys; the refund follows from whose fault it is."""
    rental = handover_at(desk, code)
    if not is_at_the_counter(rental):
        return redirect("station:handover-detail", code=code)
    form = AbortForm(posted(request), initial={"reason": request.GET.get("reason")})
    if request.method == "POST" and form.is_valid():
        reason = CancelReason(form.cleaned_data["reason"])
        try:
            services.abort_handover(
                rental=rental, reason=reason, note=form.cleaned_data["note"], by=desk.actor
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("station:handover-detail", code=code)
    context = {
        "form": form,
        "rental": rental,
        "booking": rental.booking,
        "vehicle": rental.vehicle,
        "by_policy": refund_preview(rental.booking, CancelReason.RENTER),
        "in_full": refund_preview(rental.booking, CancelReason.OPERATOR),
    }
    return page(request, desk, "station/handover/abort.html", context, status=422 if form.errors else 200)


def _closed(step: StepPage) -> Answer:
    """Return where to go when the inspection can no longer be changed here, else None."""
    if step.rental.state == RentalState.PREPARING:
        return None
    if step.rental.state == RentalState.READY_TO_SIGN:
        return redirect("station:handover-contract", code=step.rental.booking.code)
    return redirect("station:handover-detail", code=step.rental.booking.code)
