"""Holding a vehicle at the counter for somebody who walked in."""

from accounts.users.models import User
from rentals.bookings.enums import Channel
from rentals.bookings.models import Booking
from rentals.bookings.rules import check_period
from rentals.bookings.services import hold_booking
from rentals.handovers.errors import PriceHasChanged
from rentals.handovers.walk_in import find_renters
from rentals.policies.selectors import policy_today
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.clock import Period
from voltgo.core.money import Dong


def look_up(typed: str, *, station: Station, by: Actor) -> list[User]:
    """Find renters by an exact email or number, and keep who looked up whom."""
    found = find_renters(typed)
    for renter in found:
        record("walk_in.found", f"user:{renter.public_id}", by=by, station=station.code)
    return found


def hold_at_counter(
    *,
    renter: User,
    vehicle: Vehicle,
    period: Period,
    expected_total: Dong,
    key: str,
    by: Actor,
    waives_limits: bool = False,
) -> Booking:
    """Hold a vehicle that stands ready for a renter at the counter, for the few minutes of paying.

    The renter's limits count here too; a supervisor may waive them. Safe to call twice with one key.

    Raises:
        PeriodNotOffered: it is too long, too short or too far ahead.
        PriceHasChanged: the price is not the one that was shown; `details` has the present one.
        NotEligible, VehicleUnavailable, TooManyBookings and whatever else `hold_booking` refuses.
    """
    station = vehicle.station
    # Before the price: pricing counts each day of a period.
    check_period(period, is_at_counter=True)
    quote = make_quote(model=vehicle.model, station=station, period=period, vehicle=vehicle, renter=renter)
    if quote.total_amount != expected_total:
        raise PriceHasChanged(total=quote.total_amount, vehicle=vehicle.code)
    booking = hold_booking(
        renter=renter,
        quote=quote,
        idempotency_key=f"counter:{key}",
        by=by,
        channel=Channel.COUNTER,
        hold_minutes=policy_today().walk_in_hold_minutes,
        waives_limits=waives_limits,
    )
    record(
        "walk_in.held", booking.reference, by=by, renter=renter.public_id, vehicle=vehicle.code,
        station=station.code,
    )  # fmt: skip
    return booking
