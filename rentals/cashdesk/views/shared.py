"""What the drawer's views share: the session of the desk, and turning back to the one who must open it."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from payments.cash.models import CashSession
from payments.cash.selectors import drawer_at, running_session
from rentals.cashdesk.place import place_ref
from rentals.handovers.desk import Desk
from rentals.handovers.views.pages import page
from voltgo.core.actors import ActorKind

FORM_METHODS = ["GET", "HEAD", "POST"]


def session_at(desk: Desk) -> CashSession | None:
    """Return the running session of the desk's station."""
    return running_session(drawer_at(place_ref(desk.station)))


def is_supervisor(desk: Desk) -> bool:
    return desk.actor.kind == ActorKind.SUPERVISOR


def supervisors_only(desk: Desk) -> None:
    """Refuse as if there were no such page."""
    if not is_supervisor(desk):
        raise Http404


def new_key() -> str:
    """Return what makes one showing of a form one press, however often it is sent."""
    return uuid.uuid4().hex


def cash_page(
    request: HttpRequest, desk: Desk, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of the drawer; what it shows is kept by no cache."""
    response = page(request, desk, template, context, status=status)
    response.headers["Cache-Control"] = "private, no-store"
    return response
