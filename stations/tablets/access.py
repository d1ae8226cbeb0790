"""Which tablet a request comes from, who is signed in on it, and how a short session begins and ends there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from math import ceil
from typing import Any, Concatenate, ParamSpec, cast

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token

from accounts.access import recent
from accounts.users.models import User
from stations.network import services as network
from stations.network.models import StaffPost
from stations.tablets import services
from stations.tablets.enums import TabletState
from stations.tablets.errors import TabletRevoked, TabletUnknown, TooManyTries
from stations.tablets.models import Tablet
from stations.tablets.selectors import post_at
from voltgo.core import clock
from voltgo.core.errors import DomainError
from voltgo.core.throttled import PageThrottle

COOKIE = "tablet"
COOKIE_PATH = "/station/"
# Proves nothing; tells the sign-in, which does not see the cookie above, that this is a tablet.
MARK = "on_tablet"
COOKIE_AGE = timedelta(days=365)
# How long a tablet may lie there before it asks for the PIN again.
IDLE = timedelta(minutes=10)
# An unlocked tablet works without network for so long since it last heard from the server.
VALID_HOURS = 24

# In the session: the tablet that it belongs to, the last thing done by hand, and whether a PIN was all it took.
TABLET_KEY = "tablet"
ACTIVE_KEY = "tablet_active_at"
PIN_KEY = "by_pin"
# Renewing the session's end writes it; every half minute is often enough.
NOTED_EVERY = timedelta(seconds=30)
BACKEND = "accounts.users.backends.AuthenticationBackend"

Params = ParamSpec("Params")
ApiView = Callable[Concatenate[HttpRequest, Tablet, Params], HttpResponse]


# --- The device ---------------------------------------------------------------------------------


def tablet_of_request(request: HttpRequest) -> Tablet | None:
    """Return the enrolled tablet that sends this, with its station; None for any other device.

    Notes at most once a minute that it was seen. Asked twice, it answers from the request.

    Raises:
        TabletRevoked: the device was a tablet and is withdrawn.
    """
    if not hasattr(request, "_tablet"):
        request._tablet = _read_cookie(request)  # type: ignore[attr-defined]  # noqa: SLF001
    tablet: Tablet | None = request._tablet  # type: ignore[attr-defined]  # noqa: SLF001
    if tablet is not None and tablet.state == TabletState.REVOKED:
        raise TabletRevoked
    return tablet


def _read_cookie(request: HttpRequest) -> Tablet | None:
    code, _dot, secret = request.COOKIES.get(COOKIE, "").partition(".")
    if not code or not secret:
        return None
    tablet = services.find_tablet(code=code, secret=secret)
    if tablet is not None and tablet.state == TabletState.ENROLLED:
        services.note_seen(tablet=tablet)
        # Its app asks for no pages: whoever works by it alone is heard of all the same.
        network.note_seen(tablet.station)
    return tablet


def give_cookie(response: HttpResponseBase, enrolment: services.Enrolment) -> None:
    """Make the browser that gets this answer the tablet. Scripts cannot read it, other sites cannot send it."""
    _set_cookie(response, f"{enrolment.tablet.code}.{enrolment.secret}")


def renew_cookie(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let the tablet's cookie last another year: a tablet in use never becomes a stranger."""
    _set_cookie(response, request.COOKIES[COOKIE])


def _set_cookie(response: HttpResponseBase, secret: str) -> None:
    for name, value, path in ((COOKIE, secret, COOKIE_PATH), (MARK, "1", "/")):
        response.set_cookie(
            name,
            value,
            max_age=int(COOKIE_AGE.total_seconds()),
            path=path,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Strict",
        )


# --- The person ---------------------------------------------------------------------------------


def sign_in(request: HttpRequest, tablet: Tablet, *, person: str, pin: str) -> StaffPost:
    """Check a PIN and sign the person in on the tablet, in a session of their own with a new key.

    Raises:
        TooManyTries: the tablet tries too often.
        PersonUnknown, PinWrong, PinLocked: see services.check_pin.
    """
    _slow_down(request, tablet)
    post = services.unlock(tablet=tablet, person=person, pin=pin)
    user = post.user
    # Nothing of who was signed in before, and no key that was there before the PIN.
    request.session.flush()
    auth.login(request, user, backend=BACKEND)
    request.session[PIN_KEY] = True
    # What asks again who stands there (accounts.access.recent) has just been told.
    request.session[recent.SESSION_KEY] = clock.now().timestamp()
    _bind(request, tablet)
    return post


def person_of_request(request: HttpRequest, tablet: Tablet) -> StaffPost | None:
    """Return the post of whoever is signed in on the tablet, at its station; None if the PIN is due.

    Does not count as something done by hand: what the app asks by itself keeps nobody signed in.
    """
    user = request.user
    if not isinstance(user, User) or not _is_of(request, tablet) or is_idle(request):
        return None
    return post_at(user, tablet.station)


def enter(request: HttpRequest, tablet: Tablet, *, by_hand: bool) -> bool:
    """Say whether the signed-in person may go on without a PIN, and count this as something they did.

    A full sign-in on the tablet begins a short session too. Otherwise nobody is signed in afterwards.
    """
    session = request.session
    if TABLET_KEY not in session:
        assert isinstance(request.user, User)
        services.forget_wrong_tries(user=request.user)
        _bind(request, tablet)
        return True
    if not _is_of(request, tablet) or is_idle(request):
        auth.logout(request)
        return False
    if by_hand:
        note_active(request)
    return True


def is_idle(request: HttpRequest) -> bool:
    """Say whether nothing was done by hand in this session for ten minutes."""
    active_at = datetime.fromtimestamp(request.session.get(ACTIVE_KEY, 0.0), UTC)
    return clock.now() - active_at >= IDLE


def note_active(request: HttpRequest) -> None:
    """Keep the session for another ten minutes."""
    now = clock.now().timestamp()
    if now - request.session.get(ACTIVE_KEY, 0.0) >= NOTED_EVERY.total_seconds():
        request.session[ACTIVE_KEY] = now


def is_by_pin(request: HttpRequest) -> bool:
    """Say whether a PIN was all that this session took: enough for the counter, not for one's account."""
    return bool(request.session.get(PIN_KEY))


def belongs_to_a_tablet(request: HttpRequest) -> bool:
    """Say whether this session began on a tablet; without that tablet's cookie it counts nowhere."""
    return TABLET_KEY in request.session


def _bind(request: HttpRequest, tablet: Tablet) -> None:
    session = request.session
    session[TABLET_KEY] = tablet.code
    session[ACTIVE_KEY] = clock.now().timestamp()
    # The whole session ends then, also for pages that are none of the counter's.
    session.set_expiry(int(IDLE.total_seconds()))
    session.save()
    assert session.session_key is not None
    services.keep_session(tablet=tablet, session_key=session.session_key)


def _is_of(request: HttpRequest, tablet: Tablet) -> bool:
    return request.session.get(TABLET_KEY) == tablet.code


class _UnlockThrottle(PageThrottle):
    """Counts by tablet: its people share it, and whoever carries it away changes the address."""

    scope = "unlock"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": view.code}


def _slow_down(request: HttpRequest, tablet: Tablet) -> None:
    throttle = _UnlockThrottle()
    if not throttle.allow_request(request, tablet):
        raise TooManyTries(retry_after=ceil(throttle.wait()))


# --- The app's own addresses --------------------------------------------------------------------


def tablet_api(view: ApiView[Params]) -> Callable[Concatenate[HttpRequest, Params], HttpResponseBase]:
    """Give a view of the tablet's API the tablet: always JSON, never a redirect, never kept by a cache.

    401 `tablet_unknown` on any other device, 410 `tablet_revoked` on one that was withdrawn; what a service
    refuses is answered with its code. Nobody need be signed in: ask `person_of_request`.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponseBase:
        try:
            tablet = tablet_of_request(request)
            if tablet is None:
                raise TabletUnknown
            response = view(request, tablet, *args, **kwargs)
        except DomainError as error:
            response = api_refusal(error)
        response.headers["Cache-Control"] = "no-store"
        return response

    return cast("Callable[Concatenate[HttpRequest, Params], HttpResponseBase]", guarded)


def api_refusal(error: DomainError) -> JsonResponse:
    """Answer a refusal to the app: its code, the words in the page's language, and what else it says."""
    body = {**error.details, "code": error.code, "words": str(error)}
    response = JsonResponse(body, status=error.status)
    if "retry_after" in error.details:
        response.headers["Retry-After"] = str(error.details["retry_after"])
    return response


def csrf_token(request: HttpRequest) -> str:
    """Return a fresh token against forgery: a sign-in has changed it."""
    return get_token(request)
