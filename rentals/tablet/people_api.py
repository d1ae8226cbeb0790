"""Who may unlock a tablet, and the unlocking itself: what the app asks for its lock screen."""

import base64
import json
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from rentals.sync.api.guards import sync_api
from rentals.sync.services import current_epoch
from stations.network.models import StaffPost
from stations.tablets.access import (
    VALID_HOURS,
    csrf_token,
    note_active,
    person_of_request,
    renew_cookie,
    sign_in,
)
from stations.tablets.errors import PinDue
from stations.tablets.models import Tablet
from stations.tablets.selectors import has_pin, people_of
from stations.tablets.services import data_key_of
from voltgo.core.errors import InvalidInput

BODY_BYTES = 1024
# How often a tablet may ask; tries of PINs are fewer, see stations.tablets.access.
SCOPE = "lock"


@require_safe
@sync_api(SCOPE)
def people(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Answer who may unlock this tablet, for its lock screen; nobody need be signed in."""
    found = people_of(tablet.station)
    here = person_of_request(request, tablet)
    return JsonResponse(
        {
            "tablet": tablet.code,
            "people": [
                {
                    "id": one.id,
                    "name": one.name,
                    "role": one.role,
                    "locked": one.is_locked,
                    "pin_set_at": one.pin_set_at.isoformat(),
                }
                for one in found
            ],
            "signed_in": here.user.public_id if here else None,
            "csrf": csrf_token(request),
        }
    )


@require_POST
@sync_api(SCOPE)
def unlock(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Sign a person in by PIN and hand the tablet its key; the app keeps it only in wrapped form."""
    asked = _body(request)
    return _opened(
        request, tablet, sign_in(request, tablet, person=_text(asked, "user"), pin=_text(asked, "pin"))
    )


@require_POST
@sync_api(SCOPE)
def resume(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Hand the key to an app that was opened again while its person is still signed in; else 401 `pin_due`."""
    post = person_of_request(request, tablet)
    if post is None:
        raise PinDue
    return _opened(request, tablet, post)


def _opened(request: HttpRequest, tablet: Tablet, post: StaffPost) -> HttpResponse:
    response = JsonResponse(
        {
            "tablet": tablet.code,
            "user": _person(post),
            "pin_set_at": post.user.staff_pin.set_at.isoformat() if has_pin(post.user) else None,
            "data_key": base64.b64encode(data_key_of(tablet)).decode(),
            "valid_hours": VALID_HOURS,
            "epoch": current_epoch(),
            # A sign-in has made the page's token worthless.
            "csrf": csrf_token(request),
        }
    )
    renew_cookie(request, response)
    return response


@require_POST
@sync_api(SCOPE)
def lock(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """End the session: whoever comes next gives a PIN."""
    logout(request)
    return JsonResponse({"tablet": tablet.code, "csrf": csrf_token(request)})


@require_POST
@sync_api(SCOPE)
def active(request: HttpRequest, tablet: Tablet) -> HttpResponse:
    """Note that somebody works on the unlocked tablet; what the app does by itself keeps no session alive."""
    post = person_of_request(request, tablet)
    if post is not None:
        note_active(request)
    return JsonResponse({"user": _person(post) if post else None})


def _person(post: StaffPost) -> dict[str, str]:
    return {"id": post.user.public_id, "name": post.user.full_name, "role": post.role}


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        asked = json.loads(request.body) if len(request.body) <= BODY_BYTES else None
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise InvalidInput(_("Yêu cầu không hợp lệ."))
    return asked


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value or "\0" in value:
        raise InvalidInput(_("Yêu cầu không hợp lệ."))
    return value
