"""What a renter is told about a booking."""

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from payments.intents.models import PaymentIntent
from rentals.bookings.models import Booking


def tell_confirmed(booking: Booking) -> None:
    """Mail the summary of a confirmed booking, once; within the caller's transaction."""
    quote = booking.quote
    notify(
        user=booking.renter,
        kind=MessageKind.BOOKING_CONFIRMED,
        key=f"{MessageKind.BOOKING_CONFIRMED}:{booking.code}",
        reference=booking.reference,
        context={
            "code": booking.code,
            "vehicle_model": str(booking.model),
            "starts_at": booking.starts_at,
            "ends_at": booking.ends_at,
            "pickup_name": booking.pickup_station.name,
            "pickup_address": booking.pickup_station.address,
            "return_name": booking.return_station.name,
            "return_address": booking.return_station.address,
            "total_amount": quote.total_amount,
            "deposit_amount": quote.deposit_amount,
        },
    )


def tell_deposit_needed(booking: Booking, intent: PaymentIntent, why: str) -> None:
    """Tell the renter that a card does not hold the deposit, and where to pay it; once for each request."""
    notify(
        user=booking.renter,
        kind=MessageKind.DEPOSIT_NEEDED,
        key=f"{MessageKind.DEPOSIT_NEEDED}:{intent.pk}",
        reference=booking.reference,
        context={
            "code": booking.code,
            "vehicle_model": str(booking.model),
            "starts_at": booking.starts_at,
            "pickup_name": booking.pickup_station.name,
            "amount": intent.amount,
            "why": why,
            "pay_path": intent.get_absolute_url(),
        },
    )
