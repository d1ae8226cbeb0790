"""Erasing what belongs to somebody's papers: photographs, what was read from them, faces."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from django.db import transaction

from accounts.extraction.types import ReaderAway
from accounts.kyc.enums import DOCUMENT, WAITING, DocumentState, RejectionCode
from accounts.kyc.errors import PapersStillNeeded
from accounts.kyc.models import (
    Consent,
    DocumentExtraction,
    DocumentImage,
    DocumentReview,
    FaceReference,
    IdentityDocument,
)
from accounts.kyc.needs import needs_of
from accounts.users.models import User
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit

FORGET_TOPIC = "kyc.forget_faces"
# What still holds when nobody needs it: it is put aside, so that nobody rents by it.
PUT_ASIDE = (*WAITING, DocumentState.APPROVED, DocumentState.EXPIRED)
NOTHING_READ: dict[str, Any] = {
    "number_encrypted": "",
    "number_tail": "",
    "full_name": "",
    "born_on": None,
    "issued_on": None,
    "expires_on": None,
    "country": "",
}


@transaction.atomic
def erase_person(*, user: User, by: Actor) -> int:
    """Erase photographs and everything that was read from somebody's papers; return how many papers there were.

    The agreements end with it; their rows stay as proof, and so do states, dates and the audit trail, which name
    nobody. Of a paper that was taken back or called false the keyed hash of its number stays, to know it again.
    What contracts print is theirs and kept by their own law. Locks the user row, then the papers; files and faces
    go after commit.

    Raises:
        PapersStillNeeded: a booking, a rental or a dispute is open; `details["needs"]` says which.
    """
    user = locks.lock_row(user)
    needs = needs_of(user)
    if needs:
        raise PapersStillNeeded(needs=[str(need.words) for need in needs])
    end_consents(user, by=by)
    put_aside(user, reason="erased")
    documents = list(user.documents.order_by("pk"))
    erase_images(DocumentImage.objects.filter(document__in=documents))
    for document in documents:
        _erase_reading(document)
    DocumentExtraction.objects.filter(document__in=documents).update(fields_encrypted="")
    DocumentReview.objects.filter(document__in=documents).update(reading_encrypted="")
    User.objects.filter(pk=user.pk).update(born_on=None)
    audit.record("identity.erased", f"user:{user.public_id}", by=by, papers=len(documents))
    return len(documents)


def end_consents(user: User, *, by: Actor, purposes: Iterable[str] | None = None) -> list[Consent]:
    """End agreements in force, of some purposes or of all; faces that a service keeps go with their consent.

    Inside the caller's transaction, with the user row locked.
    """
    rows = list(Consent.objects.filter(user=user, withdrawn_at=None).order_by("pk"))
    rows = [row for row in rows if purposes is None or row.purpose in purposes]
    Consent.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=clock.now())
    for row in rows:
        audit.record(
            "consent.withdrawn", f"user:{user.public_id}", by=by, purpose=row.purpose, version=row.version
        )
    # Faces are kept by a service abroad: either agreement ends that.
    is_about_faces = purposes is None or {"biometrics", "cross_border"} & set(purposes)
    if is_about_faces and FaceReference.objects.filter(user=user).exists():
        outbox.promise(FORGET_TOPIC, user_id=user.pk)
    return rows


def put_aside(user: User, *, reason: str) -> int:
    """Let no paper of somebody count any more; return how many did. Inside the caller's transaction."""
    documents = list(user.documents.filter(state__in=PUT_ASIDE).order_by("pk"))
    for document in documents:
        states.move(DOCUMENT, document, to=DocumentState.SUPERSEDED, by=SYSTEM, reason=reason)
    return len(documents)


def erase_images(images: Any) -> int:
    """Delete photographs, and after commit their files; return how many.

    A file that another version has taken over stays until that version's turn. Inside the caller's transaction.
    """
    rows = locks.lock(images)
    names = {str(image.file.name) for image in rows}
    documents = sorted({image.document_id for image in rows})
    DocumentImage.objects.filter(pk__in=[image.pk for image in rows]).delete()
    names -= set(DocumentImage.objects.filter(file__in=names).values_list("file", flat=True))
    for document in IdentityDocument.objects.filter(pk__in=documents).select_related("user").order_by("pk"):
        audit.record(
            "document.images_erased", f"document:{document.pk}", by=SYSTEM, user=document.user.public_id
        )
    transaction.on_commit(partial(_delete_files, sorted(names)))
    return len(rows)


def forget_faces(*, user_id: int) -> int:
    """Erase the faces of one person at the service that keeps them, then their rows here; return how many.

    Talks to the service outside any transaction; a row goes only once its face is gone there. Safe to call again.

    Raises:
        ReaderAway: the service that keeps them is switched off or cannot be reached; the job is tried again, and
            what is never erased stays visible among the jobs that failed.
    """
    from accounts.extraction.faces import get_face_engine

    references = list(FaceReference.objects.filter(user_id=user_id).order_by("pk"))
    if not references:
        return 0
    engine = get_face_engine()
    if engine is None or any(row.engine != engine.name for row in references):
        raise ReaderAway
    engine.forget(tuple(row.reference for row in references))
    FaceReference.objects.filter(pk__in=[row.pk for row in references]).delete()
    return len(references)


def _erase_reading(document: IdentityDocument) -> None:
    is_false = (
        document.state == DocumentState.REVOKED or document.rejection_code == RejectionCode.SUSPECTED_FORGERY
    )
    values = NOTHING_READ | ({} if is_false else {"number_hash": ""})
    IdentityDocument.objects.filter(pk=document.pk).update(**values)


def _delete_files(names: Iterable[str]) -> None:
    storage = DocumentImage._meta.get_field("file").storage
    for name in names:
        storage.delete(name)
