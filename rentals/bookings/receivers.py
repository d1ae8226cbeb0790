"""What bookings do when money moves, and what payments may ask about a booking."""

from typing import Any

from django.urls import reverse

from accounts.users.models import User
from payments.intents import signals, targets
from payments.intents.models import Deposit, PaymentIntent
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.news import tell_confirmed, tell_deposit_needed
from rentals.bookings.services import confirm_paid, keep_or_return_deposit, one_way
from rentals.bookings.signals import booking_cancelled, booking_confirmed, booking_expired, booking_missed
from rentals.pricing import promotions
from voltgo.core import locks

# Who may still hand in, use or settle a vehicle.
NEEDING_DEPOSIT = [BookingState.HELD, BookingState.CONFIRMED, BookingState.ARRIVED, BookingState.FULFILLED]
# States of a rental whose deposit has been dealt with; rentals are of a layer above.
SETTLED = ["closed", "aborted"]


def on_payment_succeeded(sender: Any, intent: PaymentIntent, **_kwargs: Any) -> None:
    """Confirm, re-claim or refund inside the money's own transaction."""
    confirm_paid(intent=intent)
    keep_or_return_deposit(intent=intent)


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


def on_deposit_needed(sender: Any, deposit: Deposit, intent: PaymentIntent, why: str, **_kwargs: Any) -> None:
    """Tell the renter that the deposit has to be paid in another way."""
    prefix, _, code = deposit.reference.partition(":")
    booking = Booking.objects.filter(code=code).first() if prefix == "booking" else None
    if booking is not None:
        tell_deposit_needed(booking, intent, why)


def deposit_window(code: str) -> targets.Window | None:
    """Return from when until when a booking needs its deposit; None once it has ended or is settled."""
    rows = Booking.objects.filter(code=code, state__in=NEEDING_DEPOSIT).exclude(rental__state__in=SETTLED)
    return rows.values_list("starts_at", "ends_at").first()


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
        window_for=deposit_window,
    )
    signals.deposit_needed.connect(on_deposit_needed, dispatch_uid="rentals.bookings.deposit_needed")
    promotions.register_history(has_booked_before)
    booking_expired.connect(on_booking_ended, dispatch_uid="rentals.bookings.booking_expired")
    booking_cancelled.connect(on_booking_ended, dispatch_uid="rentals.bookings.booking_cancelled")
    for ended in (booking_expired, booking_cancelled, booking_missed):
        ended.connect(let_bay_go, dispatch_uid="rentals.bookings.let_bay_go")
    booking_confirmed.connect(on_booking_confirmed, dispatch_uid="rentals.bookings.booking_confirmed")
    signals.payment_succeeded.connect(on_payment_succeeded, dispatch_uid="rentals.bookings.payment_succeeded")
