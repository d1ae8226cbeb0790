"""What bookings do when money moves, and what payments may ask about a booking."""

from typing import Any

from django.urls import reverse

from payments.intents import signals, targets
from payments.intents.models import PaymentIntent
from rentals.bookings.models import Booking
from rentals.bookings.news import tell_confirmed
from rentals.bookings.services import confirm_paid
from rentals.bookings.signals import booking_confirmed
from voltgo.core import locks


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """Confirm, re-claim or refund inside the money's own transaction."""
    confirm_paid(intent=intent)


def on_booking_confirmed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    tell_confirmed(booking)


def lock_booking(code: str) -> object:
    """Lock the booking before its payments, so that money and people meet in one order."""
    return locks.lock(Booking.objects.filter(code=code))


def connect() -> None:
    """Wire payments to bookings; called once when the app is ready."""
    targets.register(
        "booking",
        url_for=lambda code: reverse("rentals:booking-detail", args=[code]),
        lock=lock_booking,
    )
    booking_confirmed.connect(on_booking_confirmed, dispatch_uid="rentals.bookings.booking_confirmed")
    signals.payment_succeeded.connect(on_payment_succeeded, dispatch_uid="rentals.bookings.payment_succeeded")
