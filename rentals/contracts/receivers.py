"""What contracts do when bookings have news."""

from typing import Any

from rentals.bookings import signals
from rentals.bookings.models import Booking
from rentals.contracts.services import draft_contract, void_contract
from voltgo.core.actors import SYSTEM


def on_booking_confirmed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    draft_contract(booking=booking, by=SYSTEM)


def on_booking_cancelled(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    void_contract(booking=booking, by=SYSTEM, reason="booking cancelled")


def connect() -> None:
    """Wire bookings to contracts; called once when the app is ready."""
    signals.booking_confirmed.connect(
        on_booking_confirmed, dispatch_uid="rentals.contracts.booking_confirmed"
    )
    signals.booking_cancelled.connect(
        on_booking_cancelled, dispatch_uid="rentals.contracts.booking_cancelled"
    )
