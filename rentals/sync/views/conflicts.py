"""The conflicts of a station: list, everything a command carried beside what the server has, and the decision."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.forms import refuse
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.sync import services, wording
from rentals.sync.enums import Resolution
from rentals.sync.errors import StillRefused
from rentals.sync.forms import ResolveForm
from rentals.sync.models import SyncCommand, SyncConflict
from rentals.sync.rules import RULES, rule, words_of
from rentals.sync.selectors import announced_at, booking_of_subject, conflicts_at, open_conflicts
from rentals.sync.services.files import CommandFiles
from stations.network.models import StaffPost
from voltgo.core.audit.services import record
from voltgo.core.errors import DomainError

PAGE_SIZE = 20
PAPER = "paper"


def _supervised(desk: Desk) -> None:
    """Deciding is for whoever answers for the station; nobody else learns that there is something."""
    if desk.post.role != StaffPost.Role.SUPERVISOR:
        raise Http404


@require_safe
@at_desk
def conflict_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List what waits for a decision, or with `?all=1` everything that ever did."""
    _supervised(desk)
    shows_all = request.GET.get("all") == "1"
    rows = (
        conflicts_at(desk.station).order_by("-opened_at", "-pk")
        if shows_all
        else open_conflicts(desk.station)
    )
    address = reverse("station:conflict-list")
    tabs = [
        {"label": _("Chờ quyết định"), "href": address, "current": not shows_all},
        {"label": _("Tất cả"), "href": f"{address}?all=1", "current": shows_all},
    ]
    found = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": found,
        "tabs": tabs,
        "rows": [(conflict, words_of(conflict.code)) for conflict in found.object_list],
        "announced": [(row, words_of(row.code)) for row in announced_at(desk.station)[:PAGE_SIZE]],
    }
    return page(request, desk, "station/conflict/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def conflict_detail(request: HttpRequest, desk: Desk, conflict_id: int) -> HttpResponse:
    """Show one conflict, and decide it."""
    _supervised(desk)
    conflict = get_object_or_404(conflicts_at(desk.station), pk=conflict_id)
    form = ResolveForm(posted(request), conflict=conflict)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.resolve(
                conflict=conflict,
                resolution=Resolution(values["resolution"]),
                note=values["note"],
                user=desk.user,
                by=desk.actor,
            )
        except StillRefused as error:
            _pass_over(desk, conflict, error)
            refuse(form, error)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Đã xử lý."))
            return redirect("station:conflict-list")
    status = UNPROCESSABLE if form.is_bound else 200
    return page(request, desk, "station/conflict/detail.html", _context(conflict, form), status=status)


def _pass_over(desk: Desk, conflict: SyncConflict, error: StillRefused) -> None:
    """Name the further obstacle on the page: whoever presses again has seen it."""
    code = str(error.details["code"])
    if Resolution.APPLIED in rule(code).offers:
        services.pass_over(conflict=conflict, code=code, by=desk.actor)
        conflict.refresh_from_db()


def _context(conflict: SyncConflict, form: ResolveForm) -> dict[str, Any]:
    command = conflict.command
    roles = list(command.attachments.order_by("role").values_list("role", flat=True))
    here = CommandFiles(command).here()
    return {
        "conflict": conflict,
        "command": command,
        "rule": rule(conflict.code),
        "carried": wording.carried(command),
        "found": wording.found(conflict.found),
        "passed": [rule(code) for code in conflict.found.get("passed", [])],
        "flags": [words_of(code) for code in command.flags if code in RULES],
        "booking": booking_of_subject(command),
        "pictures": [
            {"role": role, "label": wording.role_label(role), "is_here": role in here} for role in roles
        ],
        "form": form,
    }


@require_safe
@at_desk
def conflict_file(request: HttpRequest, desk: Desk, command_id: uuid.UUID, role: str) -> HttpResponse:
    """Show one picture of a conflict of this station; looking at somebody's papers is on record."""
    _supervised(desk)
    command = get_object_or_404(
        SyncCommand.objects.filter(station=desk.station, conflict__isnull=False), pk=command_id
    )
    files = CommandFiles(command)
    if role not in files.here():
        raise Http404
    content = files[role]
    if role.startswith(PAPER):
        record("sync.paper_seen", f"sync:{command.pk}", by=desk.actor, role=role)
    mime = "image/png" if content[:4] == b"\x89PNG" else "image/jpeg"
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": "inline",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type=mime, headers=headers)
