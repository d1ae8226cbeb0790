"""Reading a paper that was handed in: the job between the photographs and the decision.

Every step may be the worker's last. What is done is seen in the rows: the state, the hash of each picture, the row
of the reading, the row of the comparison; the job begins again and does what is missing.
"""

import logging
import time
from collections.abc import Mapping

from django.conf import settings
from django.db import transaction

from accounts.extraction.engines import LOCAL, TEXTRACT, get_engine
from accounts.extraction.paid import PaidReaderAway
from accounts.extraction.types import Call, Engine, ReaderAway, Reading
from accounts.kyc import consent, duplicates
from accounts.kyc.enums import (
    DOCUMENT,
    IDENTITY_KINDS,
    WAITING,
    ConsentPurpose,
    DocumentKind,
    DocumentState,
    Finding,
)
from accounts.kyc.models import DocumentExtraction, DocumentImage, IdentityDocument
from accounts.kyc.readings import NO_ENGINE, reading_row_of, sealed_reading
from accounts.kyc.services.deciding import decide_papers
from accounts.kyc.services.faces import compare_selfie
from accounts.users.models import User
from voltgo.core import locks, states
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import IllegalTransition

logger = logging.getLogger(__name__)


def read_document(document: IdentityDocument) -> None:
    """Read a paper and decide about all papers of its owner.

    Works outside of transactions but for the decision. Does nothing for a version that was replaced or decided
    meanwhile. A reader that is away, or falls over, leaves the paper to a person.
    """
    if not _begin(document):
        return
    portrait = b""
    row = reading_row_of(document)
    if row is None:
        images = _images(document)
        _note_looks(document, images)
        reading, calls = _read(document, images)
        portrait = _portrait_in(reading)
        row = _keep(document, reading, calls)
    is_face_engine_away = not _compare(document, row, portrait)
    decide_papers(document.user, is_face_engine_away=is_face_engine_away)


def _begin(document: IdentityDocument) -> bool:
    """Take the paper on; False when somebody has replaced it or decided meanwhile."""
    if document.state == DocumentState.UPLOADED:
        try:
            states.move(DOCUMENT, document, to=DocumentState.PROCESSING, by=SYSTEM)
        except IllegalTransition:
            document.refresh_from_db(fields=["state"])
    return document.state == DocumentState.PROCESSING


def _images(document: IdentityDocument) -> dict[str, bytes]:
    """Open the photographs; a file that was erased meanwhile is left out."""
    found = {}
    for image in document.images.all():
        try:
            with image.file.open("rb") as file:
                found[str(image.side)] = bytes(file.read())
        except FileNotFoundError:
            logger.warning("a picture of document %s is gone", document.pk)
    return found


def _note_looks(document: IdentityDocument, images: Mapping[str, bytes]) -> None:
    """Keep what each picture looks like, before anybody asks whose it is."""
    for side, content in images.items():
        try:
            from accounts.extraction.looks import perceptual_hash

            value = perceptual_hash(content)
        except (ImportError, OSError):
            logger.warning("the looks of document %s could not be noted", document.pk)
            continue
        DocumentImage.objects.filter(document=document, side=side).update(perceptual_hash=value)


def engine_for(user: User) -> Engine:
    """Return the reader of the settings; a paid one abroad only beside our own, and with that consent."""
    if settings.KYC_READER != TEXTRACT:
        return get_engine()
    own = get_engine(LOCAL)
    if not consent.in_force(user, ConsentPurpose.CROSS_BORDER):
        return own
    from accounts.extraction.engines.together import with_fallback

    return with_fallback(own, get_engine(TEXTRACT))


def _read(document: IdentityDocument, images: Mapping[str, bytes]) -> tuple[Reading | None, tuple[Call, ...]]:
    """Return what an engine made of the pictures, or None, and what paid services were asked."""
    begun = time.monotonic()
    try:
        reading = engine_for(document.user).read(images, kind=document.kind)
    except PaidReaderAway as away:
        return None, away.calls
    except ReaderAway:
        logger.warning("no reader works now: document %s is left to a person", document.pk)
        return None, ()
    except Exception:  # a picture may bring any of the native libraries to fall
        logger.exception(
            "the reader fell over document %s after %.1f s", document.pk, time.monotonic() - begun
        )
        return None, ()
    return reading, reading.calls


def _portrait_in(reading: Reading | None) -> bytes:
    sides = reading.sides.values() if reading is not None else ()
    return next((side.portrait for side in sides if side.portrait), b"")


def _keep(document: IdentityDocument, reading: Reading | None, calls: tuple[Call, ...]) -> DocumentExtraction:
    """Write the row of a reading; what stands on the paper is encrypted.

    Of a version that was replaced, put aside or erased meanwhile only the figures are kept. Locks the user row, as
    whoever takes their agreement back or erases themselves does.
    """
    findings = [Finding.IMAGE_KNOWN] if duplicates.is_image_known(document) else []
    with transaction.atomic():
        locks.lock_row(document.user)
        current = IdentityDocument.objects.filter(pk=document.pk, state__in=WAITING)
        is_kept = reading is not None and current.exists()
        return _write(document, reading, calls, findings, is_kept=is_kept)


def _write(
    document: IdentityDocument,
    reading: Reading | None,
    calls: tuple[Call, ...],
    findings: list[Finding],
    *,
    is_kept: bool,
) -> DocumentExtraction:
    told = reading if reading is not None else Reading(NO_ENGINE)
    sources = sorted({str(each.source) for each in told.fields})
    return DocumentExtraction.objects.create(
        document=document,
        engine=told.engine,
        seconds=round(told.seconds, 3),
        quality={side: each.quality.as_json() for side, each in told.sides.items()},
        sources=dict.fromkeys(sources, True),
        findings=findings,
        fields_encrypted=sealed_reading(told) if is_kept else "",
        calls=[call_as_json(call) for call in calls],
        cost_microusd=sum(call.cost_microusd for call in calls),
    )


def call_as_json(call: Call) -> dict[str, str | bool | float | int]:
    return {
        "operation": call.operation,
        "is_ok": call.is_ok,
        "seconds": call.seconds,
        "cost_microusd": call.cost_microusd,
        "error": call.error,
    }


def _compare(document: IdentityDocument, row: DocumentExtraction, portrait: bytes) -> bool:
    """Compare faces where a machine may; return False when it should but cannot now."""
    is_about_face = document.kind in (*IDENTITY_KINDS, DocumentKind.SELFIE)
    if not is_about_face or any(side["problem"] for side in row.quality.values()):
        return True
    try:
        compare_selfie(document.user, portrait=portrait)
    except ReaderAway:
        logger.warning("faces cannot be compared now: document %s is left to a person", document.pk)
        return False
    return True
