"""How papers end: by their date or by revocation."""

from datetime import date

from django.db import transaction
from django.urls import reverse

from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition, InvalidInput

BATCH = 500


def expire_documents(*, today: date | None = None) -> int:
    """Move approved papers whose last day has passed to `expired` and tell their owners; return how many.

    Each paper in a transaction of its own. Eligibility does not wait for it: it looks at the date itself.
    """
    today = today or clock.today()
    due = IdentityDocument.objects.filter(state=DocumentState.APPROVED, expires_on__lt=today).order_by("pk")
    return sum(_expire(document) for document in due.select_related("user")[:BATCH])


@transaction.atomic
def _expire(document: IdentityDocument) -> bool:
    user = locks.lock_row(document.user)
    try:
        states.move(DOCUMENT, document, to=DocumentState.EXPIRED, by=SYSTEM)
    except IllegalTransition:
        # Replaced or revoked since it was listed.
        return False
    notify(
        user=user,
        kind=MessageKind.DOCUMENT_EXPIRED,
        key=f"{MessageKind.DOCUMENT_EXPIRED}:{document.pk}",
        reference=f"document:{document.pk}",
        context={
            "kind_label": DocumentKind(document.kind).label,
            "path": reverse("accounts:identity-upload", args=[document.kind]),
        },
    )
    return True


@transaction.atomic
def revoke_document(*, document: IdentityDocument, reason: str, by: Actor) -> IdentityDocument:
    """Take back an approval, e.g. because the paper turned out to be false. Locks the user row, then the document.

    Raises:
        InvalidInput: no reason was given.
        IllegalTransition: the paper is not approved.
    """
    if not reason.strip():
        raise InvalidInput
    user = locks.lock_row(document.user)
    states.move(DOCUMENT, document, to=DocumentState.REVOKED, by=by, reason=reason.strip()[:300])
    audit.record(
        "document.revoked", f"document:{document.pk}", by=by, reason=reason.strip()[:300], user=user.public_id
    )
    return document
