"""A renter who has not come: give them up with the refund shown, or wait longer."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services import mark_no_show, no_show_preview, wait_longer
from rentals.bookings.services.no_show import MAY_WAIVE, awaited_until
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import refuse
from rentals.handovers.views.pages import UNPROCESSABLE, booking_at, page, posted
from rentals.incidents.forms import NoShowForm, WaitForm
from voltgo.core import clock
from voltgo.core.errors import DomainError

FORM_METHODS = ["GET", "HEAD", "POST"]
# What a supervisor is offered first.
HALF_AN_HOUR = timedelta(minutes=30)


@require_http_methods(FORM_METHODS)
@at_desk
def no_show(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Note that nobody came, with what is kept and what goes back shown first."""
    booking = _waiting_at(desk, code)
    if booking.state != BookingState.CONFIRMED:
        return redirect("station:booking-detail", code=booking.code)
    form = NoShowForm(posted(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            mark_no_show(booking=booking, by=desk.actor, note=form.cleaned_data["note"].strip())
        except DomainError as error:
            refuse(form, error)
            status = error.status
        else:
            messages.success(request, _("Đã ghi khách của lượt %(code)s không đến.") % {"code": booking.code})
            return redirect("station:board")
    context = {
        "booking": booking,
        "vehicle": booking.allocation.vehicle,
        "form": form,
        "preview": no_show_preview(booking),
        "awaited_until": awaited_until(booking),
        "may_wait": desk.actor.kind in MAY_WAIVE,
    }
    return page(request, desk, "station/no_show.html", context, status=status)


@require_http_methods(FORM_METHODS)
@at_desk
def no_show_wait(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Wait longer for a late renter: a supervisor's decision, with its reason."""
    booking = _waiting_at(desk, code)
    later = clock.local(clock.now() + HALF_AN_HOUR).replace(second=0, microsecond=0)
    form = WaitForm(posted(request), initial={"day": later.date(), "time": later.time()})
    status = UNPROCESSABLE if request.method == "POST" and not form.is_valid() else 200
    if request.method == "POST" and status == 200:
        until = form.moment()
        assert until is not None
        try:
            wait_longer(booking=booking, until=until, reason=form.cleaned_data["reason"], by=desk.actor)
        except DomainError as error:
            refuse(form, error)
            status = error.status
        else:
            words = _("Chờ khách của lượt %(code)s đến %(time)s.")
            messages.success(
                request, words % {"code": booking.code, "time": f"{clock.local(until):%H:%M %d/%m}"}
            )
            return redirect("station:board")
    context = {
        "booking": booking,
        "vehicle": booking.allocation.vehicle,
        "form": form,
        "may_wait": desk.actor.kind in MAY_WAIVE,
    }
    return page(request, desk, "station/no_show_wait.html", context, status=status)


def _waiting_at(desk: Desk, code: str) -> Booking:
    """Return a booking that is picked up at this station; 404 for any other."""
    booking = booking_at(desk, code)
    if booking.pickup_station_id != desk.station.pk:
        raise Http404
    return booking
