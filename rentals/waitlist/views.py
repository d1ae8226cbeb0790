"""A renter's own pages: what they wait for, what they like, and booking the same again."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from payments.intents.models import PaymentIntent
from rentals.bookings import periods
from rentals.bookings.models import Booking
from rentals.bookings.services import check_eligibility
from rentals.policies.selectors import policy_today
from rentals.waitlist.again import again_of
from rentals.waitlist.errors import VehicleIsFree
from rentals.waitlist.favourites import favourites_of, thing_of
from rentals.waitlist.forms import JoinForm
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.selectors import ended_entries, open_entries
from rentals.waitlist.services import (
    add_favourite,
    join_waitlist,
    remove_favourite,
    withdraw_entry,
)
from stations.fleet.models import VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import active_stations, openings_of
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

JOIN = "rentals/waitlist/join.html"
UNPROCESSABLE = 422
# How far ahead closures matter to these pages.
AHEAD = timedelta(days=90)


@login_required
@never_cache
@require_safe
def waitlist(request: HttpRequest) -> HttpResponse:
    """Show what the renter waits for, offers first, then what has ended."""
    renter = signed_in(request)
    entries = list(open_entries(renter))
    pay_pages = _pay_pages([entry.booking for entry in entries if entry.booking])
    context = {
        "entries": [
            {"entry": entry, "pay_url": pay_pages.get(entry.booking.reference) if entry.booking else None}
            for entry in entries
        ],
        "ended": ended_entries(renter),
        "now": clock.now(),
    }
    return render(request, "rentals/waitlist/list.html", context)


def _pay_pages(bookings: list[Booking]) -> dict[str, str]:
    """Return where each offered booking is paid. One query, and none if nothing is offered."""
    if not bookings:
        return {}
    intents = PaymentIntent.objects.filter(reference__in=[booking.reference for booking in bookings])
    return {intent.reference: intent.get_absolute_url() for intent in intents.order_by("created_at")}


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@throttled("quote")
def waitlist_join(request: HttpRequest) -> HttpResponse:
    """Show what somebody is about to wait for, and put them into the queue."""
    form = _join_form(request)
    station, model, period = form.chosen_station, form.chosen_model, form.period
    if request.method != "POST":
        form.forgive_blanks()
        return render(request, JOIN, _join_page(request, form))
    if station is None or model is None or period is None:
        return render(request, JOIN, _join_page(request, form), status=UNPROCESSABLE)
    renter = signed_in(request)
    try:
        join_waitlist(renter=renter, station=station, model=model, period=period, by=renter_actor(renter))
    except DomainError as refusal:
        context = _join_page(request, form, refusal)
        return render(request, JOIN, context, status=refusal.status)
    messages.success(request, _("Bạn đã vào danh sách chờ. Chúng tôi báo ngay khi có xe."))
    return redirect("rentals:waitlist")


def _join_form(request: HttpRequest) -> JoinForm:
    data = request.POST if request.method == "POST" else request.GET
    stations = active_stations()
    chosen = next((station for station in stations if station.slug == data.get("station")), None)
    opening = _opening_of(chosen) if chosen else None
    return JoinForm(data, stations=stations, models=VehicleModel.objects.all(), opening=opening)


def _join_page(request: HttpRequest, form: JoinForm, refusal: DomainError | None = None) -> dict[str, Any]:
    station, model, period = form.chosen_station, form.chosen_model, form.period
    context: dict[str, Any] = {
        "form": form,
        "station": station,
        "model": model,
        "period": period,
        "refusal": refusal,
        "offer_minutes": policy_today().waitlist_offer_minutes,
    }
    if model is not None and period is not None:
        context["eligibility"] = check_eligibility(renter=signed_in(request), model=model, period=period)
    if isinstance(refusal, VehicleIsFree) and station and model and period:
        address = reverse("rentals:model-detail", args=[station.slug, model.slug])
        context["book_url"] = f"{address}?{periods.as_query(period)}"
    return context


@login_required
@require_POST
def waitlist_withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Leave a queue; an offer is let go for the next."""
    renter = signed_in(request)
    entry = get_object_or_404(WaitlistEntry, renter=renter, code=code)
    try:
        withdraw_entry(entry=entry, by=renter_actor(renter))
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Đã rút khỏi danh sách chờ."))
    return redirect("rentals:waitlist")


@login_required
@never_cache
@require_safe
def favourite_list(request: HttpRequest) -> HttpResponse:
    """Show what the renter likes, each with the next time it could be had."""
    return render(request, "rentals/favourites/list.html", {"liked": favourites_of(signed_in(request))})


@require_POST
@throttled("quote")
def favourite_change(request: HttpRequest, kind: str, slug: str) -> HttpResponse:
    """Mark a thing as a favourite, or forget it: `liked` says which, so that a second click changes nothing."""
    back = _way_back(request)
    if not request.user.is_authenticated:
        return redirect(f"{reverse('account_login')}?{urlencode({'next': back})}")
    thing = thing_of(kind, slug)
    if thing is None:
        raise Http404
    if request.POST.get("liked") == "yes":
        add_favourite(renter=signed_in(request), thing=thing)
        messages.success(request, _("Đã thêm vào yêu thích."))
    else:
        remove_favourite(renter=signed_in(request), thing=thing)
        messages.success(request, _("Đã bỏ khỏi yêu thích."))
    return redirect(back)


def _way_back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        return target
    return reverse("rentals:favourite-list")


@login_required
@never_cache
@require_safe
def booking_again(request: HttpRequest, code: str) -> HttpResponse:
    """Lead to the same model, station and length at the next sensible time, ready to be priced."""
    bookings = Booking.objects.select_related("model", "pickup_station", "allocation")
    booking = get_object_or_404(bookings, renter=signed_in(request), code=code)
    station = booking.pickup_station
    if not station.is_active:
        messages.warning(request, _("Trạm này không còn hoạt động. Hãy chọn một trạm khác."))
        return redirect(f"{reverse('rentals:station-list')}?{urlencode({'kind': booking.model.kind})}")
    again = again_of(booking, _opening_of(station))
    if again.vehicle is not None:
        address = reverse("rentals:vehicle-detail", args=[again.vehicle.code])
    else:
        address = reverse("rentals:model-detail", args=[station.slug, booking.model.slug])
    return redirect(f"{address}?{periods.as_query(again.period)}")


def _opening_of(station: Station) -> Opening:
    """Return the hours of one station, with the closures of the coming weeks."""
    now = clock.now().replace(microsecond=0)
    return openings_of([station.pk], Period(now, now + AHEAD))[station.pk]
