"""Rate limits for pages: the API's throttles, answered with a page instead of a problem document."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.throttling import UserRateThrottle

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]


def throttled(
    scope: str, *, when: Callable[[HttpRequest], bool] = lambda _request: True
) -> Callable[[View[Arguments]], View[Arguments]]:
    """Limit POSTs to a view, by person or else by address; the rate stands in settings.REST_FRAMEWORK.

    With `when` only those for which it is true count.
    """
    throttle_class = type("PageThrottle", (UserRateThrottle,), {"scope": scope})

    def decorate(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def limited(
            request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HttpResponse:
            if request.method != "POST" or not when(request):
                return view(request, *args, **kwargs)
            throttle: Any = throttle_class()
            if not throttle.allow_request(request, None):
                response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
                response["Retry-After"] = str(int(throttle.wait() or 60) + 1)
                return response
            return view(request, *args, **kwargs)

        return limited

    return decorate
