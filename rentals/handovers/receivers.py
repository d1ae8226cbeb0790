"""What the counter does when others have news, and what contracts may ask it."""

from typing import Any

from payments.invoices.enums import ReceiptKind
from payments.invoices.models import Receipt
from payments.invoices.signals import receipt_rendered
from rentals.contracts import handover
from rentals.handovers.evidence import pickup_record
from rentals.handovers.models import Settlement
from rentals.handovers.services.sending import send_receipt

BOOKING = "booking"


def on_receipt_rendered(sender: Any, receipt: Receipt, **_kwargs: Any) -> None:
    """Send the receipt of a rental; receipts of anything else have their own senders."""
    prefix, _, code = receipt.reference.partition(":")
    settlement = (
        Settlement.objects.filter(rental__booking__code=code)
        .select_related("rental__booking", "rental__renter", "rental__vehicle__model")
        .first()
    )
    if prefix == BOOKING and receipt.kind == ReceiptKind.RENTAL and settlement is not None:
        send_receipt(settlement, receipt)


def connect() -> None:
    """Wire receipts and contracts to the counter; called once when the app is ready."""
    receipt_rendered.connect(on_receipt_rendered, dispatch_uid="rentals.handovers.receipt_rendered")
    handover.register(pickup_record)
