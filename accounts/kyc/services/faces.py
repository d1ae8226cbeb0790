"""Comparing a selfie with the portrait on the paper beside it, where a machine may: with that consent only."""

import time
from dataclasses import replace

from django.db import transaction

from accounts.extraction.faces import ABROAD, get_face_engine
from accounts.extraction.paid import PaidReaderAway
from accounts.extraction.types import Call, FaceEngine, FaceMatch
from accounts.kyc import consent
from accounts.kyc.enums import (
    IDENTITY_KINDS,
    WAITING,
    ConsentPurpose,
    DocumentKind,
    DocumentState,
    ImageSide,
)
from accounts.kyc.models import DocumentExtraction, FaceReference, IdentityDocument
from accounts.kyc.readings import last_comparison, reading_row_of, sealed_comparison
from accounts.users.models import User
from voltgo.core import locks

# The versions that somebody may still be judged by.
COUNTING = (*WAITING, DocumentState.APPROVED)


def compares_faces(user: User) -> bool:
    """Whether a machine compares this person's face: by the settings, and with their agreement to it."""
    engine = get_face_engine()
    return engine is not None and _has_agreed(user, engine)


def _has_agreed(user: User, engine: FaceEngine) -> bool:
    """Whether somebody lets a machine compare their face, and lets it leave the country where it would."""
    purposes = [ConsentPurpose.BIOMETRICS]
    if engine.name in ABROAD:
        purposes.append(ConsentPurpose.CROSS_BORDER)
    return all(consent.in_force(user, purpose) for purpose in purposes)


def compare_selfie(user: User, *, portrait: bytes = b"") -> FaceMatch | None:
    """Compare the newest selfie with the portrait on the newest identity paper, and keep what came of it.

    Returns None where a person compares: no engine, no agreement, or one of the two pictures is missing. What was
    compared before is not paid for again. `portrait` is the JPEG that the reading has cut out; without it the
    whole front of the paper is shown, on which the portrait is the largest face. A face that fits, and is nobody
    else's, is remembered where the engine keeps faces. Talks to the service outside of any transaction.

    Raises:
        ReaderAway: the service cannot work now; what it was asked in vain stands with the selfie's reading.
    """
    engine = get_face_engine()
    if engine is None or not _has_agreed(user, engine):
        return None
    selfie = _newest(user, (DocumentKind.SELFIE,))
    identity = _newest(user, IDENTITY_KINDS)
    if selfie is None or identity is None:
        return None
    known = last_comparison(selfie, identity)
    if known is not None:
        return known.match
    face, paper = _front(selfie), portrait or _front(identity)
    if not face or not paper:
        return None
    begun = time.monotonic()
    try:
        match = _compared(engine, user, face, paper)
    except PaidReaderAway as away:
        _note_calls(selfie, away.calls)
        raise
    _keep(selfie, identity, match, seconds=time.monotonic() - begun)
    if match.is_same and not match.known_as:
        _remember(engine, user, face)
    return match


def _compared(engine: FaceEngine, user: User, face: bytes, paper: bytes) -> FaceMatch:
    """Ask both questions: is it the face on the paper, and do we know it under another name."""
    match = engine.compare(selfie=face, portrait=paper)
    if match.problem:
        return match
    try:
        found = engine.find(selfie=face, apart_from=user.public_id)
    except PaidReaderAway as away:
        raise PaidReaderAway(away.reason, (*match.calls, *away.calls)) from away
    return replace(match, known_as=found.known_as, calls=(*match.calls, *found.calls))


@transaction.atomic
def _keep(
    selfie: IdentityDocument, identity: IdentityDocument, match: FaceMatch, *, seconds: float
) -> DocumentExtraction:
    """Write a comparison; only its figures if one of the two does not count any more. Locks the user row."""
    locks.lock_row(selfie.user)
    still = IdentityDocument.objects.filter(pk__in=[selfie.pk, identity.pk], state__in=COUNTING).count()
    is_kept = still == len({selfie.pk, identity.pk})
    return DocumentExtraction.objects.create(
        document=selfie,
        engine=match.engine,
        seconds=round(seconds, 3),
        sources={"face": not match.problem},
        calls=[_as_json(call) for call in match.calls],
        cost_microusd=sum(call.cost_microusd for call in match.calls),
        fields_encrypted=sealed_comparison(match, identity.pk) if is_kept else "",
    )


def _note_calls(selfie: IdentityDocument, calls: tuple[Call, ...]) -> None:
    """Add what was asked in vain to the account of the selfie's reading."""
    row = reading_row_of(selfie)
    if row is None or not calls:
        return
    DocumentExtraction.objects.filter(pk=row.pk).update(
        calls=[*row.calls, *(_as_json(call) for call in calls)],
        cost_microusd=row.cost_microusd + sum(call.cost_microusd for call in calls),
    )


def _remember(engine: FaceEngine, user: User, face: bytes) -> None:
    """Keep a face at the service and its id here; whoever has taken the agreement back meanwhile is forgotten.

    A service that is away has nothing to remember; the comparison holds without.
    """
    if FaceReference.objects.filter(user=user, engine=engine.name).exists():
        return
    try:
        reference = engine.remember(selfie=face, public_id=user.public_id)
    except PaidReaderAway:
        return
    if not reference:
        return
    try:
        is_kept = _write_reference(engine, user, reference)
    except BaseException:
        engine.forget((reference,))
        raise
    if not is_kept:
        engine.forget((reference,))


@transaction.atomic
def _write_reference(engine: FaceEngine, user: User, reference: str) -> bool:
    """Write the row unless the agreement has ended; locks the user row, as taking it back does."""
    locks.lock_row(user)
    if not _has_agreed(user, engine):
        return False
    FaceReference.objects.create(user=user, engine=engine.name, reference=reference)
    return True


def _newest(user: User, kinds: tuple[DocumentKind, ...]) -> IdentityDocument | None:
    return user.documents.filter(kind__in=kinds, state__in=COUNTING).order_by("-pk").first()


def _front(document: IdentityDocument) -> bytes:
    image = document.images.filter(side=ImageSide.FRONT).first()
    if image is None:
        return b""
    try:
        with image.file.open("rb") as file:
            return bytes(file.read())
    except FileNotFoundError:
        return b""


def _as_json(call: Call) -> dict[str, str | bool | float | int]:
    return {
        "operation": call.operation,
        "is_ok": call.is_ok,
        "seconds": call.seconds,
        "cost_microusd": call.cost_microusd,
        "error": call.error,
    }
