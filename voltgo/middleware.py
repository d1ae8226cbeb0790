"""What happens around every request: probes, the request's id, refusals as pages, the admin's own policy."""

import re
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.defaults import bad_request

from voltgo.core import health
from voltgo.core.errors import DomainError
from voltgo.core.logs import set_request_id
from voltgo.core.views import API_PREFIX, refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# The pages ask for the camera (documents, photos, QR codes) and the position (nearest station); nobody else may.
PERMISSIONS_POLICY = (
    "camera=(self), geolocation=(self), microphone=(), payment=(), usb=(), "
    "accelerometer=(), gyroscope=(), magnetometer=(), midi=(), display-capture=(), browsing-topics=()"
)
# Unfold's Alpine.js evaluates expressions that stand in attributes, and sets styles on elements.
ADMIN_POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
ADMIN_PREFIX = "/admin/"
# How the database driver says it.
NUL_REFUSED = "cannot contain NUL"


class HealthMiddleware:
    """Answers /livez and /readyz above everything: probes arrive with an address as their Host."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/livez":
            return _probe({"status": "alive"})
        if request.path == "/readyz":
            return self._readiness()
        return self.get_response(request)

    def _readiness(self) -> HttpResponse:
        if health.is_draining():
            return _probe({"status": "draining"}, status=503)
        down = health.failures()
        if down:
            return _probe({"status": "unavailable", "down": down}, status=503)
        return _probe({"status": "ready"})


def _probe(answer: dict[str, object], *, status: int = 200) -> JsonResponse:
    return JsonResponse(answer, status=status, headers={"Cache-Control": "no-store"})


class RequestContextMiddleware:
    """Gives each request an id that stands in its log lines, its error page and its answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        offered = request.headers.get("X-Request-ID", "")
        request_id = offered if SANE_REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        set_request_id(request_id)
        request.request_id = request_id  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            set_request_id("")
        response.headers["X-Request-ID"] = request_id
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response


class NullCharacterMiddleware:
    """Refuses addresses and fields with a NUL character: PostgreSQL holds none, so a look-up would be our error."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("NUL in the address")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 where a view took a NUL out of a posted field; a form's own fields refuse it before."""
        if isinstance(exception, DataError) and NUL_REFUSED in str(exception):
            return bad_request(request, exception)
        return None


class DomainErrorMiddleware:
    """Turns a refusal that no view has caught into a page that says it; the API has its own handler."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path.startswith(ADMIN_PREFIX):
            # Read by CSPMiddleware, which adds these sources to the site's policy.
            response._csp_update = ADMIN_POLICY  # type: ignore[attr-defined]  # noqa: SLF001
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError) and not request.path.startswith(API_PREFIX):
            return refused(request, exception)
        return None
