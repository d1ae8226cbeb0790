"""Handing in a paper: the photographs are kept, and a job reads them."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.db import transaction

from accounts.kyc import consent
from accounts.kyc.enums import (
    DOCUMENT,
    SIDES_OF,
    WAITING,
    ConsentPurpose,
    DocumentKind,
    DocumentState,
    ImageSide,
)
from accounts.kyc.errors import ConsentMissing, ImagesMissing, ImagesRefused, TooManySubmissions
from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.users.models import User
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.images import CleanPhoto, PhotoRefused, Upload, clean_photo
from voltgo.core.sealed_files import sealed_storage

READ_TOPIC = "kyc.read"
SUBMISSIONS_PER_DAY = 10
# What a new version replaces at once; an approved or expired one is replaced when the new one is approved.
REPLACED_AT_ONCE = (*WAITING, DocumentState.REJECTED)


def submit_document(
    *,
    user: User,
    kind: str,
    images: Mapping[str, Upload],
    by: Actor,
    ip_address: str = "",
    device: str = "",
) -> IdentityDocument:
    """Hand in a new version of a paper; it replaces one that is waiting or was rejected.

    `images` holds uploads by side. A side that is not sent again is taken over from the version that is
    replaced, unless it was the bad one, so that only the bad photograph has to be taken anew. Decodes the
    images before the transaction; locks the user row, then the document; the photographs are read after commit.

    Raises:
        ConsentMissing: the person has not agreed to the present text, or has taken it back.
        ImagesMissing: a side is neither sent nor there from before, or nothing is new.
        ImagesRefused: photographs cannot be used; `details["errors"]` says which and why.
        KeysAway: pictures cannot be sealed now.
        TooManySubmissions: ten versions of this paper were handed in within a day.
    """
    kind = DocumentKind(kind)
    if not consent.in_force(user, ConsentPurpose.IDENTITY):
        raise ConsentMissing
    photos = _cleaned(kind, images)
    # Not while the user row is locked: the keeper of the keys may be slow, or away.
    sealed_storage().prepare()
    stored: list[str] = []
    try:
        return _submit(user, kind, photos, by=by, ip_address=ip_address, device=device, stored=stored)
    except Exception:
        # The rows are rolled back; files are not.
        for name in stored:
            with suppress(OSError):
                _storage().delete(name)
        raise


@transaction.atomic
def _submit(
    user: User,
    kind: DocumentKind,
    photos: Mapping[ImageSide, CleanPhoto],
    *,
    by: Actor,
    ip_address: str,
    device: str,
    stored: list[str],
) -> IdentityDocument:
    locks.lock_row(user)
    # Taken back between the page and the lock: then nothing may be kept.
    if not consent.in_force(user, ConsentPurpose.IDENTITY):
        raise ConsentMissing
    _check_rate(user, kind)
    replaced = user.documents.filter(kind=kind, state__in=REPLACED_AT_ONCE).order_by("-pk").first()
    kept = _kept_from(replaced, photos)
    _check_sides(kind, [*photos, *(image.side for image in kept)])
    for former in user.documents.filter(kind=kind, state__in=REPLACED_AT_ONCE).order_by("pk"):
        states.move(DOCUMENT, former, to=DocumentState.SUPERSEDED, by=by)
    document = IdentityDocument.objects.create(user=user, kind=kind, consent_version=consent.VERSION)
    for side, photo in photos.items():
        image = DocumentImage(
            document=document,
            side=side,
            sha256=photo.sha256,
            width=photo.width,
            height=photo.height,
            uploaded_sha256=photo.uploaded_sha256,
        )
        image.file.save("photo.jpg", photo.as_file(), save=False)
        stored.append(str(image.file.name))
        image.save()
    for image in kept:
        DocumentImage.objects.create(
            document=document,
            side=image.side,
            file=image.file.name,
            sha256=image.sha256,
            width=image.width,
            height=image.height,
            uploaded_sha256=image.uploaded_sha256,
            perceptual_hash=image.perceptual_hash,
        )
    states.begin(DOCUMENT, document, by=by)
    audit.record(
        "document.submitted",
        f"document:{document.pk}",
        by=by,
        user=user.public_id,
        consent_version=consent.VERSION,
        ip_address=ip_address,
        device=device[:200],
    )
    outbox.promise(READ_TOPIC, key=f"{READ_TOPIC}:{document.pk}", document_id=document.pk)
    return document


def _storage() -> Any:
    return DocumentImage._meta.get_field("file").storage


def _cleaned(kind: DocumentKind, images: Mapping[str, Upload]) -> dict[ImageSide, CleanPhoto]:
    photos: dict[ImageSide, CleanPhoto] = {}
    errors: dict[str, PhotoRefused] = {}
    for side in SIDES_OF[kind]:
        if side not in images:
            continue
        try:
            photos[side] = clean_photo(images[side])
        except PhotoRefused as refusal:
            errors[str(side)] = refusal
    if errors:
        raise ImagesRefused(errors=errors)
    if not photos:
        raise ImagesMissing(sides=[str(side) for side in SIDES_OF[kind]])
    return photos


def _kept_from(
    replaced: IdentityDocument | None, photos: Mapping[ImageSide, CleanPhoto]
) -> list[DocumentImage]:
    """Return the photographs of the version before that need not be taken again."""
    if replaced is None:
        return []
    again = {*photos, *replaced.bad_sides}
    return [image for image in replaced.images.all() if image.side not in again]


def _check_rate(user: User, kind: DocumentKind) -> None:
    since = clock.now() - timedelta(days=1)
    if user.documents.filter(kind=kind, uploaded_at__gt=since).count() >= SUBMISSIONS_PER_DAY:
        raise TooManySubmissions


def _check_sides(kind: DocumentKind, present: Iterable[str]) -> None:
    there = {str(side) for side in present}
    missing = [str(side) for side in SIDES_OF[kind] if side not in there]
    if missing:
        raise ImagesMissing(sides=missing)
