"""The privacy page: what one has agreed to, taking it back, one's own data, and erasing it."""

from http import HTTPStatus
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from accounts.kyc import consent, needs, retention, services
from accounts.kyc.enums import ConsentPurpose, ViewPurpose
from accounts.kyc.errors import PapersStillNeeded
from accounts.kyc.forms import ErasureForm
from accounts.kyc.services.exporting import looks_at
from accounts.users.models import User
from voltgo.core import clock
from voltgo.core.actors import ActorKind
from voltgo.core.throttled import throttled

LOOKS_SHOWN = 10


@login_required
@never_cache
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show what the person has agreed to, who looked at their papers, and what they can ask for."""
    user = signed_in(request)
    context = {
        "purposes": _purposes(user),
        "past": [row for row in consent.consents_of(user) if row.withdrawn_at],
        "looks": [
            look | {"role": ActorKind(look["role"]).label, "purpose": _purpose_words(look["purpose"])}
            for look in looks_at(user, limit=LOOKS_SHOWN, by_others=True)
        ],
        "has_papers": user.documents.exists(),
        "retention": retention,
    }
    return render(request, "accounts/kyc/privacy.html", context)


@login_required
@throttled("privacy")
@require_http_methods(["GET", "POST"])
def consent_withdraw(request: HttpRequest, purpose: str) -> HttpResponse:
    """Ask before an agreement is taken back, and say what follows."""
    user = signed_in(request)
    if purpose not in ConsentPurpose.values or not _is_given(user, purpose):
        raise Http404
    if request.method == "POST":
        consent.withdraw(user=user, purpose=purpose, by=renter_actor(user))
        messages.success(request, _("Đã rút lại đồng ý."))
        return redirect("accounts:privacy")
    context = {
        "purpose": ConsentPurpose(purpose),
        "needs": needs.needs_of(user) if purpose == ConsentPurpose.IDENTITY else [],
        "kept_days": retention.ENDED_IMAGES_DAYS,
    }
    return render(request, "accounts/kyc/withdraw.html", context)


@login_required
@never_cache
@reauthentication_required
@throttled("privacy")
@require_http_methods(["GET", "POST"])
def data_export(request: HttpRequest) -> HttpResponse:
    """Hand somebody their own data, once they have shown again who they are."""
    if request.method != "POST":
        return render(request, "accounts/kyc/export.html")
    user = signed_in(request)
    archive = services.export_person(user=user, by=renter_actor(user))
    response = HttpResponse(archive, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="voltgo-{clock.today():%Y%m%d}.zip"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@never_cache
@reauthentication_required
@throttled("privacy")
@require_http_methods(["GET", "POST"])
def data_erase(request: HttpRequest) -> HttpResponse:
    """Erase photographs and what was read from them, unless something under way needs them."""
    user = signed_in(request)
    form = ErasureForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.erase_person(user=user, by=renter_actor(user))
        except PapersStillNeeded as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Đã xóa ảnh và thông tin giấy tờ của bạn."))
            return redirect("accounts:privacy")
    context = {"form": form, "needs": needs.needs_of(user)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/kyc/erase.html", context, status=status)


def _purposes(user: User) -> list[dict[str, Any]]:
    """Return each purpose that is asked for, or was agreed to, with what holds."""
    given = {row.purpose: row for row in consent.consents_of(user) if row.withdrawn_at is None}
    offered = consent.offered()
    return [
        {
            "purpose": purpose,
            "words": consent.TEXTS[purpose],
            "row": given.get(purpose),
            "is_old": purpose in given and given[purpose].version != consent.VERSIONS[purpose],
        }
        for purpose in ConsentPurpose
        if purpose in offered or purpose in given
    ]


def _is_given(user: User, purpose: str) -> bool:
    return any(row.purpose == purpose and row.withdrawn_at is None for row in consent.consents_of(user))


def _purpose_words(purpose: str) -> str:
    return str(ViewPurpose(purpose).label) if purpose in ViewPurpose.values else purpose
