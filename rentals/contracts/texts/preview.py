"""A wording tried on a contract that is never kept: as a page, and as the marked document."""

from typing import Any

from rentals.bookings.models import Booking
from rentals.contracts import documents
from rentals.contracts.models import Contract, ContractTemplate
from rentals.contracts.texts.choosing import articles_of
from rentals.contracts.texts.samples import invented, of_booking
from voltgo.core import pdf


def sample(template: ContractTemplate, booking: Booking | None = None) -> Contract:
    """Return the unsaved contract that a wording is tried on."""
    return of_booking(booking, template.code) if booking else invented(template.code)


def page(contract: Contract, template: ContractTemplate) -> dict[str, Any]:
    """Return what the document would print, for a page of ours."""
    return documents.context_of(contract, [], articles=articles_of(template), is_preview=True)


def document(contract: Contract, template: ContractTemplate) -> pdf.Document:
    """Render the document as it would be, with a mark that it is none."""
    return pdf.render(
        documents.page_of(contract, page(contract, template)),
        identifier=f"preview/{template.code}",
        created_at=contract.created_at,
        attached=documents.attached_to(contract, is_signed=False),
    )
