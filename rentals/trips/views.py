"""A renter's own pages: the list, one trip, cancelling it, and answering to its settlement."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.enums import RefundWay
from payments.intents.services import ways_back
from payments.wallet.presentation import refund_ways
from rentals.bookings.enums import CancelReason
from rentals.bookings.forms import ObjectionForm
from rentals.bookings.models import Booking
from rentals.bookings.presentation import frozen_lines, length_of, licence_of, vat_note
from rentals.bookings.services import cancel_booking, refund_preview
from rentals.drivers.selectors import may_change_drivers
from rentals.fines.selectors import fines_of_booking
from rentals.handovers.models import Rental
from rentals.handovers.services import accept_settlement, dispute_settlement
from rentals.trips import presentation
from rentals.trips.deposits import deposit_words
from rentals.trips.money import money_rows
from rentals.trips.selectors import bookings_of, current_bookings, past_bookings, trip_of
from stations.network.access import posts_of
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong

DETAIL = "rentals/trips/booking_detail.html"
CANCEL = "rentals/trips/booking_cancel.html"
PAST_A_PAGE = 10


def _renter(request: HttpRequest) -> User:
    """Return the signed-in person; login_required has let nobody else through."""
    return cast("User", request.user)


def _own_or_404(request: HttpRequest, code: str) -> Booking:
    """Return a renter's own booking; another's looks like one that does not exist."""
    return get_object_or_404(bookings_of(_renter(request)), code=code)


@login_required
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Lead whoever has signed in to where they work; renters to their trips."""
    user = _renter(request)
    if posts_of(user).exists():
        return redirect("station:board")
    return redirect("admin:index" if user.is_staff else "rentals:booking-list")


@login_required
@never_cache
@require_safe
def booking_list(request: HttpRequest) -> HttpResponse:
    """Show what is ahead or under way, then what is over."""
    past = Paginator(past_bookings(_renter(request)), PAST_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "current": [_row(booking) for booking in current_bookings(_renter(request))],
        "past": [_row(booking) for booking in past],
        "page": past,
    }
    return render(request, "rentals/trips/booking_list.html", context)


def _row(booking: Booking) -> dict[str, Any]:
    return {"booking": booking, "status": presentation.status_of(booking)}


@login_required
@never_cache
@require_safe
def booking_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one trip: how it stands, what to do next, its code, its money, its papers, its history."""
    return render(request, DETAIL, _page(_own_or_404(request, code)))


def _page(booking: Booking, form: ObjectionForm | None = None) -> dict[str, Any]:
    trip = trip_of(booking)
    settled = presentation.settlement_lines(trip)
    return {
        "trip": trip,
        "booking": booking,
        "quote": booking.quote,
        "status": presentation.status_of(booking),
        "next": presentation.next_step(trip),
        "length": length_of(booking.period),
        "licence": licence_of(booking.model),
        "lines": frozen_lines(booking.quote.lines),
        "vat_note": vat_note(booking.quote.vat_amount, booking.quote.lines),
        "money_rows": money_rows(trip),
        "deposit": deposit_words(trip),
        "rules": presentation.rules_of(trip),
        "running": presentation.running_cost(trip),
        "settlement": trip.settlement,
        "settled": settled,
        "can_answer": trip.rental is not None and trip.rental.state == "settling",
        "form": form or ObjectionForm(lines=presentation.disputable_lines(settled)),
        "history": presentation.history_of(trip),
        "qr": presentation.qr_of(booking) if presentation.shows_qr(trip) else "",
        "may_cancel": presentation.may_cancel(booking),
        "fines": list(fines_of_booking(booking)),
        "may_change_drivers": may_change_drivers(booking),
        **presentation.changing(trip),
    }


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def booking_cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Show what a cancellation gives back, and cancel when the renter has seen it."""
    booking = _own_or_404(request, code)
    if not presentation.may_cancel(booking):
        messages.warning(request, _("Lượt đặt này không thể hủy được nữa."))
        return redirect(booking)
    preview = refund_preview(booking)
    context = {
        "booking": booking,
        "preview": preview,
        "length": length_of(booking.period),
        "refund_ways": refund_ways(ways_back(booking.reference, preview.rent_refund, preview.deposit_refund)),
    }
    if request.method != "POST":
        return render(request, CANCEL, context)
    if request.POST.get("fee") != str(preview.fee):
        # A tier has ended since the page was shown: nobody pays a fee that they have not seen.
        return render(request, CANCEL, context | {"has_changed": True}, status=409)
    # Nothing else may be asked for: a transfer and cash are the house's own ways.
    wants_credit = request.POST.get("refund_way") == RefundWay.CREDIT
    way = RefundWay.CREDIT if wants_credit else RefundWay.ORIGINAL
    try:
        done = cancel_booking(
            booking=booking,
            reason=CancelReason.RENTER,
            by=renter_actor(_renter(request)),
            refund_way=way,
        )
    except DomainError as refusal:
        return render(request, CANCEL, context | {"refusal": refusal}, status=refusal.status)
    if done.total and wants_credit:
        words = _("Đã hủy. %(amount)s đã vào số dư VoltGo của bạn.")
        messages.success(request, words % {"amount": format_dong(done.total)})
    elif done.total:
        messages.success(
            request, _("Đã hủy. %(amount)s đang được hoàn.") % {"amount": format_dong(done.total)}
        )
    else:
        messages.success(request, _("Đã hủy lượt đặt."))
    return redirect(booking)


def _own_rental_or_404(request: HttpRequest, code: str) -> Rental:
    rentals = Rental.objects.select_related("booking__quote", "renter", "vehicle")
    return get_object_or_404(rentals, renter=_renter(request), booking__code=code)


@login_required
@require_POST
def settlement_accept(request: HttpRequest, code: str) -> HttpResponse:
    """Accept a settlement: money moves and the rental is closed."""
    rental = _own_rental_or_404(request, code)
    try:
        accept_settlement(rental=rental, by=renter_actor(_renter(request)))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Cảm ơn bạn. Chuyến đã hoàn tất, biên nhận đang được lập."))
    return redirect(rental.booking)


@login_required
@require_POST
def settlement_dispute(request: HttpRequest, code: str) -> HttpResponse:
    """Object to a settlement: nothing is taken from the deposit until somebody has decided."""
    rental = _own_rental_or_404(request, code)
    booking = _own_or_404(request, code)
    lines = presentation.disputable_lines(presentation.settlement_lines(trip_of(booking)))
    form = ObjectionForm(request.POST, lines=lines)
    if not form.is_valid():
        return render(request, DETAIL, _page(booking, form), status=422)
    try:
        dispute_settlement(rental=rental, by=renter_actor(_renter(request)), **form.cleaned_data)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Đã nhận khiếu nại. Chúng tôi trả lời trong 48 giờ."))
    return redirect(rental.booking)
