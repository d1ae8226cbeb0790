"""Offering what became free to whoever waits longest: a real hold, theirs once paid, else the next one's.

One queue is served by one worker at a time (an advisory lock per station and model), so that two vehicles
that become free together go to the first two who wait, and never one of them to the third.
"""

import logging
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction

from accounts.notifications.enums import MessageKind
from accounts.notifications.services import notify
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.models import Booking
from rentals.bookings.services import expire_hold, hold_booking
from rentals.policies.selectors import policy_today
from rentals.pricing.services import make_quote
from rentals.waitlist.enums import OPEN_WAIT_STATES, WAIT, WaitState
from rentals.waitlist.models import WaitlistEntry
from rentals.waitlist.selectors import is_free, queue, waiting_for
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import SYSTEM
from voltgo.core.clock import Period
from voltgo.core.errors import DomainError

logger = logging.getLogger(__name__)

OFFER_TOPIC = "waitlist.offer"
LOCK_SPACE = 0x0B1A
BATCH = 200
KEY = "waitlist:"


# How long a worker waits for another one that serves the same queue; a pass takes well under a second.
PATIENCE = timedelta(seconds=20)
PAUSE_SECONDS = 0.05


class QueueIsBeingServed(Exception):
    """Another worker has been at this queue for too long; the outbox tries again."""


def promise_offers(*, station_id: int, model_id: int, period: Period) -> bool:
    """Promise to offer what became free, if anybody waits for it; within the caller's transaction."""
    if period.ends_at <= clock.now() or not waiting_for(station_id, model_id, period).exists():
        return False
    outbox.promise(
        OFFER_TOPIC,
        station_id=station_id,
        model_id=model_id,
        starts_at=period.starts_at.isoformat(),
        ends_at=period.ends_at.isoformat(),
    )
    return True


def offer_next(*, station: Station, model: VehicleModel, period: Period | None = None) -> list[WaitlistEntry]:
    """Offer what is free of a model at a station to those who wait, oldest first; return who was offered.

    `period` is the time that became free; without it the whole queue is looked at. Who does not fit, may not
    drive or has too many bookings is passed over and keeps the place. Opens a transaction of its own for
    each offer.

    Raises:
        QueueIsBeingServed: another worker has been at it for too long.
    """
    with _alone_at(station, model):
        return list(_serve(station, model, period))


@contextmanager
def _alone_at(station: Station, model: VehicleModel) -> Iterator[None]:
    """Hold the queue's advisory lock. Waits for it: what became free may be news to whoever holds it now."""
    number = zlib.crc32(f"{station.pk}:{model.pk}".encode()) & 0x7FFFFFFF
    give_up = time.monotonic() + PATIENCE.total_seconds()
    while not locks.try_session_lock(LOCK_SPACE, number):
        if time.monotonic() > give_up:
            raise QueueIsBeingServed
        time.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        # A connection that broke has taken the lock with it.
        if connection.connection is not None:
            locks.release_session_lock(LOCK_SPACE, number)


def _serve(station: Station, model: VehicleModel, period: Period | None) -> Iterator[WaitlistEntry]:
    taken: set[Period] = set()
    waiting = queue(station, model, period).select_related("renter", "station", "model")
    for entry in waiting[:BATCH]:
        if entry.period in taken:
            continue
        if not is_free(station, model, entry.period):
            taken.add(entry.period)
            continue
        try:
            _offer(entry)
        except DomainError as refusal:
            # Their papers, their limits, or somebody was faster on the web: the next one's turn.
            logger.info("waitlist entry %s is passed over: %s", entry.code, refusal.code)
        else:
            yield entry


def _offer(entry: WaitlistEntry) -> Booking:
    """Hold a vehicle for an entry. The entry is marked inside the hold's own transaction (`note_held`)."""
    quote = make_quote(model=entry.model, station=entry.station, period=entry.period, renter=entry.renter)
    return hold_booking(
        renter=entry.renter,
        quote=quote,
        idempotency_key=f"{KEY}{entry.code}",
        by=SYSTEM,
        channel=Channel.WAITLIST,
        hold_minutes=policy_today().waitlist_offer_minutes,
    )


def note_held(booking: Booking) -> None:
    """Mark the entry of a hold as offered and tell the renter; within the hold's transaction.

    Locks the entry: if it was withdrawn or offered meanwhile, the whole hold is undone.

    Raises:
        IllegalTransition: the entry does not wait any more.
    """
    _renter, _sep, code = booking.idempotency_key.rpartition(KEY)
    entry = WaitlistEntry.objects.select_related("renter").get(code=code)
    offered_until = booking.allocation.hold_expires_at
    states.move(
        WAIT,
        entry,
        to=WaitState.OFFERED,
        by=SYSTEM,
        booking_id=booking.pk,
        offered_at=clock.now(),
        offered_until=offered_until,
    )
    notify(
        user=entry.renter,
        kind=MessageKind.WAITLIST_OFFER,
        key=f"{MessageKind.WAITLIST_OFFER}:{entry.code}",
        reference=booking.reference,
        context={
            "code": booking.code,
            "entry_code": entry.code,
            "vehicle_model": str(booking.model),
            "station_name": booking.pickup_station.name,
            "starts_at": entry.starts_at,
            "ends_at": entry.ends_at,
            "offered_until": offered_until,
            "total_amount": booking.quote.total_amount,
            "deposit_amount": booking.quote.deposit_amount,
        },
    )


def note_confirmed(booking: Booking) -> None:
    """Mark the entry of a paid offer as taken, also when the money came late; within the money's transaction."""
    entry = WaitlistEntry.objects.filter(booking=booking).first()
    if entry is not None and entry.state in {WaitState.OFFERED, WaitState.LAPSED}:
        states.move(WAIT, entry, to=WaitState.TAKEN, by=SYSTEM)


def note_expired(booking: Booking) -> None:
    """Let an offer that was not paid lapse and say so; within the transaction that ends the hold."""
    entry = WaitlistEntry.objects.select_related("renter", "model", "station").filter(booking=booking).first()
    if entry is not None and entry.state == WaitState.OFFERED:
        _lapse(entry)


def note_cancelled(booking: Booking) -> None:
    """Withdraw the entry of an offer that its renter, or we, let go before it was paid."""
    entry = WaitlistEntry.objects.filter(booking=booking, state=WaitState.OFFERED).first()
    if entry is not None:
        states.move(WAIT, entry, to=WaitState.WITHDRAWN, by=SYSTEM, reason="offer declined")


def _lapse(entry: WaitlistEntry) -> None:
    states.move(WAIT, entry, to=WaitState.LAPSED, by=SYSTEM, reason="offer ran out")
    notify(
        user=entry.renter,
        kind=MessageKind.WAITLIST_LAPSED,
        key=f"{MessageKind.WAITLIST_LAPSED}:{entry.code}",
        reference=f"waitlist:{entry.code}",
        context={
            "entry_code": entry.code,
            "vehicle_model": str(entry.model),
            "station_name": entry.station.name,
            "starts_at": entry.starts_at,
            "was_offered": True,
        },
    )


def lapse_due_offers() -> int:
    """End offers whose time ran out, and entries whose start has passed; return how many.

    Sweeps behind the receivers: what they saw already is not seen here. An offer's hold is ended through
    `expire_hold`, which asks about money on its way first.
    """
    now = clock.now()
    due = WaitlistEntry.objects.filter(state=WaitState.OFFERED, offered_until__lte=now).select_related(
        "booking__allocation"
    )
    lapsed = sum(_lapse_offer(entry) for entry in due[:BATCH])
    passed = WaitlistEntry.objects.filter(state=WaitState.WAITING, starts_at__lte=now)
    return lapsed + sum(_lapse_quietly(entry) for entry in passed[:BATCH])


def _lapse_offer(entry: WaitlistEntry) -> bool:
    if entry.booking is None:
        return False
    expire_hold(entry.booking)
    with transaction.atomic():
        # Order everywhere: the booking before what hangs on it.
        booking = locks.lock_row(entry.booking)
        current = locks.lock_row(entry)
        if current.state != WaitState.OFFERED:
            return current.state == WaitState.LAPSED
        if booking.state == BookingState.HELD:
            return False
        _lapse(current)
        return True


@transaction.atomic
def _lapse_quietly(entry: WaitlistEntry) -> bool:
    """Their time has come and nothing was free: there is nothing to do about it, so nobody is disturbed."""
    current = locks.lock_row(entry)
    if current.state not in OPEN_WAIT_STATES or current.state == WaitState.OFFERED:
        return False
    states.move(WAIT, current, to=WaitState.LAPSED, by=SYSTEM, reason="start has passed")
    return True
