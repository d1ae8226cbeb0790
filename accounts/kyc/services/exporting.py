"""What VoltGo keeps of somebody's identity, as a file for themselves."""

import io
import json
import zipfile
from typing import Any

from django.db import transaction

from accounts.kyc.models import Consent, DocumentExtraction, DocumentImage, IdentityDocument
from accounts.users.models import User
from voltgo.core import clock, crypto
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.models import AuditEvent

# Bumped when names or shapes of the data file change.
FORMAT = 1
LOOKS = ("document.viewed", "document.number_read")


@transaction.atomic
def export_person(*, user: User, by: Actor) -> bytes:
    """Return a ZIP archive with everything kept of somebody's identity: `data.json` and the photographs.

    Who may ask for it, and that they have just shown who they are, is the caller's business. Written down without
    what it holds. Photographs that cannot be opened are named in the data file as missing.
    """
    documents = list(user.documents.prefetch_related("images", "extractions").order_by("pk"))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        papers = [_paper(document, archive) for document in documents]
        data = {
            "format": FORMAT,
            "made_at": clock.now(),
            "account": _account(user),
            "consents": [_consent(row) for row in Consent.objects.filter(user=user).order_by("pk")],
            "papers": papers,
            "looks": looks_at(user),
        }
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2, default=str))
    audit.record("identity.exported", f"user:{user.public_id}", by=by, papers=len(documents))
    return out.getvalue()


def looks_at(user: User, *, limit: int | None = None, by_others: bool = False) -> list[dict[str, Any]]:
    """Return who looked at somebody's papers, newest first: when, in which role and why, without their name."""
    papers = [f"document:{pk}" for pk in user.documents.values_list("pk", flat=True)]
    events = AuditEvent.objects.filter(action__in=LOOKS, subject__in=papers).order_by("-pk")
    if by_others:
        # Only the person themselves looks as a renter.
        events = events.exclude(actor_kind=ActorKind.RENTER)
    return [
        {
            "at": event.at,
            "role": event.actor_kind,
            "what": event.action,
            "side": event.changes.get("side", ""),
            "purpose": event.changes.get("purpose", ""),
        }
        for event in events[:limit]
    ]


def _account(user: User) -> dict[str, Any]:
    return {
        "full_name": user.full_name,
        "email": user.email,
        "phone": user.phone,
        "born_on": user.born_on,
        "language": user.language,
        "joined_at": user.date_joined,
    }


def _consent(row: Consent) -> dict[str, Any]:
    return {
        "purpose": row.purpose,
        "version": row.version,
        "text_sha256": row.text_sha256,
        "language": row.language,
        "given_at": row.given_at,
        "withdrawn_at": row.withdrawn_at,
        "ip_address": row.ip_address,
        "device": row.device,
    }


def _paper(document: IdentityDocument, archive: zipfile.ZipFile) -> dict[str, Any]:
    return {
        "id": document.pk,
        "kind": document.kind,
        "state": document.state,
        "uploaded_at": document.uploaded_at,
        "number": document.number,
        "full_name": document.full_name,
        "born_on": document.born_on,
        "licence_classes": document.licence_classes,
        "issued_on": document.issued_on,
        "expires_on": document.expires_on,
        "country": document.country,
        "decided_at": document.reviewed_at,
        "decided_by_machine": document.is_automatic,
        "rejection_code": document.rejection_code,
        "rejection_note": document.rejection_note,
        "findings": document.findings,
        "images": [_image(image, archive) for image in document.images.all()],
        "readings": [
            {
                "engine": reading.engine,
                "at": reading.created_at,
                "fields": _said(reading),
            }
            for reading in document.extractions.all()
        ],
    }


def _said(reading: DocumentExtraction) -> list[dict[str, Any]] | None:
    """Return what was read, without whom else a face was taken for: that is about other people."""
    if not reading.fields_encrypted:
        return None
    entries: list[dict[str, Any]] = json.loads(crypto.decrypt(reading.fields_encrypted))
    for entry in entries:
        if "face" in entry:
            entry["face"].pop("known_as", None)
    return entries


def _image(image: DocumentImage, archive: zipfile.ZipFile) -> dict[str, Any]:
    name = f"images/{image.document_id}-{image.side}.jpg"
    try:
        with image.file.open("rb") as file:
            archive.writestr(name, file.read())
    except OSError:
        return {"side": image.side, "file": None}
    return {"side": image.side, "file": name}
