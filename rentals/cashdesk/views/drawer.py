"""The drawer itself: open it, count it, close it, look back at its sessions."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from payments.cash import services
from payments.cash.enums import MovementKind, SessionState
from payments.cash.errors import DifferenceNeedsReason
from payments.cash.models import CashMovement, CashSession
from payments.cash.selectors import drawer_at, drops_of, is_too_full, last_closed, sessions_at
from payments.cash.services.counting import difference_of
from rentals.cashdesk.forms import CloseForm, CountForm, OpenForm, amounts_of
from rentals.cashdesk.place import drawer_of, place_ref
from rentals.cashdesk.views.shared import (
    FORM_METHODS,
    cash_page,
    is_supervisor,
    session_at,
    supervisors_only,
)
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import ConfirmForm, refuse
from rentals.handovers.views.pages import UNPROCESSABLE, posted
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

PAGE_SIZE = 20
RECENT = 8
# What happened, without amounts: whoever adds them up would not count blind.
SHOWN_KINDS = (MovementKind.PAYMENT, MovementKind.REFUND, MovementKind.DROP)


@require_safe
@at_desk
def drawer(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show how the drawer stands. What lies in it is not told before it was counted."""
    found = drawer_at(place_ref(desk.station))
    session = session_at(desk)
    context = {
        "drawer": found,
        "session": session,
        "is_supervisor": is_supervisor(desk),
        "note_before": last_closed(found),
        "moves": _recent(session),
        "is_too_full": session is not None and session.state == SessionState.OPEN and is_too_full(session),
        "may_confirm": _may_confirm(desk, session),
    }
    return cash_page(request, desk, "station/cash/drawer.html", context)


def _recent(session: CashSession | None) -> list[CashMovement]:
    if session is None:
        return []
    rows = session.movements.filter(kind__in=SHOWN_KINDS).select_related("by")
    return list(rows.order_by("-pk")[:RECENT])


def _may_confirm(desk: Desk, session: CashSession | None) -> bool:
    return (
        session is not None
        and session.state == SessionState.DISPUTED
        and is_supervisor(desk)
        and session.closed_by_id != desk.user.pk
    )


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def drawer_open(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open a session with a count; what the last one left is told only if it differs."""
    if session_at(desk) is not None:
        return redirect("station:cash")
    form = OpenForm(posted(request))
    context: dict[str, Any] = {"form": form, "note_before": last_closed(drawer_at(place_ref(desk.station)))}
    if request.method == "POST" and form.is_valid():
        try:
            services.open_session(
                drawer=drawer_of(desk.station),
                counts=form.counts,
                float_in=form.cleaned_data["float_in"] or 0,
                reason=form.cleaned_data["reason"],
                by=desk.actor,
            )
        except DifferenceNeedsReason as error:
            refuse(form, error, "reason")
            context["difference"] = error.details
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Đã mở ca két."))
            return redirect("station:cash")
    status = UNPROCESSABLE if form.is_bound else 200
    return cash_page(request, desk, "station/cash/open.html", context, status=status)


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def drawer_count(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Begin to count, go back without having counted, or hand in what was counted."""
    session = session_at(desk)
    if session is None:
        return redirect("station:cash")
    if session.counted_amount is not None:
        return redirect("station:cash-close")
    action = request.POST.get("action", "") if request.method == "POST" else ""
    form = CountForm(request.POST if action == "hand-in" else None)
    status = 200
    if action and (action != "hand-in" or form.is_valid()):
        try:
            return _do_count(desk, session, action, form)
        except DomainError as error:
            refuse(form, error)
            session.refresh_from_db()
            status = error.status
    if form.errors:
        status = UNPROCESSABLE if status == 200 else status
    return cash_page(
        request, desk, "station/cash/count.html", {"session": session, "form": form}, status=status
    )


def _do_count(desk: Desk, session: CashSession, action: str, form: CountForm) -> HttpResponse:
    match action:
        case "start":
            services.start_count(session=session, by=desk.actor)
            return redirect("station:cash-count")
        case "resume":
            services.resume_session(session=session, by=desk.actor)
            return redirect("station:cash")
        case "hand-in":
            services.hand_in_count(session=session, counts=form.counts, by=desk.actor)
            return redirect("station:cash-close")
        case _:
            raise Http404


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("cash")
def drawer_close(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Say what was counted and what should be there; close, or count anew."""
    session = session_at(desk)
    if session is None or session.counted_amount is None:
        return redirect("station:cash")
    if request.method == "POST" and request.POST.get("action") == "recount":
        try:
            services.recount(session=session, by=desk.actor)
        except DomainError as error:
            messages.error(request, str(error))
            return redirect("station:cash")
        return redirect("station:cash-count")
    form = CloseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            closed = services.close_session(session=session, by=desk.actor, **form.cleaned_data)
        except DifferenceNeedsReason as error:
            refuse(form, error, "reason")
        except DomainError as error:
            refuse(form, error)
        else:
            if closed.state == SessionState.CLOSED:
                messages.success(request, _("Đã đóng ca két."))
                return redirect("station:cash")
            return redirect("station:cash-close")
    context = {
        "session": session,
        "form": form,
        "difference": difference_of(session),
        "counted_notes": amounts_of(session.counts),
        "may_confirm": _may_confirm(desk, session),
        "confirm_form": ConfirmForm(),
    }
    return cash_page(
        request, desk, "station/cash/close.html", context, status=UNPROCESSABLE if form.errors else 200
    )


@require_POST
@at_desk
@throttled("cash")
def difference_confirm(request: HttpRequest, desk: Desk, session_id: UUID) -> HttpResponse:
    """Confirm a difference as a second person."""
    supervisors_only(desk)
    session = _session_or_404(desk, session_id)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Hãy đánh dấu để xác nhận."))
        return redirect("station:cash-close")
    try:
        services.confirm_difference(session=session, by=desk.actor)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("station:cash-close")
    messages.success(request, _("Đã xác nhận chênh lệch và đóng ca két."))
    return redirect("station:cash-session", session_id=session.pk)


@require_safe
@at_desk
def session_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the sessions of the station's drawer; for supervisors."""
    supervisors_only(desk)
    rows = sessions_at(place_ref(desk.station))
    context = {"page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))}
    return cash_page(request, desk, "station/cash/sessions.html", context)


@require_safe
@at_desk
def session_detail(request: HttpRequest, desk: Desk, session_id: UUID) -> HttpResponse:
    """Show all of a session that was counted; one that runs keeps what lies in it to itself."""
    supervisors_only(desk)
    session = _session_or_404(desk, session_id)
    is_told = session.counted_amount is not None
    context = {
        "session": session,
        "is_told": is_told,
        "difference": difference_of(session) if is_told else None,
        "moves": session.movements.select_related("by").order_by("pk") if is_told else [],
        "drops": drops_of(session) if is_told else [],
        "counted_notes": amounts_of(session.counts),
        "may_confirm": _may_confirm(desk, session),
    }
    return cash_page(request, desk, "station/cash/session.html", context)


def _session_or_404(desk: Desk, session_id: UUID) -> CashSession:
    return get_object_or_404(sessions_at(place_ref(desk.station)), pk=session_id)
