"""The renter's pages about their papers, and the one address at which an image of a paper is served."""

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access.actors import operator_actor, renter_actor
from accounts.access.people import may_review_papers, signed_in
from accounts.kyc import consent, image_links, services
from accounts.kyc.enums import ConsentPurpose, DocumentKind, ImageSide, ViewPurpose
from accounts.kyc.forms import DocumentUploadForm
from accounts.kyc.models import IdentityDocument
from accounts.kyc.selectors import identity_summary
from voltgo.core.errors import DomainError

NEXT = "next"


@login_required
@require_safe
def identity(request: HttpRequest) -> HttpResponse:
    """Show where both papers stand; `next` is offered once nothing is left to do, and kept on every link."""
    summary = identity_summary(signed_in(request))
    context = {
        "identity": summary,
        "next": _next_of(request),
        "carry": _carry(request),
        "kept_days": consent.IMAGES_KEPT_DAYS,
    }
    return render(request, "accounts/kyc/identity.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def identity_upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Take the photographs of one paper."""
    if kind not in DocumentKind.values:
        raise Http404
    user = signed_in(request)
    paper = identity_summary(user, with_steps=False).paper(kind)
    kept = _kept_images(paper.latest if paper.is_waiting or paper.is_rejected else None)
    form = DocumentUploadForm(request.POST or None, request.FILES or None, kept_sides=kept)
    if form.is_valid():
        try:
            ip_address = get_adapter(request).get_client_ip(request) or ""
            consent.give(
                user=user,
                purposes=[ConsentPurpose.IDENTITY],
                versions={ConsentPurpose.IDENTITY: form.cleaned_data["consent_version"]},
                language=get_language() or user.language,
                ip_address=ip_address,
                by=renter_actor(user),
            )
            services.submit_document(
                user=user, kind=kind, images=form.uploads(), by=renter_actor(user), ip_address=ip_address
            )
        except DomainError as refusal:
            form.explain(refusal)
        else:
            return _after_upload(request)
    context = {
        "form": form,
        "paper": paper,
        "kind": kind,
        "kept": kept,
        "consent_version": consent.VERSION,
        "consent_text": consent.TEXTS[ConsentPurpose.IDENTITY],
        "kept_days": consent.IMAGES_KEPT_DAYS,
        "carry": _carry(request),
    }
    return render(request, "accounts/kyc/upload.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def document_image(request: HttpRequest, document_id: int, side: str) -> HttpResponseBase:
    """Serve one image to its owner or to a reviewer, and write the look down; to anyone else it does not exist."""
    user = signed_in(request)
    document = IdentityDocument.objects.select_related("user").filter(pk=document_id).first()
    if document is None or side not in ImageSide.values:
        raise Http404
    if document.user_id == user.pk:
        by, purpose = renter_actor(user), ViewPurpose.OWN
    elif may_review_papers(user):
        by, purpose = operator_actor(user), ViewPurpose.REVIEW
    else:
        raise Http404
    return image_links.serve_image(request, document=document, side=side, by=by, purpose=purpose)


def _after_upload(request: HttpRequest) -> HttpResponse:
    """Go back to where the person came from once nothing is left to send; else show what is."""
    summary = identity_summary(signed_in(request), with_steps=False)
    if summary.has_everything:
        messages.success(request, _("Đã nhận giấy tờ. Chúng tôi sẽ gửi email ngay khi kiểm tra xong."))
        return redirect(_next_of(request) or "accounts:identity")
    messages.success(request, _("Đã nhận ảnh. Còn một giấy tờ nữa."))
    return redirect(reverse("accounts:identity") + _carry(request))


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


def _kept_images(document: IdentityDocument | None) -> dict[str, str]:
    """Return the addresses of photographs that need not be taken again, by side."""
    if document is None:
        return {}
    return {
        image.side: image_links.image_url(document, image.side, document.user, ViewPurpose.OWN)
        for image in document.images.all()
    }
