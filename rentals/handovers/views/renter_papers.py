"""Papers of somebody who stands at the counter: agree, photograph, see them read, compare with the originals."""

from hashlib import sha256
from http import HTTPStatus
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.kyc import consent, services
from accounts.kyc.consent_texts import offered
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState, ViewPurpose
from accounts.kyc.errors import ConsentMissing
from accounts.kyc.forms import CaptureForm, ConsentForm
from accounts.kyc.image_links import image_url
from accounts.kyc.models import IdentityDocument
from accounts.kyc.outlook import is_being_read, outlook_of, said_of
from accounts.kyc.selectors import PaperSummary, identity_summary
from accounts.users.models import User
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.papers import may_decide, renter_at
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled

FORM_METHODS = ["GET", "HEAD", "POST"]
JSON = "application/json"
# With these states a photograph is worth comparing with the original.
TO_COMPARE = (DocumentState.APPROVED, DocumentState.AUTO_PASSED, DocumentState.NEEDS_REVIEW)


@never_cache
@require_safe
@at_desk
def renter_papers(request: HttpRequest, desk: Desk, public_id: str) -> HttpResponse:
    """Show where the papers of somebody at the counter stand, with the pictures beside, and what to do next."""
    renter = renter_at(request, desk, public_id)
    context = _standing(desk, renter) | {
        "shown": _shown(renter, desk),
        "has_agreed": consent.in_force(renter, ConsentPurpose.IDENTITY),
    }
    return page(request, desk, "station/papers/renter.html", context)


@never_cache
@require_safe
@at_desk
def renter_papers_status(request: HttpRequest, desk: Desk, public_id: str) -> HttpResponseBase:
    """Answer the page that waits: how the papers stand now."""
    standing = _standing(desk, renter_at(request, desk, public_id))
    html = render_to_string("station/papers/_standing.html", standing, request)
    answer = {name: standing[name] for name in ("version", "is_reading", "is_pending", "summary")}
    return JsonResponse({"html": html, **answer})


@never_cache
@require_http_methods(FORM_METHODS)
@at_desk
@throttled("papers")
def renter_paper_capture(request: HttpRequest, desk: Desk, public_id: str, kind: str) -> HttpResponse:
    """Photograph one paper of somebody at the counter, as a plain form or sent in the background."""
    renter = renter_at(request, desk, public_id)
    if kind not in DocumentKind.values:
        raise Http404
    if not consent.in_force(renter, ConsentPurpose.IDENTITY):
        return _go(request, reverse("station:renter-consent", args=[public_id]) + f"?kind={kind}")
    paper = identity_summary(renter).paper(kind)
    form = CaptureForm(
        posted(request),
        request.FILES or None,
        kind=kind,
        kept=_kept(paper, desk),
        bad=paper.bad_sides,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.submit_document(
                user=renter,
                kind=kind,
                images=form.uploads(),
                by=desk.actor,
                ip_address=get_adapter(request).get_client_ip(request) or "",
                device=request.headers.get("User-Agent", ""),
            )
        except ConsentMissing:
            return _go(request, reverse("station:renter-consent", args=[public_id]) + f"?kind={kind}")
        except DomainError as refusal:
            form.explain(refusal)
        else:
            return _go(request, reverse("station:renter-papers", args=[public_id]))
    if form.is_bound and _wants_json(request):
        return JsonResponse(form.as_problem(), status=HTTPStatus.UNPROCESSABLE_ENTITY)
    context = {"form": form, "paper": paper, "kind": kind, "renter": renter}
    status = UNPROCESSABLE if form.is_bound else HTTPStatus.OK
    return page(request, desk, "station/papers/capture.html", context, status=status)


@require_http_methods(FORM_METHODS)
@at_desk
@throttled("papers")
def renter_consent(request: HttpRequest, desk: Desk, public_id: str) -> HttpResponse:
    """Let somebody at the counter read what they agree to and tick it themselves, on this tablet.

    The agreement is theirs; the record says who held the tablet.
    """
    renter = renter_at(request, desk, public_id)
    purposes = [purpose for purpose in offered() if not consent.in_force(renter, purpose)]
    form = ConsentForm(posted(request), purposes=purposes)
    onward = _after_consent(request, public_id)
    if not purposes:
        return redirect(onward)
    if request.method == "POST" and form.is_valid() and _agree(request, desk, renter, form):
        return redirect(onward)
    context = {"form": form, "renter": renter, "onward": onward}
    status = UNPROCESSABLE if form.errors else HTTPStatus.OK
    return page(request, desk, "station/papers/consent.html", context, status=status)


@require_POST
@at_desk
@throttled("papers")
def renter_face(request: HttpRequest, desk: Desk, public_id: str) -> HttpResponse:
    """Say whether the person at the counter is the one on the selfie and on the paper."""
    renter = renter_at(request, desk, public_id)
    back = redirect("station:renter-papers", public_id=public_id)
    selfie = renter.documents.filter(
        kind=DocumentKind.SELFIE, state__in=(DocumentState.AUTO_PASSED, DocumentState.APPROVED)
    ).last()
    answer = request.POST.get("face", "")
    # The answer is about the picture on the page, not about one that has been sent since.
    is_shown = selfie is not None and request.POST.get("selfie", str(selfie.pk)) == str(selfie.pk)
    if selfie is None or not is_shown or answer not in {"same", "other"}:
        messages.warning(request, _("Hãy chọn kết quả so khuôn mặt."))
        return back
    try:
        if answer == "same":
            services.confirm_face(document=selfie, user=desk.user, by=desk.actor)
        else:
            services.doubt_face(document=selfie, user=desk.user, by=desk.actor)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        words = (
            _("Đã ghi: khuôn mặt khớp.")
            if answer == "same"
            else _("Đã chuyển cho người duyệt. Chưa giao xe cho khách này.")
        )
        messages.success(request, words)
    return back


def _standing(desk: Desk, renter: User) -> dict[str, Any]:
    summary = identity_summary(renter)
    papers = [(paper, outlook_of(paper)) for paper in summary.papers]
    facts = [
        (paper.kind, paper.status, sorted(paper.bad_sides), paper.is_waiting) for paper in summary.papers
    ]
    return {
        "renter": renter,
        "identity": summary,
        "papers": papers,
        "may_decide": may_decide(desk),
        "summary": said_of(summary),
        "is_reading": any(is_being_read(paper) for paper in summary.papers),
        "is_pending": any(paper.is_waiting and not paper.is_enough for paper in summary.papers),
        "version": sha256(repr([facts, get_language()]).encode()).hexdigest()[:16],
    }


def _shown(renter: User, desk: Desk) -> list[dict[str, Any]]:
    """Return the papers whose pictures are worth comparing with the originals, the face beside the portrait."""
    found = []
    for paper in identity_summary(renter).papers:
        document = paper.document
        if document is None or document.state not in TO_COMPARE:
            continue
        images = [
            (image, counter_image_url(document, image.side, desk.user)) for image in document.images.all()
        ]
        found.append({"document": document, "images": images})
    return found


def counter_image_url(document: IdentityDocument, side: str, viewer: User) -> str:
    """Return where a member of staff sees one side of a paper while its owner stands before them."""
    address = reverse("station:renter-paper-image", args=[document.pk, side])
    return image_url(document, side, viewer, ViewPurpose.COUNTER, address=address)


def _kept(paper: PaperSummary, desk: Desk) -> dict[str, str]:
    document = paper.latest if paper.is_waiting or paper.is_rejected else None
    if document is None:
        return {}
    return {
        image.side: counter_image_url(document, image.side, desk.user)
        for image in document.images.all()
        if image.side not in paper.bad_sides
    }


def _agree(request: HttpRequest, desk: Desk, renter: User, form: ConsentForm) -> bool:
    try:
        consent.give(
            user=renter,
            purposes=form.given(),
            versions=form.versions(),
            language=get_language() or renter.language,
            ip_address=get_adapter(request).get_client_ip(request) or "",
            device=request.headers.get("User-Agent", ""),
            by=desk.actor,
        )
    except ConsentMissing:
        form.ask_again()
        return False
    return True


def _after_consent(request: HttpRequest, public_id: str) -> str:
    kind = request.GET.get("kind", "")
    if kind in DocumentKind.values:
        return reverse("station:renter-capture", args=[public_id, kind])
    return reverse("station:renter-papers", args=[public_id])


def _go(request: HttpRequest, address: str) -> HttpResponse:
    return JsonResponse({"next": address}) if _wants_json(request) else redirect(address)


def _wants_json(request: HttpRequest) -> bool:
    return JSON in request.headers.get("Accept", "")
