"""The job that makes receipt PDFs."""

from uuid import UUID

from payments.invoices import services
from voltgo.core import outbox


@outbox.handler(services.RENDER)
def render_receipt(*, receipt_id: str) -> None:
    services.render_receipt(receipt_id=UUID(receipt_id))
