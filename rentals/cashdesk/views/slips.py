"""The slip of a payment: shown, printed, mailed."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from payments.cash import services
from payments.cash.enums import MovementKind
from payments.cash.models import CashMovement
from payments.cash.presentation import slip_page
from payments.cash.selectors import slip_of
from payments.invoices.enums import ReceiptState
from rentals.bookings.models import Booking
from rentals.cashdesk.place import place_ref
from rentals.cashdesk.views.shared import cash_page
from rentals.handovers.desk import Desk, at_desk
from voltgo.core.sending import send_pdf
from voltgo.core.throttled import throttled


@require_safe
@at_desk
def slip(request: HttpRequest, desk: Desk, movement_id: int) -> HttpResponse:
    """Show a slip as it is printed."""
    found = _movement_or_404(desk, movement_id)
    context = slip_page(found)
    prefix, _colon, code = found.reference.partition(":")
    booking = Booking.objects.filter(code=code).first() if prefix == "booking" else None
    if booking is not None:
        context["booking"] = booking
    return cash_page(request, desk, "station/cash/slip.html", context)


@require_safe
@at_desk
def slip_pdf(request: HttpRequest, desk: Desk, movement_id: int) -> HttpResponseBase:
    """Send the PDF of a slip; 404 until the job has made it."""
    receipt = slip_of(_movement_or_404(desk, movement_id))
    if receipt is None or receipt.state != ReceiptState.RENDERED:
        raise Http404
    return send_pdf(receipt.pdf.open("rb"), filename=f"{receipt.number}.pdf")


@require_POST
@at_desk
@throttled("cash")
def slip_mail(request: HttpRequest, desk: Desk, movement_id: int) -> HttpResponse:
    """Mail a slip to its payer."""
    found = _movement_or_404(desk, movement_id)
    services.mail_slip(movement=found, by=desk.actor)
    messages.success(request, _("Phiếu thu đang được gửi vào email của khách."))
    return redirect("station:cash-slip", movement_id=found.pk)


def _movement_or_404(desk: Desk, movement_id: int) -> CashMovement:
    rows = CashMovement.objects.select_related("session__drawer", "by")
    return get_object_or_404(
        rows, pk=movement_id, kind=MovementKind.PAYMENT, session__drawer__place_ref=place_ref(desk.station)
    )
