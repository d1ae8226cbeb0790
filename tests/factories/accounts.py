"""People and their papers as tests need them: real rows, sensible defaults."""

import io
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.kyc.enums import DOCUMENT, DocumentKind, DocumentState, ImageSide
from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.users.models import User
from voltgo.core import clock, crypto, images, states
from voltgo.core.actors import SYSTEM

PASSWORD = "an-honest-password"
BORN_ON = date(1995, 3, 14)
LONG_AGO = date(2022, 5, 4)
# Licences issued earlier carry the old classes.
SINCE_2025 = date(2025, 6, 1)
FAR_FUTURE = date(2099, 12, 31)

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
    """Make a renter whose citizen card and licence are approved."""
    user = make_user(**{"born_on": BORN_ON, **fields})
    make_document(user=user, kind=DocumentKind.CITIZEN_CARD)
    make_document(user=user, kind=DocumentKind.DRIVING_LICENCE, licence_classes=list(classes))
    return user


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
    defaults: dict[str, Any] = {"consent_version": "2026-11"}
    if state in {DocumentState.APPROVED, DocumentState.EXPIRED, DocumentState.REVOKED}:
        number = number or f"0790{(user.born_on or BORN_ON):%y}{next(_numbers):06d}"
        defaults |= {
            "number_encrypted": crypto.encrypt(number),
            "number_hash": crypto.keyed_hash(number),
            "number_tail": number[-3:],
            "full_name": user.full_name,
            "born_on": user.born_on or BORN_ON,
            "issued_on": LONG_AGO,
            "expires_on": FAR_FUTURE,
            "reviewed_at": clock.now(),
        }
        if kind == DocumentKind.DRIVING_LICENCE:
            defaults |= {"licence_classes": ["A1", "B"], "issued_on": SINCE_2025}
    if state == DocumentState.REJECTED:
        defaults |= {"rejection_code": "unreadable", "reviewed_at": clock.now()}
    document = IdentityDocument.objects.create(user=user, kind=kind, state=state, **defaults | fields)
    states.begin(DOCUMENT, document, by=SYSTEM)
    if with_images:
        for side in ImageSide:
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
