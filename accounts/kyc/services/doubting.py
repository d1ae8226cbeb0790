"""What the counter does about a face that is not the one on the selfie."""

from django.db import transaction

from accounts.kyc.enums import DOCUMENT, LOOKERS, DocumentKind, DocumentState, Finding
from accounts.kyc.errors import ReviewerIsSubject
from accounts.kyc.models import IdentityDocument
from accounts.users.models import User
from voltgo.core import locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition, NotAllowed


@transaction.atomic
def doubt_face(*, document: IdentityDocument, user: User, by: Actor) -> IdentityDocument:
    """Leave a selfie to the reviewers: whoever is here does not look like the person on it.

    Nobody rents with such a selfie until it is reviewed. Locks the person's row, then the selfie. Safe to call
    twice.

    Raises:
        ReviewerIsSubject: nobody judges their own face.
        NotAllowed: this kind of actor stands before nobody.
        IllegalTransition: the selfie was compared or replaced meanwhile.
    """
    owner = _lock(document, user, by)
    state = _state_of(document)
    if state == DocumentState.NEEDS_REVIEW:
        return document
    if state != DocumentState.AUTO_PASSED:
        raise IllegalTransition(machine=DOCUMENT.name, source=state, target=str(DocumentState.NEEDS_REVIEW))
    states.move(
        DOCUMENT,
        document,
        to=DocumentState.NEEDS_REVIEW,
        by=by,
        findings=[*{*document.findings, Finding.FACE_DIFFERS}],
    )
    audit.record("document.face_doubted", f"document:{document.pk}", by=by, user=owner.public_id)
    return document


def _lock(document: IdentityDocument, user: User, by: Actor) -> User:
    if document.kind != DocumentKind.SELFIE or by.kind not in LOOKERS:
        raise NotAllowed
    if user.pk == document.user_id:
        raise ReviewerIsSubject
    return locks.lock_row(document.user)


def _state_of(document: IdentityDocument) -> str:
    return locks.lock_row(document).state
