"""A walk-in at the counter: find the renter, choose a vehicle that stands ready, let them pay, give the keys.

Three presses for a known renter: find, hold, begin the handover.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.kyc.selectors import identity_summary
from accounts.users.errors import EmailTaken
from accounts.users.invitations import invite_renter
from accounts.users.models import User
from payments.intents.selectors import intents_of
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.errors import TooManyBookings, TooManyBookingsAhead, TooManyBookingsToday
from rentals.bookings.models import Booking
from rentals.bookings.rules import LATEST_START
from rentals.handovers import walk_in as counter
from rentals.handovers.cash import cash_offer
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.errors import PriceHasChanged
from rentals.handovers.forms import refuse
from rentals.handovers.papers import FOUND
from rentals.handovers.services.walk_in import hold_at_counter, look_up
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.handovers.walk_in_forms import FindForm, NewRenterForm
from stations.fleet.models import Vehicle
from stations.network.hours import Opening
from stations.network.selectors import openings_of
from voltgo.core import clock
from voltgo.core.actors import ActorKind
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

FORM_METHODS = ["GET", "HEAD", "POST"]
FOUND_KEPT = 20
LIMITS = (TooManyBookings, TooManyBookingsAhead, TooManyBookingsToday)


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("people")
def walk_in(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Find a renter by their exact email or telephone number; a single hit goes straight on."""
    form = FindForm(posted(request))
    context: dict[str, Any] = {"form": form}
    if request.method != "POST" or not form.is_valid():
        status = UNPROCESSABLE if form.is_bound else 200
        return page(request, desk, "station/walk_in/find.html", context, status=status)
    typed = form.cleaned_data["who"]
    found = look_up(typed, station=desk.station, by=desk.actor)
    for renter in found:
        _remember(request, renter)
    if len(found) == 1:
        return redirect("station:walk-in-choose", public_id=found[0].public_id)
    context |= {
        "found": [counter.Masked(renter) for renter in found],
        "new_form": None if found else NewRenterForm(initial=_as_new(typed)),
    }
    return page(request, desk, "station/walk_in/find.html", context)


def _as_new(typed: str) -> dict[str, str]:
    return {"email" if "@" in typed else "phone": typed}


@require_http_methods(["POST"])
@at_desk
@throttled("people")
def walk_in_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open an account for somebody new; they get a mail to choose a password and send their papers."""
    form = NewRenterForm(request.POST)
    if form.is_valid():
        try:
            renter = invite_renter(**form.cleaned_data, by=desk.actor)
        except EmailTaken as taken:
            refuse(form, taken, "email")
        else:
            _remember(request, renter)
            return redirect("station:walk-in-choose", public_id=renter.public_id)
    context = {"form": FindForm(), "new_form": form, "found": []}
    return page(request, desk, "station/walk_in/find.html", context, status=UNPROCESSABLE)


def _remember(request: HttpRequest, renter: User) -> None:
    known = [public_id for public_id in request.session.get(FOUND, []) if public_id != renter.public_id]
    request.session[FOUND] = [*known, renter.public_id][-FOUND_KEPT:]


def _renter_or_404(request: HttpRequest, public_id: str) -> User:
    if public_id not in request.session.get(FOUND, []):
        raise Http404
    return get_object_or_404(User, public_id=public_id, is_active=True)


@never_cache
@require_http_methods(FORM_METHODS)
@at_desk
@throttled("hold")
def walk_in_choose(request: HttpRequest, desk: Desk, public_id: str) -> HttpResponse:
    """Show what stands ready until the chosen time, and hold the vehicle that the renter points at."""
    renter = _renter_or_404(request, public_id)
    if request.method != "POST":
        return page(request, desk, "station/walk_in/choose.html", _choose_page(request, desk, renter))
    vehicle = get_object_or_404(
        Vehicle.objects.at(desk.station).select_related("model", "station__city"),
        code=request.POST.get("vehicle", ""),
    )
    try:
        booking = hold_at_counter(
            renter=renter,
            vehicle=vehicle,
            period=_posted_period(request),
            expected_total=_posted_total(request),
            key=request.POST.get("key", "")[:40] or uuid.uuid4().hex,
            by=desk.actor,
            waives_limits=_is_waived(request, desk),
        )
    except (DomainError, ValueError) as refusal:
        context = _choose_page(request, desk, renter, refusal)
        status = refusal.status if isinstance(refusal, DomainError) else UNPROCESSABLE
        return page(request, desk, "station/walk_in/choose.html", context, status=status)
    return redirect("station:walk-in-booking", code=booking.code)


def _is_waived(request: HttpRequest, desk: Desk) -> bool:
    return desk.actor.kind == ActorKind.SUPERVISOR and request.POST.get("waive") == "yes"


def _posted_total(request: HttpRequest) -> int:
    """Return the price that was shown; what is no number is no price, so the present one is shown again."""
    try:
        return int(request.POST.get("total", ""))
    except ValueError:
        return 0


def _posted_period(request: HttpRequest) -> Period:
    """Return the period that was shown with the price; "now" may be some minutes ago.

    Raises:
        ValueError: it is no period, or the page has been open for too long.
    """
    starts_at = parse_datetime(request.POST.get("starts_at", ""))
    ends_at = parse_datetime(request.POST.get("ends_at", ""))
    if starts_at is None or ends_at is None or starts_at.tzinfo is None or ends_at.tzinfo is None:
        raise ValueError(_("Hãy chọn lại giờ trả."))
    if starts_at < clock.now() - LATEST_START + timedelta(minutes=1):
        raise ValueError(_("Trang đã mở quá lâu. Giá mới ở bên dưới, hãy chọn lại xe."))
    return Period(starts_at, ends_at)


def _choose_page(
    request: HttpRequest, desk: Desk, renter: User, refusal: Exception | None = None
) -> dict[str, Any]:
    opening = _opening_of(desk)
    start = counter.start_now()
    is_open = opening.is_open_at(start)
    choices = counter.choices_of(opening, start) if is_open else []
    chosen = counter.chosen_of(choices, request.POST.get("until") or request.GET.get("until", ""))
    context: dict[str, Any] = {
        "renter": renter,
        "papers": identity_summary(renter).papers,
        "is_open": is_open,
        "start": start,
        "chosen": chosen,
        "tabs": [_tab(request, choice, chosen) for choice in choices],
        "key": uuid.uuid4().hex,
        "refusal": refusal,
    }
    if chosen is not None:
        ready = counter.ready_now(desk.station, Period(start, chosen.ends_at), renter)
        context |= {
            "ready": ready,
            "reasons": _reasons(ready),
            "starts_at": start.isoformat(),
            "ends_at": chosen.ends_at.isoformat(),
        }
    if isinstance(refusal, PriceHasChanged):
        context["changed"] = refusal.details
    if isinstance(refusal, LIMITS) and desk.actor.kind == ActorKind.SUPERVISOR:
        context["may_waive"] = request.POST.get("vehicle", "")
    if any(not paper.is_approved and not paper.is_waiting for paper in context["papers"]):
        address = settings.SITE_URL.rstrip("/") + reverse("accounts:identity")
        context |= {"identity_qr": _qr(address), "identity_url": address}
    return context


def _reasons(ready: list[counter.Ready]) -> list[Any]:
    """Return why nothing here may be driven by this renter; nothing if they may drive something."""
    if any(each.eligibility.is_eligible for each in ready) or not ready:
        return []
    return list(ready[0].eligibility.reasons)


def _tab(request: HttpRequest, choice: counter.Until, chosen: counter.Until | None) -> dict[str, Any]:
    return {
        "label": f"{choice.label} · {clock.local(choice.ends_at):%H:%M}",
        "href": f"{request.path}?until={choice.key}",
        "current": chosen is not None and chosen.key == choice.key,
    }


def _opening_of(desk: Desk) -> Opening:
    now: datetime = clock.now().replace(microsecond=0)
    return openings_of([desk.station.pk], Period(now, now + timedelta(days=8)))[desk.station.pk]


@never_cache
@require_safe
@at_desk
def walk_in_booking(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Show the code with which the renter pays on their own telephone; once paid, the handover begins here."""
    booking = get_object_or_404(
        Booking.objects.select_related("renter", "quote", "model", "allocation__vehicle__model"),
        code=code,
        pickup_station=desk.station,
        channel=Channel.COUNTER,
    )
    intent = intents_of(booking.reference).last()
    address = settings.SITE_URL.rstrip("/") + intent.get_absolute_url() if intent else ""
    is_waiting = booking.shown_state == BookingState.HELD
    context = {
        "booking": booking,
        "vehicle": booking.allocation.vehicle,
        "is_waiting": is_waiting,
        "pay_url": address,
        "qr": _qr(address) if is_waiting and address else "",
        "cash": cash_offer(booking) if is_waiting else None,
        "may_choose_again": booking.renter.public_id in request.session.get(FOUND, []),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "station/walk_in/_booking.html" if is_fragment else "station/walk_in/booking.html"
    return page(request, desk, template, context)


def _qr(address: str) -> SafeString:
    code = segno.make(address, error="m", micro=False)
    return mark_safe(code.svg_inline(border=1, omitsize=True))  # noqa: S308 (drawn by segno from our own address)
