"""A renter's pages for changing a booking and extending a rental: choose, see the difference, confirm, pay."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.addresses import client_address
from payments.intents.models import PaymentIntent
from payments.intents.presentation import payment_page
from rentals.bookings.models import Booking
from rentals.changes import presentation, services
from rentals.changes.enums import ChangeKind, ChangeState
from rentals.changes.errors import CannotExtend, ExtensionBlocked, PreviewOver
from rentals.changes.forms import ChangeForm, ExtensionForm, extras_form
from rentals.changes.models import BookingChange
from rentals.changes.selectors import open_change, running_rental
from rentals.changes.services.preview import fresh, preview_of
from rentals.changes.services.request import check_quote
from rentals.handovers.models import Rental
from rentals.pricing.models import Quote
from voltgo.core import clock
from voltgo.core.errors import DomainError
from voltgo.core.money import Dong
from voltgo.core.throttled import throttled

CHOOSE = "rentals/changes/change_choose.html"
EXTEND = "rentals/changes/extension_choose.html"
PREVIEW = "rentals/changes/change_preview.html"
DETAIL = "rentals/changes/change_detail.html"


def _renter(request: HttpRequest) -> User:
    """Return the signed-in person; login_required has let nobody else through."""
    return cast("User", request.user)


def _own_or_404(request: HttpRequest, code: str) -> Booking:
    """Return a renter's own booking; another's looks like one that does not exist."""
    bookings = Booking.objects.filter(renter=_renter(request)).select_related(
        "quote__pickup_station", "allocation__vehicle", "model", "pickup_station", "return_station", "renter"
    )
    return get_object_or_404(bookings, code=code)


def _waiting(booking: Booking) -> HttpResponse | None:
    """Return the way to the change that waits for its money, if there is one."""
    change = open_change(booking)
    return redirect("rentals:change-detail", booking.code, change.code) if change else None


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def change_choose(request: HttpRequest, code: str) -> HttpResponse:
    """Choose what a booking is to become; a POST freezes the price and goes on to the difference."""
    booking = _own_or_404(request, code)
    if (waiting := _waiting(booking)) is not None:
        return waiting
    if booking.state != "confirmed":
        messages.warning(request, _("Lượt đặt này không thể đổi được nữa."))
        return redirect(booking)
    is_sent = request.method == "POST"
    form = ChangeForm(request.POST if is_sent else None, booking=booking)
    extras = extras_form(request.POST if is_sent else None, booking)
    context: dict[str, Any] = {"booking": booking, "form": form, "extras": extras}
    if not is_sent:
        return render(request, CHOOSE, context)
    if not (form.is_valid() and extras.is_valid()):
        return render(request, CHOOSE, context, status=422)
    try:
        preview = services.preview_change(booking=booking, wanted=form.wanted(extras))
    except DomainError as refusal:
        return render(request, CHOOSE, context | {"refusal": refusal}, status=refusal.status)
    return redirect("rentals:change-preview", booking.code, preview.after.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def extension_choose(request: HttpRequest, code: str) -> HttpResponse:
    """Choose until when a rental is to last: one tap for what most people want, or any moment."""
    booking = _own_or_404(request, code)
    if (waiting := _waiting(booking)) is not None:
        return waiting
    rental = running_rental(booking)
    try:
        if rental is None:
            raise CannotExtend
        services.check_may_extend(rental, booking)
    except DomainError as refusal:
        messages.warning(request, str(refusal))
        return redirect(booking)
    if request.method != "POST":
        return render(request, EXTEND, _extension_page(booking, rental))
    form = ExtensionForm(request.POST, booking=booking, due_at=rental.due_at)
    tapped = _tapped(request)
    ends_at, back = (tapped, None) if tapped else (form.ends_at, form.destination)
    if ends_at is None:
        return render(request, EXTEND, _extension_page(booking, rental, form), status=422)
    try:
        preview = services.preview_extension(rental=rental, ends_at=ends_at, return_station=back)
    except DomainError as refusal:
        context = _extension_page(booking, rental, form if form.is_valid() else None, refusal)
        return render(request, EXTEND, context, status=refusal.status)
    return redirect("rentals:change-preview", booking.code, preview.after.pk)


def _tapped(request: HttpRequest) -> datetime | None:
    """Return the end of the button that was tapped; a text that is no moment counts as none."""
    try:
        moment = parse_datetime(request.POST.get("ends_at", ""))
    except ValueError:
        return None
    return moment.replace(second=0, microsecond=0) if moment is not None and moment.tzinfo else None


def _extension_page(
    booking: Booking, rental: Rental, form: ExtensionForm | None = None, refusal: DomainError | None = None
) -> dict[str, Any]:
    return {
        "booking": booking,
        "rental": rental,
        "form": form or ExtensionForm(None, booking=booking, due_at=rental.due_at),
        "choices": presentation.quick_choices(rental),
        "refusal": refusal,
        "longest": refusal.longest if isinstance(refusal, ExtensionBlocked) else None,
    }


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("hold")
def change_preview(request: HttpRequest, code: str, quote_id: UUID) -> HttpResponse:
    """Show a booking before and after with the difference; a POST asks for the change and goes on to pay."""
    booking = _own_or_404(request, code)
    quotes = Quote.objects.select_related("model", "vehicle", "pickup_station", "return_station")
    quote = get_object_or_404(quotes, pk=quote_id, replaces__in=_quotes_of(booking))
    done = BookingChange.objects.filter(after_quote=quote).first()
    if done is not None:
        return redirect("rentals:change-detail", booking.code, done.code)
    rental = running_rental(booking)
    context = _preview_page(booking, quote, rental)
    if request.method != "POST":
        return render(request, PREVIEW, context)
    if request.POST.get("fee") != str(context["difference"].fee):
        # A tier has ended since the page was shown: nobody pays a fee that they have not seen.
        return render(request, PREVIEW, context | {"has_changed": True}, status=409)
    try:
        change = _ask(request, booking, quote, rental, context["difference"].fee)
    except DomainError as refusal:
        return render(request, PREVIEW, context | {"refusal": refusal}, status=refusal.status)
    if change.state == ChangeState.APPLIED:
        messages.success(request, _("Đã gia hạn.") if rental is not None else _("Đã đổi lượt đặt."))
        return redirect(booking)
    return redirect(PaymentIntent.objects.get(idempotency_key=change.reference))


def _quotes_of(booking: Booking) -> list[UUID]:
    """Return the booking's quote and those that it had before: what its previews may replace."""
    return [booking.quote_id, *booking.changes.values_list("before_quote", flat=True)]


def _ask(
    request: HttpRequest, booking: Booking, quote: Quote, rental: Rental | None, agreed_fee: Dong
) -> BookingChange:
    asked: dict[str, Any] = {
        "quote": quote,
        "idempotency_key": f"web:{quote.pk}",
        "by": renter_actor(_renter(request)),
        "ip_address": client_address(request) or None,
        "device": request.headers.get("User-Agent", ""),
        "agreed_fee": agreed_fee,
    }
    if rental is not None:
        return services.request_extension(rental=rental, **asked)
    return services.request_change(booking=booking, **asked)


def _preview_page(booking: Booking, quote: Quote, rental: Rental | None) -> dict[str, Any]:
    booking = fresh(booking)
    preview = preview_of(booking, quote)
    try:
        check_quote(booking, quote)
    except PreviewOver as refusal:
        over: DomainError | None = refusal
    else:
        over = None
    return {
        "booking": booking,
        "quote": quote,
        "is_extension": rental is not None,
        "over": over,
        "facts": presentation.compared(preview.before, preview.after),
        "sides": [
            presentation.price_of(preview.before, _("Giá bây giờ")),
            presentation.price_of(preview.after, _("Giá sau khi đổi")),
        ],
        "difference": preview.difference,
        "lines": presentation.difference_lines(preview.difference),
        "outcome": presentation.outcome_of(preview.difference),
        "button": presentation.button_of(preview, is_extension=rental is not None),
        "cap": presentation.cap_words(preview),
        "minutes_left": max(0, int((quote.expires_at - clock.now()).total_seconds()) // 60),
    }


def _change_or_404(request: HttpRequest, code: str, change_code: str) -> BookingChange:
    changes = BookingChange.objects.filter(booking__renter=_renter(request), booking__code=code).select_related(
        "booking__model", "before_quote__model", "after_quote__model", "after_quote__vehicle",
        "before_quote__vehicle", "before_quote__pickup_station", "before_quote__return_station",
        "after_quote__pickup_station", "after_quote__return_station",
    )  # fmt: skip
    return get_object_or_404(changes, code=change_code)


@login_required
@never_cache
@require_safe
def change_detail(request: HttpRequest, code: str, change_code: str) -> HttpResponse:
    """Show how a change stands: waiting for its money with the time left, done, or over."""
    change = _change_or_404(request, code, change_code)
    if change.state == ChangeState.APPLIED:
        return redirect(change.booking)
    intent = PaymentIntent.objects.filter(idempotency_key=change.reference).first()
    context = {
        "change": change,
        "booking": change.booking,
        "is_extension": change.kind == ChangeKind.EXTENSION,
        "is_open": change.shown_state == ChangeState.AWAITING_PAYMENT,
        "intent": intent,
        "payment": payment_page(intent) if intent else None,
        "facts": presentation.compared(change.before_quote, change.after_quote),
        "after": presentation.price_of(change.after_quote, _("Giá sau khi đổi")),
    }
    return render(request, DETAIL, context)


@login_required
@require_POST
@throttled("hold")
def change_withdraw(request: HttpRequest, code: str, change_code: str) -> HttpResponse:
    """Take back a change that waits for its money."""
    change = _change_or_404(request, code, change_code)
    try:
        services.withdraw_change(change=change, by=renter_actor(_renter(request)))
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Đã bỏ thay đổi. Lượt đặt giữ nguyên như trước."))
    return redirect(change.booking)
