"""The guided return: one page and one form per step."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from payments.invoices.selectors import rental_receipt
from rentals.handovers import services
from rentals.handovers.cash import cash_offer
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.enums import RentalState
from rentals.handovers.errors import InspectionIncomplete, NoteMissing
from rentals.handovers.forms import (
    ConfirmForm,
    PresentedForm,
    ReasonForm,
    ReturnReadingsForm,
    checklist_initial,
    checklist_items,
    refuse,
)
from rentals.handovers.models import Settlement
from rentals.handovers.services.inspections import last_odometer
from rentals.handovers.views.pages import UNPROCESSABLE, StepPage, page, posted, return_at, return_step
from rentals.handovers.views.steps import damage_step, photos_step, remove_damage
from rentals.handovers.wording import outcome_lines, settlement_lines, sums_of
from rentals.pricing.engine import Terms
from stations.fleet.errors import BatteryOutOfRange
from voltgo.core import clock
from voltgo.core.errors import DomainError

FORM_METHODS = ["GET", "HEAD", "POST"]
Answer = HttpResponse | None


@require_safe
@at_desk
def return_detail(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Lead to the step where the work goes on; sum up what is over."""
    rental = return_at(desk, code)
    if rental.state == RentalState.ACTIVE and rental.presented_at is None:
        return redirect("station:booking-detail", code=code)
    if rental.state == RentalState.ACTIVE:
        return redirect(return_step(request, desk, code, "arrival").progress.next.href)
    if rental.state in {RentalState.SETTLING, RentalState.RETURNED}:
        return redirect("station:return-acceptance", code=code)
    return redirect("station:return-done", code=code)


@require_http_methods(FORM_METHODS)
@at_desk
def return_arrival(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show when the vehicle came; staff may put it right, with a reason."""
    step = return_step(request, desk, code, "arrival")
    if closed := _closed(step):
        return closed
    presented_at = clock.local(step.rental.presented_at or clock.now())
    form = PresentedForm(
        posted(request), initial={"day": presented_at.date(), "time": f"{presented_at:%H:%M}"}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.note_presented_at(
                rental=step.rental,
                presented_at=form.moment(),
                reason=form.cleaned_data["reason"],
                by=desk.actor,
            )
        except DomainError as error:
            refuse(form, error, "time")
        else:
            return step.stay()
    late = (presented_at - step.rental.due_at).total_seconds()
    return step.render(form=form, late_minutes=int(late // 60))


@require_http_methods(FORM_METHODS)
@at_desk
def return_photos(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    step = return_step(request, desk, code, "photos")
    return _closed(step) or photos_step(step)


@require_http_methods(FORM_METHODS)
@at_desk
def return_readings(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Take the readings and what came back with the vehicle."""
    step = return_step(request, desk, code, "readings")
    if closed := _closed(step):
        return closed
    initial = {
        "odometer_km": step.inspection.odometer_km,
        "battery_percent": step.inspection.battery_percent,
        "is_dirty": step.inspection.is_dirty,
        **checklist_initial(step.inspection),
    }
    terms = Terms.from_json(step.rental.booking.quote.terms)
    form = ReturnReadingsForm(
        posted(request),
        items=checklist_items(step.inspection),
        cleaning_fee=terms.cleaning_fee_amount,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid() and _save_readings(step, form):
        return step.go_on()
    pickup = step.rental.inspections.get(kind="pickup")
    return step.render(form=form, last_km=last_odometer(step.inspection), pickup=pickup)


def _save_readings(step: StepPage, form: ReturnReadingsForm) -> bool:
    try:
        services.save_inspection(inspection=step.inspection, by=step.desk.actor, **form.cleaned_data)
    except DomainError as error:
        refuse(form, error, "battery_percent" if isinstance(error, BatteryOutOfRange) else "odometer_km")
        return False
    if form.unchecked() and not form.cleaned_data["note"].strip():
        refuse(form, NoteMissing(), "note")
        return False
    return True


@require_http_methods(FORM_METHODS)
@at_desk
def return_damage(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    step = return_step(request, desk, code, "damage")
    return _closed(step) or damage_step(step)


@require_POST
@at_desk
def return_damage_remove(request: HttpRequest, desk: Desk, code: str, mark_id: int) -> HttpResponse:
    return remove_damage(return_step(request, desk, code, "damage"), mark_id)


@require_http_methods(FORM_METHODS)
@at_desk
def return_charges(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show what it comes to, line by line; take the vehicle back when both have seen it."""
    step = return_step(request, desk, code, "charges")
    if closed := _closed(step):
        return closed
    form = ConfirmForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.finish_return(rental=step.rental, by=desk.actor)
        except (InspectionIncomplete, NoteMissing) as error:
            messages.warning(request, str(error))
            return redirect(step.progress.next.href)
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("station:return-acceptance", code=code)
    unfinished = step.progress.next
    # Photos or readings lack: there is nothing to count yet.
    return (
        redirect(unfinished.href)
        if unfinished.code not in {"damage", "charges"}
        else _charges_page(step, form)
    )


def _charges_page(step: StepPage, form: ConfirmForm) -> HttpResponse:
    outcome = services.preview_settlement(step.rental)
    prepaid, extra = outcome_lines(outcome)
    pickup = step.rental.inspections.get(kind="pickup")
    distance = (step.inspection.odometer_km or 0) - (pickup.odometer_km or 0)
    return step.render(
        form=form, outcome=outcome, prepaid=prepaid, extra=extra, pickup=pickup, distance=distance
    )


@require_http_methods(FORM_METHODS)
@at_desk
def return_acceptance(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """The renter reads the settlement and signs on the glass, or takes 48 hours to think."""
    step = return_step(request, desk, code, "acceptance")
    if step.rental.state == RentalState.ACTIVE:
        return redirect("station:return-detail", code=code)
    if step.rental.state not in {RentalState.SETTLING, RentalState.RETURNED}:
        return redirect("station:return-done", code=code)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            services.accept_settlement(
                rental=step.rental,
                image=request.POST.get("signature", ""),
                strokes=request.POST.get("strokes", ""),
                typed_name=request.POST.get("signed_name", ""),
                by=desk.actor,
            )
        except DomainError as refusal:
            error = refusal
        else:
            return redirect("station:return-done", code=code)
    settlement = _settlement(step)
    prepaid, extra = settlement_lines(settlement)
    status = error.status if error else 200
    return step.render(
        settlement=settlement,
        prepaid=prepaid,
        extra=extra,
        sums=sums_of(settlement),
        error=error,
        status=status,
    )


@require_safe
@at_desk
def return_done(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Sum up a return: the money, the receipt, the vehicle that waits for preparation."""
    rental = return_at(desk, code)
    settlement = Settlement.objects.filter(rental=rental).first()
    if settlement is None:
        return redirect("station:booking-detail", code=code)
    settlement.rental = rental
    prepaid, extra = settlement_lines(settlement)
    context: dict[str, Any] = {
        "rental": rental,
        "booking": rental.booking,
        "vehicle": rental.vehicle,
        "settlement": settlement,
        "sums": sums_of(settlement),
        "prepaid": prepaid,
        "extra": extra,
        "receipt": rental_receipt(rental.booking.reference),
        "cash": cash_offer(rental.booking),
    }
    return page(request, desk, "station/return/done.html", context)


@require_http_methods(FORM_METHODS)
@at_desk
def return_cancel(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Take back a return that was begun by mistake."""
    rental = return_at(desk, code)
    if rental.state != RentalState.ACTIVE or rental.presented_at is None:
        return redirect("station:return-detail", code=code)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel_return(rental=rental, reason=form.cleaned_data["reason"], by=desk.actor)
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("station:board")
    context = {"form": form, "rental": rental, "booking": rental.booking, "vehicle": rental.vehicle}
    return page(
        request, desk, "station/return/cancel.html", context, status=UNPROCESSABLE if form.errors else 200
    )


def _settlement(step: StepPage) -> Settlement:
    settlement = step.rental.settlement
    settlement.rental = step.rental
    return settlement


def _closed(step: StepPage) -> Answer:
    """Return where to go when the return can no longer be changed here, else None."""
    if step.rental.state == RentalState.ACTIVE and step.rental.presented_at is not None:
        return None
    return redirect("station:return-detail", code=step.rental.booking.code)
