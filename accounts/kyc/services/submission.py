"""Handing in a paper for review."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta

from django.core.files.storage import default_storage
from django.db import transaction

from accounts.kyc import consent
from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState, ImageSide
from accounts.kyc.errors import ConsentMissing, ImagesMissing, ImagesRefused, TooManySubmissions
from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.users.models import User
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.images import CleanPhoto, PhotoRefused, Upload, clean_photo

SUBMISSIONS_PER_DAY = 10
# What a new version replaces at once; an approved or expired one is replaced when the new one is approved.
REPLACED_AT_ONCE = (DocumentState.NEEDS_REVIEW, DocumentState.REJECTED)


def submit_document(
    *,
    user: User,
    kind: str,
    images: Mapping[str, Upload],
    consent_version: str,
    by: Actor,
    ip_address: str = "",
) -> IdentityDocument:
    """Hand in a new version of a paper for review; it replaces one that is waiting or was rejected.

    `images` holds uploads by side. A side that is not sent again is taken over from the version that is
    replaced, so that only the bad photograph has to be taken anew. Decodes the images before the transaction;
    locks the user row, then the document.

    Raises:
        ConsentMissing: what was agreed to is not the present text.
        ImagesMissing: a side is neither sent nor there from before, or nothing is new.
        ImagesRefused: photographs cannot be used; `details["errors"]` says which and why.
        TooManySubmissions: ten versions of this paper were handed in within a day.
    """
    kind = DocumentKind(kind)
    if consent_version != consent.VERSION:
        raise ConsentMissing
    photos = _cleaned(images)
    stored: list[str] = []
    try:
        return _submit(user, kind, photos, by=by, ip_address=ip_address, stored=stored)
    except Exception:
        # The rows are rolled back; files are not.
        for name in stored:
            with suppress(OSError):
                default_storage.delete(name)
        raise


@transaction.atomic
def _submit(
    user: User,
    kind: DocumentKind,
    photos: Mapping[ImageSide, CleanPhoto],
    *,
    by: Actor,
    ip_address: str,
    stored: list[str],
) -> IdentityDocument:
    locks.lock_row(user)
    _check_rate(user, kind)
    replaced = user.documents.filter(kind=kind, state__in=REPLACED_AT_ONCE).order_by("-pk").first()
    kept = [image for image in replaced.images.all() if image.side not in photos] if replaced else []
    _check_sides([*photos, *(image.side for image in kept)])
    if replaced is not None:
        states.move(DOCUMENT, replaced, to=DocumentState.SUPERSEDED, by=by)
    document = IdentityDocument.objects.create(user=user, kind=kind, consent_version=consent.VERSION)
    for side, photo in photos.items():
        image = DocumentImage(
            document=document, side=side, sha256=photo.sha256, width=photo.width, height=photo.height
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
        )
    states.begin(DOCUMENT, document, by=by)
    states.move(DOCUMENT, document, to=DocumentState.NEEDS_REVIEW, by=by)
    audit.record(
        "consent.given",
        f"document:{document.pk}",
        by=by,
        user=user.public_id,
        version=consent.VERSION,
        text_sha256=consent.text_hash(),
        purposes=["identity"],
        ip_address=ip_address,
    )
    return document


def _cleaned(images: Mapping[str, Upload]) -> dict[ImageSide, CleanPhoto]:
    photos: dict[ImageSide, CleanPhoto] = {}
    errors: dict[str, PhotoRefused] = {}
    for side, upload in images.items():
        try:
            photos[ImageSide(side)] = clean_photo(upload)
        except PhotoRefused as refusal:
            errors[str(side)] = refusal
    if errors:
        raise ImagesRefused(errors=errors)
    if not photos:
        raise ImagesMissing(sides=list(ImageSide.values))
    return photos


def _check_rate(user: User, kind: DocumentKind) -> None:
    since = clock.now() - timedelta(days=1)
    if user.documents.filter(kind=kind, uploaded_at__gt=since).count() >= SUBMISSIONS_PER_DAY:
        raise TooManySubmissions


def _check_sides(present: Iterable[str]) -> None:
    there = {str(side) for side in present}
    missing = [side for side in ImageSide.values if side not in there]
    if missing:
        raise ImagesMissing(sides=missing)
