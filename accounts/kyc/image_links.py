"""Addresses of pictures of papers: each for one person, one picture and one purpose, and for two minutes.

The view that serves a picture asks for the right to the paper as ever; the key in the address comes on top, so an
address from a history, a log or a screenshot opens nothing, not even for the one who was shown it.
"""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from accounts.access.people import signed_in
from accounts.kyc.enums import ViewPurpose
from accounts.kyc.models import IdentityDocument
from accounts.kyc.services.viewing import open_image
from accounts.users.models import User
from voltgo.core.actors import Actor
from voltgo.core.errors import DomainError, NotFound

SALT = "accounts.kyc.image"
KEY = "key"


class ImageLinkExpired(DomainError):
    """The address was right, but too long ago. The page that held it makes a new one."""

    code = "image_link_expired"
    status = 410
    message = _("Đường dẫn tới ảnh này đã hết hạn. Hãy tải lại trang có ảnh.")


def image_url(document: IdentityDocument, side: str, viewer: User, purpose: str, *, address: str = "") -> str:
    """Return where `viewer` may look at one side for the next two minutes.

    `address` is of another view that serves papers; it must end in `serve_image`.
    """
    address = address or reverse("accounts:document-image", args=[document.pk, side])
    said = [document.pk, str(side), viewer.pk, str(ViewPurpose(purpose))]
    return f"{address}?{urlencode({KEY: signing.dumps(said, salt=SALT)})}"


def check(request: HttpRequest, document: IdentityDocument, side: str) -> ViewPurpose:
    """Return the purpose for which the signed-in person was given this address.

    Raises:
        ImageLinkExpired: it was given too long ago.
        NotFound: it was given to somebody else, for another picture, or by nobody.
    """
    try:
        said = signing.loads(request.GET.get(KEY, ""), salt=SALT, max_age=settings.IMAGE_LINK_SECONDS)
    except signing.SignatureExpired as late:
        raise ImageLinkExpired from late
    except signing.BadSignature as bad:
        raise NotFound from bad
    if said[:3] != [document.pk, str(side), signed_in(request).pk]:
        raise NotFound
    return ViewPurpose(said[3])


def serve_image(
    request: HttpRequest, *, document: IdentityDocument, side: str, by: Actor, purpose: ViewPurpose
) -> HttpResponse:
    """Check the address, write the look down, and answer with the picture; the right to it is checked before.

    No cache may keep it and no other site may embed it.

    Raises:
        NotFound: the address is not for this person, picture and purpose, or there is no picture.
    """
    if check(request, document, side) != purpose:
        raise NotFound
    file = open_image(
        document=document,
        side=side,
        by=by,
        purpose=purpose,
        ip_address=get_adapter(request).get_client_ip(request) or "",
        device=request.headers.get("User-Agent", ""),
    )
    with file:
        response = HttpResponse(file.read(), content_type="image/jpeg")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    return response
