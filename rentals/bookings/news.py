"""What a renter is told about a booking."""

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
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
