"""What the counter's pages offer to take in cash; the drawer's own pages do it."""

from dataclasses import dataclass

from payments.cash.selectors import payable_in_cash, to_pay_out
from payments.cash.services.takings import to_take
from payments.intents.models import PaymentIntent
from rentals.bookings.models import Booking
from voltgo.core.money import Dong


@dataclass(frozen=True, slots=True)
class CashOffer:
    """The oldest request to pay of a booking that cash can pay now, and what waits to be paid out."""

    intent: PaymentIntent | None
    amount: Dong
    to_pay_out: Dong


def cash_offer(booking: Booking) -> CashOffer | None:
    """Return what of a booking can be taken or paid out in cash; None if nothing. Two queries."""
    intent = payable_in_cash(booking.reference).first()
    out = sum(refund.amount for refund in to_pay_out(booking.reference))
    if intent is None and not out:
        return None
    return CashOffer(intent, to_take(intent) if intent else 0, out)
