"""Money over the counter: from a booking's payer, back to them, and to the bank."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.users.models import User
from payments.cash import services
from payments.cash.enums import SessionState
from payments.cash.errors import AmountHasChanged, BagAlreadyUsed, TooLittleTendered, WitnessIsSamePerson
from payments.cash.models import CashMovement
from payments.cash.selectors import needs_other_proof, to_pay_out
from payments.cash.services.takings import to_take
from payments.intents.errors import AlreadyPaid
from rentals.bookings.models import Booking
from rentals.cashdesk.forms import DropForm, FindForm, FloatForm, TakeForm
from rentals.cashdesk.selectors import payable_for, requests_for
from rentals.cashdesk.views.shared import FORM_METHODS, cash_page, new_key, session_at
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import ConfirmForm, refuse
from rentals.handovers.selectors import booking_code_in
from rentals.handovers.views.pages import UNPROCESSABLE, booking_at, posted
from stations.network.models import StaffPost
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong
from voltgo.core.throttled import throttled


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def booking_find(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Find the booking that somebody pays for, by its code or their QR code."""
    form = FindForm(posted(request))
    if request.method == "POST" and form.is_valid():
        code = booking_code_in(form.cleaned_data["code"])
        here = Booking.objects.filter(pickup_station=desk.station) | Booking.objects.filter(
            return_station=desk.station
        )
        if code and here.filter(code=code).exists():
            return redirect("station:cash-booking", code=code)
        form.add_error("code", _("Không có lượt đặt này ở trạm của bạn. Hãy kiểm tra lại mã."))
    return cash_page(
        request,
        desk,
        "station/cash/find.html",
        {"form": form},
        status=UNPROCESSABLE if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD"])
@at_desk
def booking_money(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show what a booking's payer may pay now, and what is to be paid out to them."""
    booking = booking_at(desk, code)
    context = _booking_context(desk, booking) | {
        "payable": [(intent, to_take(intent)) for intent in payable_for(booking)],
        "refunds": to_pay_out(booking.reference),
    }
    return cash_page(request, desk, "station/cash/booking.html", context)


def _booking_context(desk: Desk, booking: Booking) -> dict[str, Any]:
    session = session_at(desk)
    return {
        "booking": booking,
        "vehicle": booking.allocation.vehicle,
        "session": session,
        "is_open": session is not None and session.state == SessionState.OPEN,
    }


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def payment_take(request: HttpRequest, desk: Desk, code: str, intent_id: UUID) -> HttpResponse:
    """Take what one request asks for: amount shown, notes given, change, a tick, done."""
    booking = booking_at(desk, code)
    intent = get_object_or_404(requests_for(booking), pk=intent_id)
    context = _booking_context(desk, booking)
    amount = to_take(intent)
    form = TakeForm(posted(request), initial={"shown": amount, "key": new_key()})
    status = UNPROCESSABLE if form.is_bound else 200
    if request.method == "POST" and context["is_open"] and form.is_valid():
        try:
            movement = services.take_payment(
                intent=intent,
                session=context["session"],
                tendered=form.cleaned_data["tendered"],
                by=desk.actor,
                idempotency_key=form.cleaned_data["key"],
                shown_amount=form.cleaned_data["shown"],
            )
        except (AmountHasChanged, AlreadyPaid) as error:
            messages.error(request, str(error))
            return redirect("station:cash-booking", code=booking.code)
        except TooLittleTendered as error:
            refuse(form, error, "tendered")
        except DomainError as error:
            refuse(form, error)
            status = error.status
        else:
            messages.success(request, _taken_words(movement))
            return redirect("station:cash-slip", movement_id=movement.pk)
    context |= {
        "intent": intent,
        "amount": amount,
        "form": form,
        "needs_other_proof": needs_other_proof(amount),
        "proof_from": settings.CASH_VAT_PROOF_FROM,
    }
    return cash_page(request, desk, "station/cash/take.html", context, status=status)


def _taken_words(movement: CashMovement) -> str:
    change = (movement.tendered_amount or movement.amount) - movement.amount
    words = {"amount": format_dong(movement.amount), "change": format_dong(change)}
    if change:
        return _("Đã thu %(amount)s. Thối lại khách %(change)s.") % words
    return _("Đã thu %(amount)s.") % words


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def refund_pay(request: HttpRequest, desk: Desk, code: str, refund_id: UUID) -> HttpResponse:
    """Pay a refund out of the drawer, after a tick."""
    booking = booking_at(desk, code)
    refund = get_object_or_404(to_pay_out(booking.reference), pk=refund_id)
    context = _booking_context(desk, booking) | {"refund": refund}
    form = ConfirmForm(posted(request))
    status = UNPROCESSABLE if form.is_bound else 200
    if request.method == "POST" and context["is_open"] and form.is_valid():
        try:
            services.pay_refund(refund=refund, session=context["session"], by=desk.actor)
        except DomainError as error:
            refuse(form, error)
            status = error.status
        else:
            words = _("Đã chi %(amount)s cho khách.") % {"amount": format_dong(refund.amount)}
            messages.success(request, words)
            return redirect("station:cash-booking", code=booking.code)
    return cash_page(request, desk, "station/cash/refund.html", context | {"form": form}, status=status)


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("drops")
def drop(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Seal money into a bag for the bank."""
    session = session_at(desk)
    if session is None or session.state != SessionState.OPEN:
        return redirect("station:cash")
    posts = StaffPost.objects.filter(station=desk.station, ended_at=None, user__is_active=True)
    colleagues = User.objects.filter(pk__in=posts.values("user")).exclude(pk=desk.user.pk)
    form = DropForm(posted(request), colleagues=colleagues.order_by("full_name"), initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            bag = services.drop_cash(
                session=session,
                amount=values["amount"],
                bag_number=values["bag_number"],
                witness=values["witness"],
                idempotency_key=values["key"],
                by=desk.actor,
            )
        except BagAlreadyUsed as error:
            refuse(form, error, "bag_number")
        except WitnessIsSamePerson as error:
            refuse(form, error, "witness")
        except DomainError as error:
            refuse(form, error, "amount")
        else:
            words = _("Túi %(bag)s với %(amount)s đã rời két.") % {
                "bag": bag.bag_number,
                "amount": format_dong(bag.amount),
            }
            messages.success(request, words)
            return redirect(reverse("station:cash"))
    status = UNPROCESSABLE if form.is_bound else 200
    return cash_page(
        request, desk, "station/cash/drop.html", {"form": form, "session": session}, status=status
    )


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def float_in(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take change from the office into the open session."""
    session = session_at(desk)
    if session is None or session.state != SessionState.OPEN:
        return redirect("station:cash")
    form = FloatForm(posted(request), initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():
        try:
            brought = services.add_float(
                session=session,
                amount=form.cleaned_data["amount"],
                idempotency_key=form.cleaned_data["key"],
                by=desk.actor,
            )
        except DomainError as error:
            refuse(form, error)
        else:
            words = _("Đã nhận %(amount)s tiền lẻ vào két.") % {"amount": format_dong(brought.amount)}
            messages.success(request, words)
            return redirect("station:cash")
    status = UNPROCESSABLE if form.is_bound else 200
    return cash_page(
        request, desk, "station/cash/float.html", {"form": form, "session": session}, status=status
    )
