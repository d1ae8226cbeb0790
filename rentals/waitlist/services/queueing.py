"""Joining a queue and leaving it."""

from django.db import IntegrityError, transaction

from accounts.users.models import User
from rentals.bookings.enums import CancelReason
from rentals.bookings.rules import check_open, check_period
from rentals.bookings.services import cancel_booking
from rentals.waitlist.enums import OPEN_WAIT_STATES, WAIT, WaitState
from rentals.waitlist.errors import (
    AlreadyWaiting,
    EntryJustChanged,
    NothingToWithdraw,
    TooManyEntries,
    VehicleIsFree,
)
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.selectors import is_free
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.clock import Period

# Open entries of one renter: more is no wish any more but a net.
MOST_OPEN_ENTRIES = 5


@transaction.atomic
def join_waitlist(
    *, renter: User, station: Station, model: VehicleModel, period: Period, by: Actor
) -> WaitlistEntry:
    """Put a renter into the queue for a model at a station. Locks the renter, so that the limit holds.

    Papers and licence are judged when a vehicle is offered: who waits may still send them.

    Raises:
        PeriodNotOffered, StationClosed: nobody could book this period.
        VehicleIsFree: there is nothing to wait for.
        AlreadyWaiting: for just this.
        TooManyEntries: the renter waits in too many queues.
    """
    check_period(period)
    check_open(station, period)
    if is_free(station, model, period):
        raise VehicleIsFree
    locks.lock_row(renter)
    still_open = WaitlistEntry.objects.filter(
        renter=renter, state__in=OPEN_WAIT_STATES, starts_at__gt=clock.now()
    )
    if still_open.count() >= MOST_OPEN_ENTRIES:
        raise TooManyEntries(limit=MOST_OPEN_ENTRIES)
    try:
        with transaction.atomic():
            entry = WaitlistEntry.objects.create(
                renter=renter,
                station=station,
                model=model,
                starts_at=period.starts_at,
                ends_at=period.ends_at,
            )
    except IntegrityError:
        raise AlreadyWaiting from None
    states.begin(WAIT, entry, by=by)
    return entry


@transaction.atomic
def withdraw_entry(*, entry: WaitlistEntry, by: Actor) -> WaitlistEntry:
    """Leave the queue; an offer that was made is let go at once, for the next. Safe to call twice.

    Locks the offered booking, then the entry.

    Raises:
        NothingToWithdraw: the vehicle was taken, or the entry has lapsed.
        EntryJustChanged: an offer was made at this very moment.
    """
    booking = WaitlistEntry.objects.select_related("booking").get(pk=entry.pk).booking
    if booking is not None:
        locks.lock_row(booking)
    current = locks.lock_row(entry)
    if current.state == WaitState.OFFERED:
        if booking is None:
            raise EntryJustChanged
        # The receiver of its cancellation withdraws the entry.
        cancel_booking(booking=booking, reason=CancelReason.RENTER, by=by, note="waitlist offer declined")
    elif current.state == WaitState.WAITING:
        states.move(WAIT, current, to=WaitState.WITHDRAWN, by=by)
    elif current.state != WaitState.WITHDRAWN:
        raise NothingToWithdraw
    entry.refresh_from_db()
    return entry
