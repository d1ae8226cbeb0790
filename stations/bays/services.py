"""Keeping a bay for a vehicle that is on its way to another station."""

from datetime import datetime

from django.db import transaction

from stations.bays.errors import NoBayFree
from stations.bays.models import BayReservation
from stations.network.models import Station
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record

RETIRED = "retired"


def free_bays(station: Station) -> int:
    """Return how many vehicles a station can still take: its bays less what lives there or is expected."""
    # Vehicles stand right of bays; only their number counts here.
    based = station.vehicles.exclude(lifecycle=RETIRED).count()
    return station.bays - based - BayReservation.objects.standing().filter(station=station).count()


@transaction.atomic
def reserve_bay(
    *, station: Station, claimant: str, arrives_at: datetime, held_until: datetime | None = None
) -> BayReservation:
    """Keep a bay for one claimant; move the one that it has if it is to arrive elsewhere or at another time.

    With `held_until` only until then, unless it is asked for again without: what waits for money may run out.

    Locks the station's row, so that two cannot take the last bay. Call it before anything locks a vehicle. Who
    keeps a bay there already keeps it, at another time, without that lock.

    Raises:
        NoBayFree: every bay is taken or expected to be.
    """
    held = BayReservation.objects.standing().filter(claimant=claimant, station=station)
    if held.update(arrives_at=arrives_at, held_until=held_until):
        return BayReservation.objects.get(claimant=claimant, ended_at=None)
    current = locks.lock_row(station)
    if free_bays(current) < 1:
        raise NoBayFree(station=current.code)
    release_bay(claimant=claimant)
    return BayReservation.objects.create(
        station=current, claimant=claimant, arrives_at=arrives_at, held_until=held_until
    )


def release_bay(*, claimant: str) -> bool:
    """Give up a claimant's bay: it was used, or nobody comes. Say whether there was one."""
    rows = BayReservation.objects.filter(claimant=claimant, ended_at=None)
    return rows.update(ended_at=clock.now()) > 0


@transaction.atomic
def end_reservation(*, reservation: BayReservation, reason: str, by: Actor) -> BayReservation:
    """Free a bay by hand, because the vehicle will not come. Leaves an audit event."""
    if release_bay(claimant=reservation.claimant):
        record("bay.released", reservation.claimant, by=by, reason=reason, station=reservation.station.code)
    reservation.refresh_from_db()
    return reservation
