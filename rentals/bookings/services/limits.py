"""How much one renter may claim at once: unpaid holds, bookings ahead, bookings made in a day."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from accounts.users.models import User
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.errors import TooManyBookings, TooManyBookingsAhead, TooManyBookingsToday
from rentals.bookings.models import Booking
from rentals.policies.rules import Policy
from voltgo.core import clock


@dataclass(frozen=True, slots=True)
class Claims:
    """What a renter has claimed: unpaid holds that still run, bookings ahead with them, made today."""

    unpaid: int
    ahead: int
    today: int


def claims_of(renter: User, *, moment: datetime | None = None) -> Claims:
    """Count a renter's claims. One query.

    A day is a day in Vietnam. An offer from the waitlist that was not paid is not the renter's doing, so it
    does not count as made.
    """
    now = moment or clock.now()
    midnight, next_midnight = clock.day_bounds(clock.local(now).date())
    unpaid = Q(state=BookingState.HELD, allocation__hold_expires_at__gt=now)
    promised = Q(state__in=(BookingState.CONFIRMED, BookingState.ARRIVED), ends_at__gt=now)
    today = Q(created_at__gte=midnight, created_at__lt=next_midnight)
    unused_offer = Q(channel=Channel.WAITLIST, state__in=(BookingState.EXPIRED, BookingState.CANCELLED))
    counts = Booking.objects.filter(unpaid | promised | today, renter=renter).aggregate(
        unpaid=Count("pk", filter=unpaid),
        ahead=Count("pk", filter=unpaid | promised),
        today=Count("pk", filter=today & ~unused_offer),
    )
    return Claims(**counts)


def check_limits(*, renter: User, policy: Policy) -> None:
    """Refuse one booking more than the policy allows. The caller holds the lock on the renter.

    Raises:
        TooManyBookings: too many holds wait for their money.
        TooManyBookingsAhead: too many bookings are open.
        TooManyBookingsToday: too many were made today.
    """
    claims = claims_of(renter)
    if claims.unpaid >= policy.most_unpaid_holds:
        raise TooManyBookings(limit=policy.most_unpaid_holds)
    if claims.ahead >= policy.most_open_bookings:
        raise TooManyBookingsAhead(limit=policy.most_open_bookings)
    if claims.today >= policy.most_bookings_a_day:
        raise TooManyBookingsToday(limit=policy.most_bookings_a_day)
