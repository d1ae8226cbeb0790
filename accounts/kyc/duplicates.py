"""Has somebody else shown this number or this picture? Asked before a machine approves anything."""

from collections.abc import Iterator

from django.db import connection

from accounts.kyc.models import DocumentImage, IdentityDocument
from accounts.kyc.rules import normal_number
from accounts.users.models import User
from voltgo.core import crypto

# Of 64 bits in which two pictures may differ and still be looked at as a pair.
NEAR = 8
# Only the nearest are compared themselves; a copy lies nearer than any other card.
PAIRS = 20

SAME_FILE = """
    SELECT EXISTS (
        SELECT FROM accounts_documentimage own
        JOIN accounts_documentimage other ON other.uploaded_sha256 = own.uploaded_sha256
        JOIN accounts_identitydocument d ON d.id = other.document_id
        WHERE own.document_id = %(document)s AND own.uploaded_sha256 <> '' AND d.user_id <> %(user)s
    )
"""
NEAREST = """
    SELECT own.id, other.id
    FROM accounts_documentimage own
    JOIN accounts_documentimage other ON other.side = own.side
    JOIN accounts_identitydocument d ON d.id = other.document_id
    WHERE own.document_id = %(document)s AND d.user_id <> %(user)s AND d.kind = %(kind)s
        AND bit_count((other.perceptual_hash # own.perceptual_hash)::bit(64)) <= %(near)s
    ORDER BY bit_count((other.perceptual_hash # own.perceptual_hash)::bit(64)), other.id
    LIMIT %(pairs)s
"""


def is_number_taken(user: User, kind: str, number: str) -> bool:
    """Say whether a paper of somebody else with this number was ever believed, or called false.

    In whatever state it is now: whoever has taken a paper back, or let it be put aside, and comes again with
    another account, meets a person first. Only what was erased is forgotten.
    """
    number_hash = crypto.keyed_hash(normal_number(number))
    return IdentityDocument.objects.filter(kind=kind, number_hash=number_hash).exclude(user=user).exists()


def is_image_known(document: IdentityDocument) -> bool:
    """Say whether a photograph of this paper lies in somebody else's account: the same file, or saved anew.

    Opens pictures and decodes them: for workers, outside of transactions. One statement walks over all hashes of
    this kind of paper; a hundred thousand take about as long as reading one card.
    """
    return _is_same_file(document) or any(_is_same(own, other) for own, other in _nearest(document))


def _is_same_file(document: IdentityDocument) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(SAME_FILE, {"document": document.pk, "user": document.user_id})
        return bool(cursor.fetchone()[0])


def _nearest(document: IdentityDocument) -> Iterator[tuple[DocumentImage, DocumentImage]]:
    values: dict[str, str | int] = {
        "document": document.pk,
        "user": document.user_id,
        "kind": document.kind,
        "near": NEAR,
        "pairs": PAIRS,
    }
    with connection.cursor() as cursor:
        cursor.execute(NEAREST, values)
        pairs: list[tuple[int, int]] = cursor.fetchall()
    images = DocumentImage.objects.in_bulk({pk for pair in pairs for pk in pair})
    for own, other in pairs:
        yield images[own], images[other]


def _is_same(own: DocumentImage, other: DocumentImage) -> bool:
    from accounts.extraction.same_picture import is_same_picture

    if own.sha256 == other.sha256:
        return True
    try:
        with own.file.open("rb") as first, other.file.open("rb") as second:
            return is_same_picture(first.read(), second.read())
    except OSError:
        # Erased meanwhile, or never sealed by us: then the number and the face have to tell.
        return False
