"""Calendar feeds: the page that gives out their addresses, and the feeds themselves."""

import hashlib
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.throttling import SimpleRateThrottle

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from rentals.calendars import ical
from rentals.calendars.models import CalendarFeed
from rentals.calendars.selectors import Entry, feed_of, find_feed, plan_of, trips_of
from rentals.calendars.services import issue_feed, note_read, revoke_feed
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.views.pages import page
from stations.fleet.models import Vehicle
from voltgo.core.actors import Actor
from voltgo.core.throttled import throttled

# Where a new address waits, once, for the page that shows it.
NEW_SECRET = "calendar_secret"  # noqa: S105 (the name of a session key)
FORM_METHODS = ["GET", "HEAD", "POST"]


class FeedThrottle(SimpleRateThrottle):
    """Counted by the feed's secret: a calendar that asks too often slows down nobody else."""

    scope = "calendar"

    def get_cache_key(self, request: Any, view: Any) -> str:
        ident = hashlib.sha256(request.path.encode()).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": ident}


@require_safe
def calendar_feed(request: HttpRequest, secret: str) -> HttpResponse:
    """Answer a calendar's question; whoever does not know a living address gets 404."""
    throttle: Any = FeedThrottle()
    if not throttle.allow_request(request, None):
        response = HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS, content_type="text/plain")
        response["Retry-After"] = str(int(throttle.wait() or 60) + 1)
        return response
    feed = find_feed(secret)
    if feed is None:
        raise Http404
    with translation.override(feed.owner.language):
        entries, name = _content(feed)
        body = ical.write(entries, name=name)
    note_read(feed)
    return _answer(request, body, entries, feed)


def _content(feed: CalendarFeed) -> tuple[list[Entry], str]:
    if feed.vehicle is None:
        return trips_of(feed.owner), _("VoltGo: chuyến của tôi")
    return plan_of(feed.vehicle), _("VoltGo: lịch xe %(plate)s") % {"plate": feed.vehicle.plate}


def _answer(request: HttpRequest, body: bytes, entries: list[Entry], feed: CalendarFeed) -> HttpResponse:
    """Answer 304 to a calendar that has these bytes already."""
    changed = max([feed.created_at, *(entry.marks.at for entry in entries)])
    etag = quote_etag(hashlib.sha256(body).hexdigest()[:32])
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer = get_conditional_response(request, etag, int(changed.timestamp()), response)
    assert isinstance(answer, HttpResponse)
    answer["ETag"] = etag
    answer["Last-Modified"] = http_date(int(changed.timestamp()))
    answer["Cache-Control"] = "private, max-age=300"
    answer["Content-Disposition"] = 'inline; filename="voltgo.ics"'
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


@login_required
@never_cache
@require_http_methods(FORM_METHODS)
@throttled("quote")
def calendar(request: HttpRequest) -> HttpResponse:
    """Give out, renew or take back the address of a renter's own calendar."""
    renter = signed_in(request)
    if request.method == "POST":
        _act(request, None, renter_actor(renter))
        return redirect("rentals:calendar")
    return render(request, "rentals/calendars/settings.html", _settings(request, feed_of(renter), None))


@require_http_methods(FORM_METHODS)
@at_desk
def vehicle_calendar(request: HttpRequest, desk: Desk, code: str) -> HttpResponseBase:
    """Give out, renew or take back the address of a vehicle's plan, to whoever works at its station."""
    vehicle = get_object_or_404(Vehicle.objects.at(desk.station).select_related("model"), code=code)
    if request.method == "POST":
        _act(request, vehicle, desk.actor)
        return redirect("station:vehicle-calendar", code=vehicle.code)
    context = _settings(request, feed_of(desk.user, vehicle), vehicle) | {"vehicle": vehicle}
    return page(request, desk, "station/vehicle/calendar.html", context)


def _act(request: HttpRequest, vehicle: Vehicle | None, by: Actor) -> None:
    user = signed_in(request)
    if request.POST.get("do") == "revoke":
        feed = feed_of(user, vehicle)
        if feed is not None:
            revoke_feed(feed=feed, by=by)
            messages.success(request, _("Đã thu hồi địa chỉ lịch. Lịch cũ không còn đọc được."))
        return
    request.session[_key(vehicle)] = issue_feed(owner=user, vehicle=vehicle, by=by)


def _key(vehicle: Vehicle | None) -> str:
    return f"{NEW_SECRET}:{vehicle.code if vehicle else ''}"


def _settings(request: HttpRequest, feed: CalendarFeed | None, vehicle: Vehicle | None) -> dict[str, Any]:
    secret = request.session.pop(_key(vehicle), "") if feed is not None else ""
    path = reverse("rentals:calendar-feed", args=[secret]) if secret else ""
    address = settings.SITE_URL.rstrip("/") + path if secret else ""
    # "webcal" makes telephones and desktop calendars offer to subscribe.
    subscribe = f"webcal:{address.partition(':')[2]}" if address else ""
    return {"feed": feed, "address": address, "subscribe": subscribe}
