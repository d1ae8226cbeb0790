"""The signed copy with the company's digital signature on it."""

from dataclasses import dataclass, field
from typing import Any

from rentals.contracts import documents
from rentals.contracts.models import Contract
from voltgo.core import sealing
from voltgo.core.pdf import Document

REASON = "Bản hợp đồng đã được hai bên ký · Agreement signed by both parties"
TIMESTAMP_KEPT = "kept"


@dataclass(frozen=True, slots=True)
class SealedCopy:
    """A document, and how it was sealed; an empty `seal` means that there is none."""

    document: Document
    seal: dict[str, Any] = field(default_factory=dict)


def sealed_copy(contract: Contract) -> SealedCopy:
    """Render the signed document and seal it as of the moment of the second signature.

    Without a timestamp authority the same contract gives the same bytes. Takes seconds when the key is remote: call
    it outside of a transaction.

    Raises:
        CannotSeal: the key is away or does not fit.
    """
    return sealed(
        documents.compose_signed(contract),
        reason=REASON,
        at=contract.signed_at or contract.created_at,
        name=contract.data["company"]["name"],
    )


def sealed(document: Document, *, reason: str, at: Any, name: str) -> SealedCopy:
    """Seal any document of a contract; as it is when seals are switched off.

    Raises:
        CannotSeal: the key is away or does not fit.
    """
    if not sealing.is_on():
        return SealedCopy(document)
    done = sealing.seal(document.content, reason=reason, at=at, name=name)
    return SealedCopy(Document(done.content, done.sha256), dict(done.info))
