"""Agreeing to what is done with one's papers, and taking it back; both are proved by rows that stay."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from accounts.kyc.consent_texts import VERSIONS, text_hash
from accounts.kyc.enums import DOCUMENT, WAITING, ConsentPurpose, DocumentState
from accounts.kyc.errors import ConsentMissing
from accounts.kyc.models import Consent
from accounts.kyc.needs import needs_of
from accounts.kyc.services.erasing import end_consents, put_aside
from accounts.users.models import User
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit

WITHDRAWN = "consent withdrawn"


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

    Without the check of papers nothing else has a use: its withdrawal takes the other purposes along and puts the
    papers aside, so that nobody rents by them until they agree and send them again. While a rental needs them,
    only what nobody has decided on is put aside; `ending` does the rest when the rental is over. Faces that a
    service keeps are erased after commit. Locks the user row, then the papers.
    """
    purpose = ConsentPurpose(purpose)
    user = locks.lock_row(user)
    if not Consent.objects.filter(user=user, purpose=purpose, withdrawn_at=None).exists():
        return False
    if purpose != ConsentPurpose.IDENTITY:
        end_consents(user, by=by, purposes=[purpose])
        return True
    end_consents(user, by=by)
    if not needs_of(user):
        put_aside(user, reason=WITHDRAWN)
        return True
    for document in user.documents.filter(state__in=WAITING).order_by("pk"):
        states.move(DOCUMENT, document, to=DocumentState.SUPERSEDED, by=SYSTEM, reason=WITHDRAWN)
    return True
