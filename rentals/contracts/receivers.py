"""What contracts do when bookings have news."""

import logging
from typing import Any

from django.db import transaction

from rentals.bookings import signals
from rentals.bookings.models import Booking
from rentals.contracts.services import draft_contract, void_contract
from voltgo.core.actors import SYSTEM

logger = logging.getLogger(__name__)


def on_booking_confirmed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Draw up the contract. A fault in it must not undo the money: the counter draws up what is missing."""
    try:
        with transaction.atomic():
            draft_contract(booking=booking, by=SYSTEM)
    except Exception:
        logger.exception("booking %s has no contract yet", booking.code)


def on_booking_cancelled(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    void_contract(booking=booking, by=SYSTEM, reason="booking cancelled")


def on_booking_missed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    void_contract(booking=booking, by=SYSTEM, reason="renter did not come")


def connect() -> None:
    """Wire bookings to contracts; called once when the app is ready."""
    signals.booking_confirmed.connect(
        on_booking_confirmed, dispatch_uid="rentals.contracts.booking_confirmed"
    )
    signals.booking_cancelled.connect(
        on_booking_cancelled, dispatch_uid="rentals.contracts.booking_cancelled"
    )
    signals.booking_missed.connect(on_booking_missed, dispatch_uid="rentals.contracts.booking_missed")
