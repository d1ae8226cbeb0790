"""The page on which a renter says who stands on the invoice of a trip."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access.people import signed_in
from payments.invoices import buyers
from payments.invoices.forms import BuyerForm
from rentals.trips.selectors import bookings_of, takes_buyer
from voltgo.core.throttled import throttled


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def booking_invoice(request: HttpRequest, code: str) -> HttpResponse:
    """Take who stands on the invoice, until the rental is closed and its receipt freezes it."""
    user = signed_in(request)
    booking = get_object_or_404(bookings_of(user), code=code)
    if not takes_buyer(booking, getattr(booking, "rental", None)):
        messages.warning(request, _("Chuyến đã kết thúc nên không đổi được thông tin xuất hóa đơn nữa."))
        return redirect(booking)
    if request.method == "POST" and "forget" in request.POST:
        buyers.forget_buyer(user=user, reference=booking.reference)
        messages.success(request, _("Đã bỏ thông tin xuất hóa đơn của chuyến này."))
        return redirect(booking)
    form = BuyerForm(
        request.POST or None,
        buyer=buyers.suggested_buyer(user=user, reference=booking.reference),
        asks_default=True,
    )
    if form.is_bound and form.is_valid():
        buyers.save_buyer(
            user=user,
            buyer=form.cleaned_data["buyer"],
            reference=booking.reference,
            is_default=form.cleaned_data["is_default"],
        )
        messages.success(request, _("Đã lưu thông tin xuất hóa đơn."))
        return redirect(booking)
    context = {
        "booking": booking,
        "form": form,
        "kept": buyers.buyer_of(user=user, reference=booking.reference),
    }
    return render(
        request, "rentals/trips/booking_invoice.html", context, status=422 if form.is_bound else 200
    )
