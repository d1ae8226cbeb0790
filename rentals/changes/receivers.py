"""What changes do when money moves and when bookings or rentals end."""

from typing import Any

from payments.intents.models import PaymentIntent
from payments.intents.signals import payment_succeeded
from rentals.bookings import signals
from rentals.bookings.models import Booking
from rentals.changes.services.apply import apply_paid_change
from rentals.changes.services.lapse import withdraw_with_booking
from rentals.handovers.models import Rental
from rentals.handovers.signals import rental_returned


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """Apply or refund inside the money's own transaction."""
    apply_paid_change(intent=intent)


def on_booking_ended(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """A booking that is cancelled or missed changes no more; money that still comes goes back."""
    withdraw_with_booking(booking, "booking ended")


def on_rental_returned(sender: Any, rental: Rental, **_kwargs: Any) -> None:
    withdraw_with_booking(rental.booking, "vehicle returned")


def connect() -> None:
    """Wire payments, bookings and rentals to changes; called once when the app is ready."""
    payment_succeeded.connect(on_payment_succeeded, dispatch_uid="rentals.changes.payment_succeeded")
    signals.booking_cancelled.connect(on_booking_ended, dispatch_uid="rentals.changes.booking_cancelled")
    signals.booking_missed.connect(on_booking_ended, dispatch_uid="rentals.changes.booking_missed")
    rental_returned.connect(on_rental_returned, dispatch_uid="rentals.changes.rental_returned")
