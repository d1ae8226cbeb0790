"""People and their papers as tests need them: real rows, sensible defaults."""

import io
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.kyc import consent
from accounts.kyc.enums import (
    DOCUMENT,
    LICENCE_KINDS,
    SIDES_OF,
    ConsentPurpose,
    DocumentKind,
    DocumentState,
)
from accounts.kyc.models import Consent, DocumentImage, IdentityDocument
from accounts.users.models import User
from voltgo.core import clock, crypto, images, states
from voltgo.core.actors import SYSTEM

PASSWORD = "an-honest-password"
BORN_ON = date(1995, 3, 14)
LONG_AGO = date(2022, 5, 4)
# Licences issued earlier carry the old classes.
SINCE_2025 = date(2025, 6, 1)
FAR_FUTURE = date(2099, 12, 31)
FOREIGN_KINDS = (DocumentKind.PASSPORT, DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT)

_numbers = count(1)


def make_user(*, password: str | None = None, **fields: Any) -> User:
    """Make a person without papers; give `password` only where the test signs in by it."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "email": f"person{number}@example.vn",
        "full_name": f"Nguyễn Văn {_letters(number)}",
        "phone": f"0900{number:06d}",
    }
    values = defaults | fields
    return User.objects.create_user(values.pop("email"), password, **values)


def make_renter(*, classes: Iterable[str] = ("A1", "B"), **fields: Any) -> User:
    """Make a renter who has agreed to the check, and whose citizen card, licence and selfie are approved."""
    user = make_user(**{"born_on": BORN_ON, **fields})
    make_consent(user)
    make_document(user=user, kind=DocumentKind.CITIZEN_CARD)
    make_document(user=user, kind=DocumentKind.DRIVING_LICENCE, licence_classes=list(classes))
    make_document(user=user, kind=DocumentKind.SELFIE)
    return user


def make_consent(user: User, *purposes: str, **fields: Any) -> None:
    """Put a person's agreement to the present texts into the table; without purposes, to the identity check."""
    for purpose in purposes or (ConsentPurpose.IDENTITY,):
        Consent.objects.create(
            user=user,
            purpose=purpose,
            **{"version": consent.VERSIONS[purpose], "language": "vi", "given_at": clock.now(), **fields},
        )


def make_document(
    *,
    user: User,
    kind: str = DocumentKind.CITIZEN_CARD,
    state: str = DocumentState.APPROVED,
    number: str | None = None,
    with_images: bool = False,
    **fields: Any,
) -> IdentityDocument:
    """Put one paper into the table in any state; for one that was really sent, go through accounts.kyc.services."""
    defaults: dict[str, Any] = {"consent_version": consent.VERSION}
    if state in {DocumentState.APPROVED, DocumentState.EXPIRED, DocumentState.REVOKED}:
        defaults |= {"reviewed_at": clock.now()}
        if kind != DocumentKind.SELFIE:
            defaults |= _what_was_read(user, kind, number)
    if state == DocumentState.REJECTED:
        defaults |= {"rejection_code": "unreadable", "reviewed_at": clock.now()}
    document = IdentityDocument.objects.create(user=user, kind=kind, state=state, **defaults | fields)
    states.begin(DOCUMENT, document, by=SYSTEM)
    if with_images:
        for side in SIDES_OF[kind]:
            clean = images.clean_photo(photo_bytes())
            DocumentImage.objects.create(
                document=document,
                side=side,
                file=clean.as_file(),
                sha256=clean.sha256,
                width=clean.width,
                height=clean.height,
            )
    return document


def _what_was_read(user: User, kind: str, number: str | None) -> dict[str, Any]:
    """Return what a reviewer has typed from a paper of this kind."""
    number = number or _number_for(user, kind)
    read: dict[str, Any] = {
        "number_encrypted": crypto.encrypt(number),
        "number_hash": crypto.keyed_hash(number),
        "number_tail": number[-3:],
        "full_name": user.full_name,
        "born_on": user.born_on or BORN_ON,
        "issued_on": LONG_AGO,
        "expires_on": FAR_FUTURE,
    }
    if kind in LICENCE_KINDS:
        read |= {"licence_classes": ["A1", "B"], "issued_on": SINCE_2025}
    if kind in FOREIGN_KINDS:
        read |= {"country": "DEU"}
    return read


def _number_for(user: User, kind: str) -> str:
    if kind in FOREIGN_KINDS:
        return f"C{next(_numbers):08d}"
    return f"0790{(user.born_on or BORN_ON):%y}{next(_numbers):06d}"


@lru_cache(maxsize=8)
def photo_bytes(width: int = 1000, height: int = 630, kind: str = "JPEG") -> bytes:
    """Return a photograph of nothing in particular."""
    image = Image.new("RGB", (width, height), (205, 220, 212))
    ImageDraw.Draw(image).rectangle((width // 10, height // 10, width // 3, height // 2), fill=(90, 120, 110))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def photo_upload(name: str = "IMG_0001.jpg", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or photo_bytes(), content_type="image/jpeg")


def _letters(number: int) -> str:
    """Spell a number in letters, because a name has no digits: 1 -> "B", 26 -> "Ba"."""
    letters = ""
    while True:
        number, rest = divmod(number, 26)
        letters = chr(ord("a") + rest) + letters
        if not number:
            return letters.capitalize()
