"""Papers at a station: the supervisors' queue, and one paper under review, with the originals at hand."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.kyc.enums import ReviewOutcome, ViewPurpose
from accounts.kyc.image_links import image_url, serve_image
from accounts.kyc.review_page import Photo, minutes_waited, told
from accounts.kyc.services import take_next
from accounts.kyc.services.taking import TABLET, waiting_for
from accounts.kyc.sitting import sit_down
from rentals.handovers.desk import Desk, at_desk
from rentals.handovers.papers import document_at, may_decide, owners_for, sees_whole_queue
from rentals.handovers.views.pages import page
from rentals.handovers.walk_in import Masked
from voltgo.core.errors import IllegalTransition
from voltgo.core.throttled import throttled

FORM_METHODS = ["GET", "HEAD", "POST"]
SHOWN = 30


@never_cache
@require_safe
@at_desk
def paper_queue(request: HttpRequest, desk: Desk) -> HttpResponse:
    """List the papers about which a supervisor may decide, oldest first."""
    if not may_decide(desk):
        raise Http404
    owners = owners_for(request, desk)
    rows = waiting_for(desk.user).select_related("user").prefetch_related("reviews")
    if owners is not None:
        rows = rows.filter(user__in=owners)
    context = {
        "rows": [
            {
                "document": document,
                "person": Masked(document.user),
                "waited": minutes_waited(document),
                "is_grave": any(each.is_grave for each in told(document.findings)),
                "is_second": any(
                    review.outcome == ReviewOutcome.SECOND_LOOK for review in document.reviews.all()
                ),
            }
            for document in rows[:SHOWN]
        ],
        "is_whole": sees_whole_queue(desk),
    }
    return page(request, desk, "station/papers/queue.html", context)


@never_cache
@require_safe
@at_desk
def paper_next(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Take the paper that has waited longest."""
    if not may_decide(desk):
        raise Http404
    waiting = take_next(reviewer=desk.user, place=TABLET, owners=owners_for(request, desk))
    if waiting is None:
        messages.info(request, _("Không còn giấy tờ nào chờ duyệt."))
        return redirect("station:paper-queue")
    return redirect("station:paper-review", document_id=waiting.pk)


@never_cache
@require_http_methods(FORM_METHODS)
@at_desk
@throttled("reviews")
def paper_review(request: HttpRequest, desk: Desk, document_id: int) -> HttpResponse:
    """Decide about one paper: the page of the office, for fingers."""
    if not may_decide(desk):
        raise Http404
    document = document_at(request, desk, document_id)
    try:
        sitting = sit_down(
            request.POST if request.method == "POST" else None,
            document=document,
            reviewer=desk.user,
            by=desk.actor,
            place=TABLET,
        )
    except IllegalTransition as late:
        messages.warning(request, str(late))
        return redirect("station:paper-queue")
    if sitting.is_over:
        if sitting.told:
            (messages.warning if sitting.is_late else messages.success)(request, sitting.told)
        if sitting.wants_list:
            return redirect("station:paper-queue")
        waiting = take_next(
            reviewer=desk.user, place=TABLET, after=document, owners=owners_for(request, desk)
        )
        if waiting is not None:
            return redirect("station:paper-review", document_id=waiting.pk)
        messages.info(request, _("Không còn giấy tờ nào chờ duyệt."))
        return redirect("station:paper-queue")

    def address_of(photo: Photo) -> str:
        address = reverse("station:paper-image", args=[photo.document.pk, photo.side])
        return image_url(photo.document, photo.side, desk.user, ViewPurpose.REVIEW, address=address)

    return page(
        request, desk, "station/papers/review.html", sitting.context(address_of), status=sitting.status
    )


@require_safe
@at_desk
def paper_image(request: HttpRequest, desk: Desk, document_id: int, side: str) -> HttpResponseBase:
    """Show one side of a paper to a supervisor who decides about it; each look is recorded."""
    if not may_decide(desk):
        raise Http404
    document = document_at(request, desk, document_id)
    return serve_image(request, document=document, side=side, by=desk.actor, purpose=ViewPurpose.REVIEW)


@require_safe
@at_desk
def renter_paper_image(request: HttpRequest, desk: Desk, document_id: int, side: str) -> HttpResponseBase:
    """Show one side of a paper while its owner has business at this station; each look is recorded."""
    document = document_at(request, desk, document_id, is_owner_here=True)
    return serve_image(request, document=document, side=side, by=desk.actor, purpose=ViewPurpose.COUNTER)
