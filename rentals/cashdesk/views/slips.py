"""The slip of a payment: shown, printed, mailed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from payments.cash import services
from payments.cash.models import CashSlip
from payments.cash.presentation import slip_page
from rentals.bookings.models import Booking
from rentals.cashdesk.place import place_ref
from rentals.cashdesk.views.shared import cash_page
from rentals.handovers.desk import Desk, at_desk
from voltgo.core.sending import send_pdf
from voltgo.core.throttled import throttled


@require_safe
@at_desk
def slip(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Show a slip as it is printed."""
    found = _slip_or_404(desk, number)
    context = slip_page(found)
    prefix, _colon, code = found.movement.reference.partition(":")
    booking = Booking.objects.filter(code=code).first() if prefix == "booking" else None
    if booking is not None:
        context["booking"] = booking
    return cash_page(request, desk, "station/cash/slip.html", context)


@require_safe
@at_desk
def slip_pdf(request: HttpRequest, desk: Desk, number: str) -> HttpResponseBase:
    """Send the PDF of a slip; 404 until the job has made it."""
    found = _slip_or_404(desk, number)
    if not found.pdf:
        raise Http404
    return send_pdf(found.pdf.open("rb"), filename=f"{found.number}.pdf")


@require_POST
@at_desk
@throttled("cash")
def slip_mail(request: HttpRequest, desk: Desk, number: str) -> HttpResponse:
    """Mail a slip to its payer."""
    found = _slip_or_404(desk, number)
    services.mail_slip(slip=found, by=desk.actor)
    messages.success(request, _("Phiếu thu đang được gửi vào email của khách."))
    return redirect("station:cash-slip", number=found.number)


def _slip_or_404(desk: Desk, number: str) -> CashSlip:
    rows = CashSlip.objects.select_related("movement__session__drawer", "movement__by")
    return get_object_or_404(
        rows, number=number, movement__session__drawer__place_ref=place_ref(desk.station)
    )
