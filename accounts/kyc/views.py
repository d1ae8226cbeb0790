"""The one address at which an image of a paper is served to its owner and to reviewers."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from accounts.access.actors import operator_actor, renter_actor
from accounts.access.people import may_review_papers, signed_in
from accounts.kyc import image_links
from accounts.kyc.enums import ImageSide, ViewPurpose
from accounts.kyc.models import IdentityDocument


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
