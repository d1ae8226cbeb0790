"""News about receipts."""

from django.dispatch import Signal

# send(sender=Receipt, receipt=...): the PDF is stored. Sent inside the transaction that says so.
receipt_rendered = Signal()
