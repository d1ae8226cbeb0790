"""What bookings do when money moves, and what payments may ask about a booking."""

from typing import Any

from django.urls import reverse

from accounts.users.models import User
from payments.intents import signals, targets
from payments.intents.models import PaymentIntent
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.news import tell_confirmed
from rentals.bookings.services import confirm_paid, one_way
from rentals.bookings.signals import booking_cancelled, booking_confirmed, booking_expired, booking_missed
from rentals.pricing import promotions
from voltgo.core import locks


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """Confirm, re-claim or refund inside the money's own transaction."""
    confirm_paid(intent=intent)


def on_booking_confirmed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    # Late money brought it back from expiry: its promotion counts again.
    promotions.take_again(reference=booking.reference)
    one_way.make_firm(booking)
    tell_confirmed(booking)


def on_booking_ended(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Give back the promotion of a booking that expired or was cancelled."""
    promotions.give_back(reference=booking.reference)


def let_bay_go(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Nobody comes: the bay at the destination and the time behind the booking are free again."""
    one_way.let_go(booking)


def has_booked_before(renter: User, reference: str) -> bool:
    """Say whether a booking of this renter counts as an earlier one, for promotions on the first booking."""
    came_to_nothing = [BookingState.EXPIRED, BookingState.CANCELLED, BookingState.REJECTED]
    code = reference.partition(":")[2]
    earlier = Booking.objects.filter(renter=renter).exclude(state__in=came_to_nothing).exclude(code=code)
    return earlier.exists()


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
    promotions.register_history(has_booked_before)
    booking_expired.connect(on_booking_ended, dispatch_uid="rentals.bookings.booking_expired")
    booking_cancelled.connect(on_booking_ended, dispatch_uid="rentals.bookings.booking_cancelled")
    for ended in (booking_expired, booking_cancelled, booking_missed):
        ended.connect(let_bay_go, dispatch_uid="rentals.bookings.let_bay_go")
    booking_confirmed.connect(on_booking_confirmed, dispatch_uid="rentals.bookings.booking_confirmed")
    signals.payment_succeeded.connect(on_payment_succeeded, dispatch_uid="rentals.bookings.payment_succeeded")
