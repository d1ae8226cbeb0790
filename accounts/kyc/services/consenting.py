"""Agreeing to what is done with one's papers, and taking it back; both are proved by rows that stay."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from accounts.kyc.consent_texts import VERSIONS, text_hash
from accounts.kyc.enums import DOCUMENT, WAITING, ConsentPurpose, DocumentState
from accounts.kyc.errors import ConsentMissing
from accounts.kyc.models import Consent, FaceReference
from accounts.users.models import User
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit

FORGET_TOPIC = "kyc.forget_faces"


@transaction.atomic
def give(
    *,
    user: User,
    purposes: Iterable[str],
    versions: Mapping[str, str],
    language: str,
    ip_address: str = "",
    device: str = "",
    by: Actor,
) -> list[Consent]:
    """Record that somebody agrees to purposes, in the words of the versions that they were shown.

    What is in force already stays as it is; older words are replaced. Locks the user row.

    Raises:
        ConsentMissing: a version is not the present one; the person has read words that no longer hold.
    """
    wanted = [ConsentPurpose(purpose) for purpose in purposes]
    if any(versions.get(purpose) != VERSIONS[purpose] for purpose in wanted):
        raise ConsentMissing
    user = locks.lock_row(user)
    now = clock.now()
    given: list[Consent] = []
    for purpose in wanted:
        present = Consent.objects.filter(user=user, purpose=purpose, withdrawn_at=None).first()
        if present is not None and present.version == VERSIONS[purpose]:
            given.append(present)
            continue
        if present is not None:
            Consent.objects.filter(pk=present.pk).update(withdrawn_at=now)
        row = Consent.objects.create(
            user=user,
            purpose=purpose,
            version=VERSIONS[purpose],
            text_sha256=text_hash(purpose, language),
            language=language,
            given_at=now,
            ip_address=ip_address or None,
            device=device[:200],
        )
        audit.record(
            "consent.given",
            f"user:{user.public_id}",
            by=by,
            purpose=str(purpose),
            version=row.version,
            text_sha256=row.text_sha256,
            language=language,
        )
        given.append(row)
    return given


@transaction.atomic
def withdraw(*, user: User, purpose: str, by: Actor) -> bool:
    """Take an agreement back; return whether there was one.

    Without the check of papers nothing else has a use: its withdrawal takes the other purposes along and pulls
    back papers that nobody has decided on. Faces that a service keeps are erased after commit. What is approved
    stays until its owner asks for erasure. Locks the user row, then the papers.
    """
    purpose = ConsentPurpose(purpose)
    user = locks.lock_row(user)
    taken = list(ConsentPurpose) if purpose == ConsentPurpose.IDENTITY else [purpose]
    rows = list(Consent.objects.filter(user=user, purpose__in=taken, withdrawn_at=None).order_by("pk"))
    if not any(row.purpose == purpose for row in rows):
        return False
    Consent.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=clock.now())
    for row in rows:
        audit.record(
            "consent.withdrawn",
            f"user:{user.public_id}",
            by=by,
            purpose=row.purpose,
            version=row.version,
        )
    if purpose == ConsentPurpose.IDENTITY:
        for document in user.documents.filter(state__in=WAITING).order_by("pk"):
            states.move(
                DOCUMENT, document, to=DocumentState.SUPERSEDED, by=SYSTEM, reason="consent withdrawn"
            )
    if ConsentPurpose.BIOMETRICS in taken and FaceReference.objects.filter(user=user).exists():
        outbox.promise(FORGET_TOPIC, user_id=user.pk)
    return True
