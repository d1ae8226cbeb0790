"""What a renter comes back to: a place on the waitlist, favourites, a calendar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from accounts.access.actors import renter_actor
from accounts.users.models import User
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.calendars.services import issue_feed
from rentals.demo.seeding.people import People
from rentals.waitlist.selectors import is_free
from rentals.waitlist.services import add_favourite, join_waitlist
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.errors import DomainError

# Anh starts from here.
HOME = "HCM-01"
LOOKED_AT = 60
WAITED_FOR = 2


def create_lists(people: People, stations: Sequence[Station]) -> int:
    """Let Anh wait behind somebody else, like a few things and have a calendar; return how many wait."""
    anh = people.personas["verified"].user
    others = [renter.user for renter in people.drivers if renter.user.pk != anh.pk]
    waiting = 0
    for taken, other in zip(_taken(anh), others, strict=False):
        waiting += _wait(other, taken) + _wait(anh, taken)
        if waiting >= 2 * WAITED_FOR:
            break
    home = next(station for station in stations if station.code == HOME)
    vehicle = Vehicle.objects.in_service().at(home).select_related("model").order_by("plate").first()
    add_favourite(renter=anh, thing=home)
    if vehicle is not None:
        add_favourite(renter=anh, thing=vehicle.model)
        add_favourite(renter=anh, thing=vehicle)
    issue_feed(owner=anh, by=renter_actor(anh))
    return waiting


def _taken(anh: User) -> Iterator[Booking]:
    """Yield coming bookings of others that leave nothing free of their model."""
    now = clock.now()
    rows = Booking.objects.filter(
        state=BookingState.CONFIRMED, starts_at__range=(now + timedelta(hours=3), now + timedelta(days=14))
    ).exclude(renter=anh)
    for booking in rows.select_related("pickup_station", "model").order_by("starts_at", "pk")[:LOOKED_AT]:
        if not is_free(booking.pickup_station, booking.model, booking.period):
            yield booking


def _wait(renter: User, taken: Booking) -> int:
    try:
        join_waitlist(
            renter=renter,
            station=taken.pickup_station,
            model=taken.model,
            period=taken.period,
            by=renter_actor(renter),
        )
    except DomainError:
        # The station is closed at one end by now, or they wait for it already.
        return 0
    return 1
