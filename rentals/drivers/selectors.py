"""Reads of additional drivers: who is asked, who may drive."""

from django.db.models import QuerySet

from accounts.users.models import User
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.drivers.enums import DriverState
from rentals.drivers.models import AdditionalDriver

OPEN = (DriverState.INVITED, DriverState.ACCEPTED)
# From the counter on the drivers stand in the contract.
CHANGEABLE = (BookingState.HELD, BookingState.CONFIRMED)


def drivers_of(booking: Booking) -> QuerySet[AdditionalDriver]:
    """Return who was asked to drive along and has not been removed or declined, in the order of asking."""
    return (
        AdditionalDriver.objects.filter(booking=booking, state__in=OPEN).select_related("user").order_by("pk")
    )


def agreed_drivers(booking: Booking) -> QuerySet[AdditionalDriver]:
    """Return who has agreed to drive, in the order of asking."""
    return (
        AdditionalDriver.objects.filter(booking=booking, state=DriverState.ACCEPTED)
        .select_related("user")
        .order_by("pk")
    )


def accounts_of_drivers(booking: Booking) -> QuerySet[User]:
    """Return the accounts of who has agreed to drive, for a caller that locks them together with the renter's."""
    agreed = AdditionalDriver.objects.filter(booking=booking, state=DriverState.ACCEPTED)
    return User.objects.filter(pk__in=agreed.values("user"))


def may_change_drivers(booking: Booking) -> bool:
    return booking.state in CHANGEABLE


def invitation_for(user: User, code: str) -> AdditionalDriver | None:
    """Return an invitation if it is this person's: sent to their address, or accepted by them before."""
    row = (
        AdditionalDriver.objects.select_related(
            "user",
            "booking__renter",
            "booking__model",
            "booking__pickup_station",
            "booking__allocation__vehicle__model",
        )
        .filter(code=code)
        .first()
    )
    if row is None:
        return None
    is_theirs = row.user_id == user.pk if row.user_id else row.email.casefold() == user.email.casefold()
    return row if is_theirs else None
