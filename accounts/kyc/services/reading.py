"""Reading a paper that was handed in: the job between the photographs and the decision."""

from accounts.kyc.enums import DOCUMENT, DocumentState, Finding
from accounts.kyc.models import IdentityDocument
from voltgo.core import states
from voltgo.core.actors import SYSTEM


def read_document(document: IdentityDocument) -> None:
    """Read a paper and decide about it."""
    if document.state == DocumentState.UPLOADED:
        states.move(DOCUMENT, document, to=DocumentState.PROCESSING, by=SYSTEM)
    if document.state == DocumentState.PROCESSING:
        states.move(
            DOCUMENT,
            document,
            to=DocumentState.NEEDS_REVIEW,
            by=SYSTEM,
            findings=[Finding.READER_AWAY],
        )
