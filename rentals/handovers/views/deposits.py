"""The deposit at the counter: hold it on the card now, ask the renter to pay it, or let them go without."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from payments.intents.enums import CHECKERS, HoldState
from payments.intents.services import place_now, request_deposit, waive_deposit
from payments.intents.targets import needs_deposit
from rentals.bookings.models import Booking
from rentals.handovers.cash import cash_offer
from rentals.handovers.deposits import standing_of
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import ReasonForm
from rentals.handovers.views.pages import UNPROCESSABLE, booking_at, page, posted
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
@throttled("reviews")
def deposit(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show how the deposit stands and what can be done; a post waives it, with a reason."""
    booking = _booking_at(desk, code)
    form, refusal = ReasonForm(posted(request)), None
    if request.method == "POST" and form.is_valid():
        try:
            waive_deposit(reference=booking.reference, reason=form.cleaned_data["reason"], by=desk.actor)
        except DomainError as error:
            refusal = error
        else:
            messages.success(request, _("Khách được miễn cọc cho lượt đặt này."))
            return redirect("station:deposit", code=code)
    return _page(request, desk, booking, form, refusal)


@require_POST
@at_desk
@throttled("reviews")
def deposit_place(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Hold the deposit on the card that the renter has left for it, now."""
    booking = _booking_at(desk, code)
    try:
        hold = place_now(reference=booking.reference, by=desk.actor)
    except DomainError as error:
        return _page(request, desk, booking, ReasonForm(), error)
    if hold.state == HoldState.HELD:
        messages.success(request, _("Tiền cọc đang được giữ trên thẻ, chưa thu."))
    elif hold.state == HoldState.FAILED:
        messages.error(
            request, _("Ngân hàng không đồng ý giữ. Khách đã nhận yêu cầu trả cọc bằng cách khác.")
        )
    else:
        messages.info(request, _("Ngân hàng chưa trả lời. Hệ thống hỏi lại sau ít phút."))
    return redirect("station:deposit", code=code)


@require_POST
@at_desk
@throttled("reviews")
def deposit_ask(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Ask the renter to pay the deposit: online by any method, or in cash here."""
    booking = _booking_at(desk, code)
    missing = standing_of(booking).missing
    if missing:
        try:
            request_deposit(reference=booking.reference, payer=booking.renter, amount=missing, by=desk.actor)
        except DomainError as error:
            return _page(request, desk, booking, ReasonForm(), error)
        messages.success(request, _("Khách đã nhận yêu cầu trả cọc qua email và trong tài khoản."))
    return redirect("station:deposit", code=code)


def _booking_at(desk: Desk, code: str) -> Booking:
    booking = booking_at(desk, code)
    if not needs_deposit(booking.reference) or booking.state == "held":
        raise Http404
    return booking


def _page(
    request: HttpRequest, desk: Desk, booking: Booking, form: ReasonForm, refusal: DomainError | None
) -> HttpResponse:
    context = {
        "booking": booking,
        "vehicle": booking.allocation.vehicle,
        "deposit": standing_of(booking),
        "form": form,
        "refusal": refusal,
        "may_decide": desk.actor.kind in CHECKERS,
        "cash": cash_offer(booking),
    }
    status = refusal.status if refusal else UNPROCESSABLE if form.errors else 200
    return page(request, desk, "station/deposit.html", context, status=status)
