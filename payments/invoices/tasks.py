"""The jobs of receipts and e-invoices: PDFs, invoice data, the daily hand-over."""

from uuid import UUID

from celery import shared_task

from payments.invoices import einvoices, exporting, services
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM


@outbox.handler(services.RENDER)
def render_receipt(*, receipt_id: str) -> None:
    services.render_receipt(receipt_id=UUID(receipt_id))


@outbox.handler(services.DRAFT)
def draft_einvoice(*, receipt_id: str) -> None:
    einvoices.draft_sale(receipt_id=UUID(receipt_id))


@outbox.handler(exporting.WRITE)
def write_einvoice_files(*, batch_id: int) -> None:
    exporting.write_files(batch_id=batch_id)


@shared_task(name="payments.export_einvoices")
def export_einvoices() -> int:
    """Hand over the day's invoices and tell of those that are late; return how many left."""
    batch = exporting.export_drafts(by=SYSTEM)
    exporting.mind_deadlines()
    return batch.count if batch else 0
