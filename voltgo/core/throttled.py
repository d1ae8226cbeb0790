"""Rate limits for pages: the API's rates, answered with a page instead of a problem document.

Counted in one round trip to Redis. The API's own classes take two, and let rivals through between them.
"""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from math import ceil
from typing import Any, Concatenate, ParamSpec

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_redis.client import DefaultClient
from redis.exceptions import RedisError
from rest_framework.throttling import UserRateThrottle

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponse]

# The times of the last calls, newest first, as many as are allowed within the span: the call is one too many while
# the oldest of them still counts. Returns how many milliseconds that will be, 0 if the call is allowed.
PACE = """
local now, span, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local oldest = redis.call('LINDEX', KEYS[1], most - 1)
if oldest and tonumber(oldest) + span > now then
    return tonumber(oldest) + span - now
end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, most - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0
"""


class PageThrottle(UserRateThrottle):
    """Lets so many calls of a person or an address through in any span of time; all of them if Redis is away."""

    # Both set by the class above, from the rate.
    duration: int
    num_requests: int
    cache_format = "pace_%(scope)s_%(ident)s"
    milliseconds_left = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        key = self.get_cache_key(request, view)
        client: DefaultClient = cache.client  # type: ignore[attr-defined]
        span = self.duration * 1000
        try:
            pace = client.get_client(write=True).register_script(PACE)
            left = pace([client.make_key(str(key))], [int(self.timer() * 1000), span, self.num_requests])
        except RedisError:
            return True
        self.milliseconds_left = int(left)
        return self.milliseconds_left == 0

    def wait(self) -> float:
        return self.milliseconds_left / 1000


def throttled(
    scope: str, *, when: Callable[[HttpRequest], bool] = lambda _request: True
) -> Callable[[View[Arguments]], View[Arguments]]:
    """Limit POSTs to a view, by person or else by address; the rate stands in settings.REST_FRAMEWORK.

    With `when` only those for which it is true count.
    """
    throttle_class = type("ScopedThrottle", (PageThrottle,), {"scope": scope})

    def decorate(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def limited(
            request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs
        ) -> HttpResponse:
            if request.method != "POST" or not when(request):
                return view(request, *args, **kwargs)
            throttle = throttle_class()
            if not throttle.allow_request(request, None):
                response = render(request, "429.html", status=HTTPStatus.TOO_MANY_REQUESTS)
                response["Retry-After"] = str(ceil(throttle.wait()))
                return response
            return view(request, *args, **kwargs)

        return limited

    return decorate
