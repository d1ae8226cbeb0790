"""Pages of additional drivers: the renter's list of them, and the invited person's answer."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from accounts.kyc.eligibility import Eligibility, NotEligible
from rentals.bookings.models import Booking
from rentals.drivers import services
from rentals.drivers.enums import DriverState
from rentals.drivers.forms import AgreeForm, InviteForm
from rentals.drivers.models import AdditionalDriver
from rentals.drivers.selectors import drivers_of, invitation_for, may_change_drivers
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

PAGE = "rentals/drivers/list.html"
ANSWER = "rentals/drivers/answer.html"
UNPROCESSABLE = 422


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def driver_invite(request: HttpRequest, code: str) -> HttpResponse:
    """Show who drives along, and ask one more."""
    booking = _own_or_404(request, code)
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            services.invite_driver(
                booking=booking, email=form.cleaned_data["email"], by=renter_actor(signed_in(request))
            )
        except DomainError as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, _("Đã gửi lời mời. Người được mời trả lời qua email."))
            return redirect("rentals:driver-invite", code=booking.code)
    context = {
        "booking": booking,
        "drivers": drivers_of(booking),
        "form": form,
        "may_change": may_change_drivers(booking),
        "most": services.MOST_DRIVERS,
    }
    return render(request, PAGE, context, status=UNPROCESSABLE if form.is_bound else 200)


@login_required
@require_POST
def driver_remove(request: HttpRequest, code: str, driver: str) -> HttpResponse:
    """Take an invitation or a driver back."""
    booking = _own_or_404(request, code)
    row = get_object_or_404(AdditionalDriver.objects.select_related("booking"), booking=booking, code=driver)
    try:
        services.remove_driver(driver=row, by=renter_actor(signed_in(request)))
    except DomainError as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Đã bỏ người lái này."))
    return redirect("rentals:driver-invite", code=booking.code)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def drive_along(request: HttpRequest, code: str) -> HttpResponse:
    """Let the invited person see what they are asked, whether they may drive, and answer."""
    user = signed_in(request)
    driver = invitation_for(user, code)
    if driver is None:
        raise Http404
    form = AgreeForm(request.POST if request.POST.get("answer") == "accept" else None)
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "decline":
                services.decline_invitation(driver=driver, user=user, by=renter_actor(user))
                messages.success(request, _("Đã từ chối lời mời."))
                return redirect("rentals:drive-along", code=code)
            if form.is_valid():
                services.accept_invitation(driver=driver, user=user, by=renter_actor(user))
                messages.success(request, _("Đã nhận lời. Hãy mang giấy tờ gốc khi nhận xe."))
                return redirect("rentals:drive-along", code=code)
        except NotEligible:
            # The page below says why, with what to do about it.
            pass
        except DomainError as refusal:
            form.add_error(None, str(refusal))
    eligibility = services.drive_eligibility(user=user, booking=driver.booking)
    context = {
        "driver": driver,
        "booking": driver.booking,
        "form": form,
        "is_open": driver.state == DriverState.INVITED and may_change_drivers(driver.booking),
        "may_decline": driver.state in {DriverState.INVITED, DriverState.ACCEPTED}
        and may_change_drivers(driver.booking),
        "eligibility": eligibility,
        "cures": _cures(request, eligibility),
    }
    return render(request, ANSWER, context, status=UNPROCESSABLE if request.method == "POST" else 200)


def _cures(request: HttpRequest, eligibility: Eligibility) -> list[dict[str, str]]:
    """Return the pages where the person can do something about the reasons, each once, with the way back."""
    labels = {"accounts:identity": _("Gửi giấy tờ"), "accounts:profile": _("Bổ sung hồ sơ")}
    back = urlencode({"next": request.path})
    return [
        {"label": labels[page], "href": f"{reverse(page)}?{back}"}
        for page in dict.fromkeys(r.page for r in eligibility.reasons if not r.is_waiting)
        if page in labels
    ]


def _own_or_404(request: HttpRequest, code: str) -> Booking:
    """Return a renter's own booking; another's looks like one that does not exist."""
    bookings = Booking.objects.select_related(
        "renter", "model", "pickup_station", "allocation__vehicle__model"
    )
    return get_object_or_404(bookings, renter=signed_in(request), code=code)
