"""What contracts do when bookings have news."""

import logging
from typing import Any

from django.db import transaction

from rentals.bookings import signals
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.contracts.errors import ContractAlreadySigned
from rentals.contracts.services import amend_for_swap, draft_contract, refresh_contract, void_contract
from rentals.drivers.signals import drivers_changed
from voltgo.core.actors import SYSTEM

logger = logging.getLogger(__name__)

# Printed as the reason of a swap that nobody gave a reason for.
MOVED = "xe đã hẹn không giao được"


def on_booking_confirmed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Draw up the contract. A fault in it must not undo the money: the counter draws up what is missing."""
    try:
        with transaction.atomic():
            draft_contract(booking=booking, by=SYSTEM)
    except Exception:
        logger.exception("booking %s has no contract yet", booking.code)


def on_booking_moved(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Let the contract name the vehicle that the renter will get. Before it is confirmed there is none.

    A fault in it must not undo the move: the counter makes the contract say what is true anyway.
    """
    if booking.state != BookingState.CONFIRMED:
        return
    try:
        with transaction.atomic():
            refresh_contract(booking=booking, by=SYSTEM)
    except ContractAlreadySigned:
        _amend_for_move(booking)
    except Exception:
        logger.exception("booking %s has no contract for its new vehicle yet", booking.code)


def _amend_for_move(booking: Booking) -> None:
    """Say by an addendum which vehicle takes the place of the one that both have signed for."""
    try:
        with transaction.atomic():
            amend_for_swap(booking=booking, reason=MOVED, by=SYSTEM)
    except Exception:
        logger.exception("ALERT booking %s was moved under a signed contract without papers", booking.code)


def on_drivers_changed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    """Let the contract name who has agreed to drive; a fault must not undo their answer."""
    on_booking_moved(sender, booking)


def on_booking_cancelled(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    void_contract(booking=booking, by=SYSTEM, reason="booking cancelled")


def on_booking_missed(sender: Any, booking: Booking, **_kwargs: Any) -> None:
    void_contract(booking=booking, by=SYSTEM, reason="renter did not come")


def connect() -> None:
    """Wire bookings to contracts; called once when the app is ready."""
    signals.booking_confirmed.connect(
        on_booking_confirmed, dispatch_uid="rentals.contracts.booking_confirmed"
    )
    signals.booking_moved.connect(on_booking_moved, dispatch_uid="rentals.contracts.booking_moved")
    drivers_changed.connect(on_drivers_changed, dispatch_uid="rentals.contracts.drivers_changed")
    signals.booking_cancelled.connect(
        on_booking_cancelled, dispatch_uid="rentals.contracts.booking_cancelled"
    )
    signals.booking_missed.connect(on_booking_missed, dispatch_uid="rentals.contracts.booking_missed")
