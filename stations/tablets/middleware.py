"""Keeps sessions that began with a PIN at the counter: six digits open nobody's account, nor the admin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from stations.tablets.access import is_by_pin

# The counter's pages, the contracts that they link to, and the way out.
COUNTER = ("/station/", "/contracts/", "/account/logout/")


class PinSessionMiddleware:
    """Treats whoever signed in by PIN as nobody, except at the counter. Reads nothing until somebody asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(COUNTER):
            request.user = SimpleLazyObject(lambda: _beyond_the_counter(request))  # type: ignore[assignment]
        return self.get_response(request)


def _beyond_the_counter(request: HttpRequest) -> Any:
    return AnonymousUser() if is_by_pin(request) else get_user(request)
