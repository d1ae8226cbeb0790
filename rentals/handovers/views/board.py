"""Where a day at the station begins: choice of station, day board, scan, one booking."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.shortcuts import render as render_page
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from payments.intents.targets import needs_deposit
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers import board_notes, selectors, services
from rentals.handovers.cash import cash_offer
from rentals.handovers.deposits import standing_of
from rentals.handovers.desk import Desk, at_desk, choose, posts_of_request
from rentals.handovers.enums import RentalState
from rentals.handovers.forms import ScanForm
from rentals.handovers.models import Rental
from rentals.handovers.papers import is_here_today
from rentals.handovers.services.pickup import missing_money
from rentals.handovers.supply import supply_lines
from rentals.handovers.views.pages import UNPROCESSABLE, booking_at, page, posted
from voltgo.core.errors import DomainError


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def station_choose(request: HttpRequest) -> HttpResponse:
    """Choose the station to work at; only for people with several posts."""
    posts = posts_of_request(request)
    target = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = ""
    wanted = request.POST.get("station")
    post = next((post for post in posts if post.station.code == wanted), None)
    if request.method == "POST" and post is not None:
        choose(request, post)
        return redirect(target or "station:board")
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render_page(request, "station/choose.html", {"posts": posts, "next": target}, status=status)


@require_safe
@at_desk
def board(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show what the station has to do today; htmx asks for the lists alone twice a minute.

    An enrolled tablet works with the app; its people come here by `?board=server`.
    """
    is_fragment = request.headers.get("HX-Request") == "true"
    if desk.tablet is not None and not request.GET and not is_fragment:
        return redirect("station:tablet-app")
    query = request.GET.get("q", "").strip()
    day = selectors.day_board(desk.station)
    context = {
        "board": day,
        "query": query,
        "supply": supply_lines(desk.station),
        **board_notes.notes_for(desk.station, day),
    }
    if query:
        context["hits"] = selectors.search_bookings(desk.station, query)
    return page(request, desk, "station/_board.html" if is_fragment else "station/board.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def scan(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """Take a code and go to what is to be done with it; a renter's code at pickup opens the handover."""
    form = ScanForm(posted(request))
    if not form.is_valid():
        return page(
            request, desk, "station/scan.html", {"form": form}, status=UNPROCESSABLE if form.is_bound else 200
        )
    code = selectors.booking_code_in(form.cleaned_data["code"])
    booking = _booking_here(desk, code)
    if booking is None:
        form.add_error("code", _("Không có lượt đặt này ở trạm của bạn. Hãy kiểm tra lại mã."))
        return page(request, desk, "station/scan.html", {"form": form}, status=UNPROCESSABLE)
    is_due_out = booking.state == BookingState.CONFIRMED and booking.pickup_station_id == desk.station.pk
    return _open(request, desk, booking) if is_due_out else redirect(_next_page(booking))


@require_safe
@at_desk
def booking_detail(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _booking_page(request, desk, booking_at(desk, code))


@require_POST
@at_desk
def handover_open(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    return _open(request, desk, booking_at(desk, code))


@require_POST
@at_desk
def return_open(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Begin a return: the fee clock stops here."""
    booking = booking_at(desk, code)
    rental = Rental.objects.filter(booking=booking).first()
    if rental is None:
        return _booking_page(request, desk, booking)
    try:
        services.open_return(rental=rental, station=desk.station, user=desk.user, by=desk.actor)
    except DomainError as error:
        return _booking_page(request, desk, booking, error)
    return redirect("station:return-detail", code=booking.code)


def _open(request: HttpRequest, desk: Desk, booking: Booking) -> HttpResponse:
    try:
        services.open_handover(booking=booking, station=desk.station, user=desk.user, by=desk.actor)
    except DomainError as error:
        return _booking_page(request, desk, booking, error)
    return redirect("station:handover-detail", code=booking.code)


def _booking_page(
    request: HttpRequest, desk: Desk, booking: Booking, error: DomainError | None = None
) -> HttpResponse:
    rental = Rental.objects.filter(booking=booking).first()
    context = {
        "booking": booking,
        "rental": rental,
        "vehicle": booking.allocation.vehicle,
        "is_here_today": is_here_today(booking, desk.station),
        "error": error,
        "missing_money": missing_money(booking) if booking.state == BookingState.CONFIRMED else 0,
        "cash": cash_offer(booking),
        "deposit": standing_of(booking) if needs_deposit(booking.reference) else None,
        "is_pickup_here": booking.pickup_station_id == desk.station.pk,
        "is_return_here": booking.return_station_id == desk.station.pk,
    }
    return page(request, desk, "station/booking.html", context, status=error.status if error else 200)


def _booking_here(desk: Desk, code: str | None) -> Booking | None:
    rows = Booking.objects.select_related("renter", "model", "allocation__vehicle__model", "quote")
    here = rows.filter(pickup_station=desk.station) | rows.filter(return_station=desk.station)
    return here.filter(code=code).first() if code else None


def _next_page(booking: Booking) -> str:
    """Return the page on which the work on a booking goes on."""
    rental = Rental.objects.filter(booking=booking).first()
    if rental is not None and rental.state in {RentalState.PREPARING, RentalState.READY_TO_SIGN}:
        return _href("handover-detail", booking)
    has_begun = rental is not None and (rental.presented_at is not None or rental.returned_at is not None)
    return _href("return-detail" if has_begun else "booking-detail", booking)


def _href(name: str, booking: Booking) -> str:
    return reverse(f"station:{name}", args=[booking.code])
