"""The renter's way from "who are you" to "you may book": the list of papers, the consent, the photographs."""

from hashlib import sha256
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from accounts.kyc import consent, image_links, services
from accounts.kyc.enums import ConsentPurpose, DocumentKind, ViewPurpose
from accounts.kyc.errors import ConsentMissing
from accounts.kyc.forms import CaptureForm, ConsentForm
from accounts.kyc.outlook import is_being_read, outlook_of, said_of
from accounts.kyc.selectors import IdentitySummary, PaperSummary, identity_summary
from accounts.users.models import User
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

NEXT = "next"
JSON = "application/json"


@login_required
@never_cache
@require_safe
def identity(request: HttpRequest) -> HttpResponse:
    """Show where each paper stands and what to do next; `next` is kept on every link and offered at the end."""
    user = signed_in(request)
    context = _standing(request, identity_summary(user)) | {
        "kept_days": consent.IMAGES_KEPT_DAYS,
        "has_agreed": consent.in_force(user, ConsentPurpose.IDENTITY),
    }
    return render(request, "accounts/kyc/identity.html", context)


@login_required
@never_cache
@require_safe
def identity_status(request: HttpRequest) -> HttpResponse:
    """Answer the page that waits: the list of papers anew, and whether something is still under way."""
    standing = _standing(request, identity_summary(signed_in(request)))
    html = render_to_string("accounts/kyc/_papers.html", standing, request)
    answer = {name: standing[name] for name in ("version", "is_reading", "is_pending", "summary")}
    return JsonResponse({"html": html, **answer})


@login_required
@throttled("papers")
@require_http_methods(["GET", "POST"])
def identity_consent(request: HttpRequest) -> HttpResponse:
    """Ask what the person agrees to, before the first photograph; each purpose by itself."""
    user = signed_in(request)
    purposes = [purpose for purpose in consent.offered() if not consent.in_force(user, purpose)]
    if not purposes:
        return redirect(_after_consent(request))
    form = ConsentForm(request.POST if request.method == "POST" else None, purposes=purposes)
    if request.method == "POST" and form.is_valid() and _agree(request, user, form):
        return redirect(_after_consent(request))
    context = {
        "form": form,
        "kept_days": consent.IMAGES_KEPT_DAYS,
        "has_agreed": ConsentPurpose.IDENTITY not in purposes,
        "onward": _after_consent(request),
        "carry": _carry(request),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/kyc/consent.html", context, status=status)


@login_required
@never_cache
@throttled("papers")
@require_http_methods(["GET", "POST"])
def identity_upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the photographs of one paper, as a plain form or, sent in the background, answered as JSON."""
    if kind not in DocumentKind.values:
        raise Http404
    user = signed_in(request)
    if not consent.in_force(user, ConsentPurpose.IDENTITY):
        return _to_consent(request, kind)
    paper = identity_summary(user).paper(kind)
    form = CaptureForm(*_sent_fields(request), kind=kind, kept=_kept(paper), bad=paper.bad_sides)
    if request.method == "POST" and form.is_valid():
        try:
            services.submit_document(
                user=user,
                kind=kind,
                images=form.uploads(),
                by=renter_actor(user),
                ip_address=get_adapter(request).get_client_ip(request) or "",
                device=request.headers.get("User-Agent", ""),
            )
        except ConsentMissing:
            return _to_consent(request, kind)
        except DomainError as refusal:
            form.explain(refusal)
        else:
            return _sent(request)
    if form.is_bound and _wants_json(request):
        return JsonResponse(form.as_problem(), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    context = {"form": form, "paper": paper, "kind": kind, "carry": _carry(request)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "accounts/kyc/capture.html", context, status=status)


def _standing(request: HttpRequest, summary: IdentitySummary) -> dict[str, Any]:
    """Return what the list of papers shows, and by which a page sees that something has changed."""
    first_to_do = next((paper.kind for paper in summary.to_do), "")
    groups = [
        {"group": group, "papers": [(paper, outlook_of(paper)) for paper in group.papers]}
        for group in summary.groups
    ]
    said = said_of(summary)
    facts = [[paper.kind, paper.status, str(paper.bad_sides), paper.is_waiting] for paper in summary.papers]
    return {
        "identity": summary,
        "groups": groups,
        "first_to_do": first_to_do,
        "next": _next_of(request),
        "carry": _carry(request),
        "summary": said,
        "is_reading": any(is_being_read(paper) for paper in summary.papers),
        "is_pending": any(paper.is_waiting and not paper.is_enough for paper in summary.papers),
        "version": sha256(repr([facts, get_language()]).encode()).hexdigest()[:16],
    }


def _agree(request: HttpRequest, user: User, form: ConsentForm) -> bool:
    try:
        consent.give(
            user=user,
            purposes=form.given(),
            versions=form.versions(),
            language=get_language() or user.language,
            ip_address=get_adapter(request).get_client_ip(request) or "",
            device=request.headers.get("User-Agent", ""),
            by=renter_actor(user),
        )
    except ConsentMissing:
        form.ask_again()
        return False
    return True


def _after_consent(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "")
    if kind in DocumentKind.values:
        return reverse("accounts:identity-upload", args=[kind]) + _carry(request)
    return reverse("accounts:identity") + _carry(request)


def _to_consent(request: HttpRequest, kind: str) -> HttpResponse:
    query = {"kind": kind} | ({NEXT: _next_of(request)} if _next_of(request) else {})
    address = f"{reverse('accounts:identity-consent')}?{urlencode(query)}"
    return JsonResponse({"next": address}) if _wants_json(request) else redirect(address)


def _sent_fields(request: HttpRequest) -> tuple[Any, Any]:
    """Return what a form is bound to: nothing unless it was sent, even if it was sent empty."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _sent(request: HttpRequest) -> HttpResponse:
    """Go to the list of papers, where the reading is watched."""
    address = reverse("accounts:identity") + _carry(request)
    if _wants_json(request):
        return JsonResponse({"next": address})
    messages.success(request, _("Đã nhận ảnh."))
    return redirect(address)


def _wants_json(request: HttpRequest) -> bool:
    return JSON in request.headers.get("Accept", "")


def _kept(paper: PaperSummary) -> dict[str, str]:
    """Return the addresses of photographs that need not be taken again, by side."""
    document = paper.latest if paper.is_waiting or paper.is_rejected else None
    if document is None:
        return {}
    return {
        image.side: image_links.image_url(document, image.side, document.user, ViewPurpose.OWN)
        for image in document.images.all()
        if image.side not in paper.bad_sides
    }


def _next_of(request: HttpRequest) -> str:
    """Return the page of ours to go back to; anything else is ignored."""
    wanted = request.GET.get(NEXT, "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and is_ours else ""


def _carry(request: HttpRequest) -> str:
    """Return the query string that takes `next` along to another page."""
    wanted = _next_of(request)
    return f"?{urlencode({NEXT: wanted})}" if wanted else ""
