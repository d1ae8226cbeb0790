"""What every writing call of the tablet app must show: a token against forgery, and some patience."""

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import Any, Concatenate, ParamSpec, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from stations.tablets.access import ApiView, tablet_api
from stations.tablets.models import Tablet
from voltgo.core.throttled import PageThrottle

Params = ParamSpec("Params")
WRITES = frozenset({"POST", "PUT"})


class _Check(CsrfViewMiddleware):
    """Says why instead of answering with a page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


class _SyncThrottle(PageThrottle):
    """Counts by tablet: its people share it."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": view.code}


def sync_api(
    scope: str,
) -> Callable[[ApiView[Params]], Callable[Concatenate[HttpRequest, Params], HttpResponse]]:
    """Give a view the tablet that calls it, after token and pace were looked at."""

    def decorate(view: ApiView[Params]) -> Callable[Concatenate[HttpRequest, Params], HttpResponse]:
        @wraps(view)
        def guarded(
            request: HttpRequest, tablet: Tablet, /, *args: Params.args, **kwargs: Params.kwargs
        ) -> HttpResponse:
            if request.method in WRITES and not _is_genuine(request):
                return JsonResponse({"code": "csrf"}, status=403)
            throttle = _SyncThrottle(scope)
            if not throttle.allow_request(request, tablet):
                seconds = ceil(throttle.wait())
                response = JsonResponse({"code": "too_many", "retry_after": seconds}, status=429)
                response.headers["Retry-After"] = str(seconds)
                return response
            return view(request, tablet, *args, **kwargs)

        # The site's own check answers with a page; ours stands above.
        exempt = csrf_exempt(tablet_api(guarded))
        return cast("Callable[Concatenate[HttpRequest, Params], HttpResponse]", exempt)

    return decorate


def _is_genuine(request: HttpRequest) -> bool:
    check = _Check(lambda _request: HttpResponse())
    check.process_request(request)
    refusal = check.process_view(request, _no_view, (), {})
    return refusal is None


def _no_view(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()
