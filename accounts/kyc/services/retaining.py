"""Letting go of what nobody needs any more, by the periods of accounts.kyc.retention."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from accounts.kyc.enums import DOCUMENT, WAITING, ConsentPurpose, DocumentState
from accounts.kyc.models import Consent, DocumentExtraction, DocumentImage, FaceReference, IdentityDocument
from accounts.kyc.needs import last_use_of, needs_of
from accounts.kyc.retention import (
    ENDED_IMAGES_DAYS,
    IDLE_FACES_DAYS,
    IDLE_IMAGES_DAYS,
    READINGS_DAYS,
    STALE_DAYS,
)
from accounts.kyc.services.erasing import FORGET_TOPIC, erase_images, put_aside
from accounts.users.models import User
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import IllegalTransition

# Versions that will never be judged by again.
ENDED = (DocumentState.REJECTED, DocumentState.SUPERSEDED, DocumentState.REVOKED)
# What its owner rents by, or did until it ran out.
HELD = (DocumentState.APPROVED, DocumentState.EXPIRED)
BATCH = 500


def keep_no_longer() -> dict[str, int]:
    """Erase everything whose time has come; return how much of what. Each paper in a transaction of its own."""
    return {
        "withdrawn": put_aside_withdrawn(),
        "stale": put_aside_stale(),
        "ended_images": erase_old_images(),
        "idle_images": erase_idle_images(),
        "readings": erase_old_readings(),
        "faces": forget_idle_faces(),
    }


def erase_old_images(*, days: int = ENDED_IMAGES_DAYS) -> int:
    """Delete the images of versions that ended so many days ago, files included; return how many.

    Not while a dispute or a rental of their owner is open. A file that a later version has taken over stays until
    that version's turn.
    """
    before = clock.now() - timedelta(days=days)
    ended = IdentityDocument.objects.filter(state__in=ENDED, uploaded_at__lt=before, images__isnull=False)
    erased = 0
    for document in ended.distinct().select_related("user").order_by("pk")[:BATCH]:
        last_step = states.events_of(DOCUMENT, document).last()
        if (last_step is None or last_step.at < before) and not needs_of(document.user):
            erased += _erase(document)
    return erased


def erase_idle_images(*, days: int = IDLE_IMAGES_DAYS) -> int:
    """Delete the images of papers whose owner has not rented for so long; what was read stays valid."""
    before = clock.now() - timedelta(days=days)
    held = IdentityDocument.objects.filter(state__in=HELD, uploaded_at__lt=before, images__isnull=False)
    return sum(
        _erase(document)
        for document in held.distinct().select_related("user").order_by("pk")[:BATCH]
        if _is_idle(document.user, before)
    )


def erase_old_readings(*, days: int = READINGS_DAYS) -> int:
    """Empty what machines read from papers that were decided on long ago; the figures about it stay."""
    before = clock.now() - timedelta(days=days)
    old = DocumentExtraction.objects.filter(created_at__lt=before).exclude(fields_encrypted="")
    return old.exclude(document__state__in=WAITING).update(fields_encrypted="")


def forget_idle_faces(*, days: int = IDLE_FACES_DAYS) -> int:
    """Promise to erase faces that a service keeps of people who have not rented for so long; return how many."""
    before = clock.now() - timedelta(days=days)
    owners = FaceReference.objects.filter(created_at__lt=before).values("user")
    idle = [
        user for user in User.objects.filter(pk__in=owners).order_by("pk")[:BATCH] if _is_idle(user, before)
    ]
    for user in idle:
        with transaction.atomic():
            outbox.promise(FORGET_TOPIC, key=f"{FORGET_TOPIC}:{user.pk}:{clock.today()}", user_id=user.pk)
    return len(idle)


def put_aside_withdrawn() -> int:
    """Put aside papers whose owner has taken the consent back during a rental, once nothing needs them."""
    return sum(_put_aside(user, reason="consent withdrawn") for user in _withdrawn() if not needs_of(user))


def put_aside_stale(*, days: int = STALE_DAYS) -> int:
    """Put aside what was sent and never decided, because its owner went away."""
    before = clock.now() - timedelta(days=days)
    stale = (DocumentState.UPLOADED, DocumentState.AUTO_PASSED)
    left = IdentityDocument.objects.filter(state__in=stale, uploaded_at__lt=before)
    moved = 0
    for document in left.select_related("user").order_by("pk")[:BATCH]:
        if _is_idle(document.user, before):
            moved += _set_aside_unfinished(document)
    return moved


def _set_aside_unfinished(document: IdentityDocument) -> bool:
    with transaction.atomic():
        locks.lock_row(document.user)
        try:
            states.move(DOCUMENT, document, to=DocumentState.SUPERSEDED, by=SYSTEM, reason="never finished")
        except IllegalTransition:
            # Decided or replaced since it was listed.
            return False
    return True


def _withdrawn() -> Iterator[User]:
    """Yield people who hold papers but took their agreement back; who never was asked is not among them."""
    of_identity = Consent.objects.filter(purpose=ConsentPurpose.IDENTITY)
    agreed = of_identity.filter(withdrawn_at=None).values("user")
    holders = User.objects.filter(
        Q(pk__in=of_identity.values("user")) & ~Q(pk__in=agreed),
        documents__state__in=(*WAITING, *HELD),
    )
    yield from holders.distinct().order_by("pk")[:BATCH]


@transaction.atomic
def _put_aside(user: User, *, reason: str) -> int:
    return put_aside(locks.lock_row(user), reason=reason)


def _is_idle(user: User, before: datetime) -> bool:
    used_at = last_use_of(user)
    return (used_at is None or used_at < before) and not needs_of(user)


def _erase(document: IdentityDocument) -> int:
    """Locks the user row: a new version may just be taking a photograph over."""
    with transaction.atomic():
        locks.lock_row(document.user)
        return erase_images(DocumentImage.objects.filter(document=document))
