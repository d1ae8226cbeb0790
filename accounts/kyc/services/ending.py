"""How papers end: by their date, by revocation, and the removal of images that nobody needs any more."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import partial

from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse

from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState
from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.kyc.retention import ENDED_IMAGES_DAYS
from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition, InvalidInput

# Versions that will never be judged by again.
ENDED = (DocumentState.REJECTED, DocumentState.SUPERSEDED, DocumentState.REVOKED)
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


def erase_old_images(*, days: int = ENDED_IMAGES_DAYS) -> int:
    """Delete the images of versions that ended so many days ago, files included; return how many.

    A file that a later version has taken over stays until that version's turn.
    """
    before = clock.now() - timedelta(days=days)
    ended = IdentityDocument.objects.filter(state__in=ENDED, uploaded_at__lt=before, images__isnull=False)
    erased = 0
    for document in ended.distinct().order_by("pk")[:BATCH]:
        last_step = states.events_of(DOCUMENT, document).last()
        if last_step is None or last_step.at < before:
            erased += _erase_images(document)
    return erased


def _erase_images(document: IdentityDocument) -> int:
    with transaction.atomic():
        images = locks.lock(document.images.all())
        names = {str(image.file.name) for image in images}
        DocumentImage.objects.filter(pk__in=[image.pk for image in images]).delete()
        names -= set(DocumentImage.objects.filter(file__in=names).values_list("file", flat=True))
        audit.record(
            "document.images_erased", f"document:{document.pk}", by=SYSTEM, user=document.user.public_id
        )
        transaction.on_commit(partial(_delete_files, names))
    return len(images)


def _delete_files(names: Iterable[str]) -> None:
    for name in names:
        default_storage.delete(name)
