"""Keeps sessions that began with a PIN at the counter, where they open nobody's account; and those of tablets short."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from stations.tablets.access import IDLE, MARK, is_by_pin

# The counter's pages, the contracts that they link to, and the way out.
COUNTER = ("/station/", "/contracts/", "/account/logout/")
SECONDS = int(IDLE.total_seconds())


class PinSessionMiddleware:
    """Treats whoever signed in by PIN as nobody, except at the counter. Reads nothing until somebody asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(COUNTER):
            request.user = SimpleLazyObject(lambda: _beyond_the_counter(request))  # type: ignore[assignment]
        response = self.get_response(request)
        # A full sign-in on a tablet is short from its start, wherever it leads.
        if MARK in request.COOKIES and request.session.modified and _is_long(request):
            request.session.set_expiry(SECONDS)
        return response


def _is_long(request: HttpRequest) -> bool:
    return not request.session.is_empty() and request.session.get_expiry_age() > SECONDS


def _beyond_the_counter(request: HttpRequest) -> Any:
    return AnonymousUser() if is_by_pin(request) else get_user(request)
