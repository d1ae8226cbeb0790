"""A renter's fines: what happened, with the evidence, and the answer."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access.actors import renter_actor
from accounts.users.models import User
from payments.intents.enums import OPEN_STATES
from payments.intents.selectors import intents_of
from rentals.fines import services
from rentals.fines.enums import FINE, FineState
from rentals.fines.forms import ObjectionForm
from rentals.fines.models import TrafficFine
from rentals.fines.selectors import fines_of
from rentals.fines.viewing import send_evidence
from voltgo.core import clock, states
from voltgo.core.errors import DomainError
from voltgo.core.money import format_dong
from voltgo.core.throttled import throttled

DETAIL = "rentals/fines/detail.html"
A_PAGE = 20


@login_required
@never_cache
@require_safe
def fine_list(request: HttpRequest) -> HttpResponse:
    """List the fines that the renter was told of, newest first."""
    page = Paginator(fines_of(_renter(request)), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "rentals/fines/list.html", {"page": page, "fines": page.object_list})


@login_required
@never_cache
@require_safe
def fine_detail(request: HttpRequest, code: str) -> HttpResponse:
    """Show one fine: what happened, how it stands, and what the renter can do."""
    return render(request, DETAIL, _page(_own_or_404(request, code)))


@login_required
@require_POST
@throttled("papers")
def fine_accept(request: HttpRequest, code: str) -> HttpResponse:
    """Accept a fine; what the deposit does not cover is paid on the next page."""
    fine = _own_or_404(request, code)
    try:
        fine = services.accept_fine(fine=fine, by=renter_actor(_renter(request)))
    except DomainError as refusal:
        fine.refresh_from_db()
        return render(request, DETAIL, {**_page(fine), "refusal": refusal}, status=refusal.status)
    intent = intents_of(fine.reference).filter(state__in=OPEN_STATES).last()
    if intent is not None:
        return redirect(intent)
    paid = _("Đã trừ %(amount)s vào tiền cọc giữ lại.") % {"amount": format_dong(fine.from_deposit_amount)}
    messages.success(request, paid)
    return redirect("rentals:fine-detail", code=fine.code)


@login_required
@require_POST
@throttled("papers")
def fine_contest(request: HttpRequest, code: str) -> HttpResponse:
    """Object to a fine; what was typed stays when it is refused."""
    fine = _own_or_404(request, code)
    form = ObjectionForm(request.POST)
    if not form.is_valid():
        return render(request, DETAIL, {**_page(fine), "form": form}, status=422)
    try:
        services.contest_fine(
            fine=fine, objection=form.cleaned_data["objection"], by=renter_actor(_renter(request))
        )
    except DomainError as refusal:
        fine.refresh_from_db()
        context = {**_page(fine), "form": form, "refusal": refusal}
        return render(request, DETAIL, context, status=refusal.status)
    messages.success(request, _("VoltGo đã nhận khiếu nại của bạn và sẽ trả lời bằng văn bản."))
    return redirect("rentals:fine-detail", code=fine.code)


@login_required
@never_cache
@require_safe
def fine_evidence(request: HttpRequest, code: str, evidence_id: int) -> HttpResponseBase:
    """Send one picture to the renter who answers for the fine."""
    row = get_object_or_404(_own_or_404(request, code).evidence, pk=evidence_id)
    return send_evidence(row)


def _renter(request: HttpRequest) -> User:
    """Return the signed-in person; login_required has let nobody else through."""
    return cast("User", request.user)


def _own_or_404(request: HttpRequest, code: str) -> TrafficFine:
    """Return a fine that this renter was told of; any other looks like one that does not exist."""
    return get_object_or_404(fines_of(_renter(request)), code=code)


def _page(fine: TrafficFine) -> dict[str, Any]:
    may_answer = fine.state == FineState.NOTIFIED
    in_time = fine.answer_until is not None and clock.now() < fine.answer_until
    request_to_pay = intents_of(fine.reference).filter(state__in=OPEN_STATES).last()
    return {
        "fine": fine,
        "booking": fine.rental.booking if fine.rental else None,
        "evidence": list(fine.evidence.order_by("pk")),
        "may_accept": may_answer,
        "may_contest": may_answer and in_time,
        "intent": request_to_pay if fine.state == FineState.ACCEPTED else None,
        "history": [
            (event, FineState(event.target).label)
            for event in states.events_of(FINE, fine)
            if event.target not in {FineState.RECEIVED, FineState.MATCHED}
        ],
        "form": ObjectionForm(),
    }
