"""How much one renter may claim at once: unpaid holds, bookings ahead, bookings made in a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.users.models import User
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.errors import TooManyBookings, TooManyBookingsAhead, TooManyBookingsToday
from rentals.policies.rules import Policy
from voltgo.core import clock
from voltgo.core.prepared import rows_of


@dataclass(frozen=True, slots=True)
class Claims:
    """What a renter has claimed: unpaid holds that still run, bookings ahead with them, made today."""

    unpaid: int
    ahead: int
    today: int


# A renter's claims as [unpaid, ahead, today], as a part of a statement with `claim_values`. An offer from the
# waitlist that was not paid is not the renter's doing, so it does not count as made.
CLAIMS = f"""
    SELECT json_build_array(count(*) FILTER (WHERE c.unpaid), count(*) FILTER (WHERE c.unpaid OR c.promised),
                            count(*) FILTER (WHERE c.today AND NOT c.unused_offer))
    FROM (
        SELECT b.state = '{BookingState.HELD}' AND a.hold_expires_at > %(now)s AS unpaid,
               b.state IN ('{BookingState.CONFIRMED}', '{BookingState.ARRIVED}') AND b.ends_at > %(now)s AS promised,
               b.created_at >= %(midnight)s AND b.created_at < %(next_midnight)s AS today,
               b.channel = '{Channel.WAITLIST}'
                   AND b.state IN ('{BookingState.EXPIRED}', '{BookingState.CANCELLED}') AS unused_offer
        FROM rentals_booking b JOIN stations_vehicleallocation a ON a.id = b.allocation_id
        WHERE b.renter_id = %(renter)s) c
"""  # noqa: S608 (constants)


def claim_values(renter: User, now: datetime) -> dict[str, Any]:
    """Return the values of CLAIMS. A day is a day in Vietnam."""
    midnight, next_midnight = clock.day_bounds(clock.local(now).date())
    return {"renter": renter.pk, "now": now, "midnight": midnight, "next_midnight": next_midnight}


def claims_of(renter: User, *, moment: datetime | None = None) -> Claims:
    """Count a renter's claims. One query."""
    ((counts,),) = rows_of(CLAIMS, claim_values(renter, moment or clock.now()))
    return Claims(*counts)


def check_limits(claims: Claims, policy: Policy) -> None:
    """Refuse one booking more than the policy allows. The claims were counted under the renter's lock.

    Raises:
        TooManyBookings: too many holds wait for their money.
        TooManyBookingsAhead: too many bookings are open.
        TooManyBookingsToday: too many were made today.
    """
    if claims.unpaid >= policy.most_unpaid_holds:
        raise TooManyBookings(limit=policy.most_unpaid_holds)
    if claims.ahead >= policy.most_open_bookings:
        raise TooManyBookingsAhead(limit=policy.most_open_bookings)
    if claims.today >= policy.most_bookings_a_day:
        raise TooManyBookingsToday(limit=policy.most_bookings_a_day)
