"""Letters to the renter about the end of a rental: the settlement, and the receipt with its PDF."""

from typing import Any

from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from payments.intents.going_back import going_back
from payments.intents.selectors import refunds_under
from payments.invoices.models import Receipt
from rentals.handovers.models import Settlement
from rentals.pricing.wording import describe


def send_settlement(settlement: Settlement) -> None:
    """Tell the renter what the rental came to, line by line; once, in the caller's transaction."""
    booking = settlement.rental.booking
    notify(
        user=settlement.rental.renter,
        kind=MessageKind.SETTLEMENT_READY,
        key=f"{MessageKind.SETTLEMENT_READY}:{booking.code}",
        reference=booking.reference,
        context=_context(settlement),
    )


def send_receipt(settlement: Settlement, receipt: Receipt) -> None:
    """Send the renter the receipt's PDF with the sums; once, in the caller's transaction."""
    booking = settlement.rental.booking
    notify(
        user=settlement.rental.renter,
        kind=MessageKind.RECEIPT_ISSUED,
        key=f"{MessageKind.RECEIPT_ISSUED}:{receipt.number}",
        reference=booking.reference,
        context={
            **_context(settlement),
            **_back(settlement),
            "number": receipt.number,
            "receipt_path": receipt.get_absolute_url(),
        },
        attachments=[str(receipt.pdf)],
    )


def _back(settlement: Settlement) -> dict[str, Any]:
    """Say what of the deposit comes back as money and when, and what a card only held."""
    rental = settlement.rental
    refunds = refunds_under(f"release:{rental.booking.code}")
    money = sum(refund.deposit_amount for refund in refunds)
    with translation.override(rental.renter.language):
        back = going_back(refunds)
    freed = settlement.released_amount - settlement.retained_amount - money
    return {"back": back, "freed": max(0, freed)}


def _context(settlement: Settlement) -> dict[str, Any]:
    rental = settlement.rental
    with translation.override(rental.renter.language):
        lines = [
            {
                "label": describe(line.code, line.params),
                "amount": line.gross_amount,
                "is_prepaid": line.is_prepaid,
            }
            for line in settlement.lines.order_by("position")
        ]
    return {
        "code": rental.booking.code,
        "vehicle": str(rental.vehicle),
        "booking_path": rental.booking.get_absolute_url(),
        "lines": lines,
        "total": settlement.total_amount,
        "prepaid": settlement.prepaid_amount,
        "extra": settlement.extra_amount,
        "deposit": settlement.deposit_amount,
        "captured": settlement.captured_amount,
        "released": settlement.released_amount,
        "retained": settlement.retained_amount,
        "retained_until": settlement.retained_until,
        "debt": settlement.debt_amount,
        "objection_until": settlement.objection_until,
        "resolution": settlement.resolution,
    }
