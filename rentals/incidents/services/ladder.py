"""What runs every minute: reminders, the overdue ladder, the next renters, vehicles out of service."""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.incidents.replacing import Fate
from rentals.incidents.rules import DECIDE_WITHIN, MISSING, MISSING_REACH, reach_of
from rentals.incidents.services.cases import resolve_returned
from rentals.incidents.services.out_of_service import look_after_all
from rentals.incidents.services.reminding import climb, remind_of_pickups
from rentals.incidents.services.replacing import move_to_equals, one_at_a_time, replace_vehicle
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.clock import Period

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LadderReport:
    """What one run did."""

    pickups_reminded: int
    rungs_told: int
    bookings_protected: int
    out_of_service: int
    incidents_resolved: int


def run_ladder() -> dict[str, int]:
    """Do whatever is due now, and nothing that was done before; return counts.

    Everything is derived from the rows as they are, so it does not matter how often this runs nor for how
    long it did not. Each rental and booking is a transaction of its own; one that fails is logged and tried
    again on the next run.
    """
    report = LadderReport(
        pickups_reminded=remind_of_pickups(),
        rungs_told=climb(),
        bookings_protected=protect_from_late(),
        out_of_service=look_after_all(),
        incidents_resolved=resolve_returned(by=SYSTEM),
    )
    return asdict(report)


def protect_from_late() -> int:
    """Look after the next renters of every vehicle that is late now; return how many were helped."""
    now = clock.now()
    late = (
        Rental.objects.filter(state=RentalState.ACTIVE, presented_at__isnull=True, due_at__lte=now)
        .select_related("vehicle__model", "booking")
        .order_by("pk")
    )
    # One query for all: most late vehicles have nobody who waits for them.
    awaited = set(
        _promised(now, now + MISSING_REACH)
        .filter(allocation__vehicle__in=[rental.vehicle_id for rental in late])
        .values_list("allocation__vehicle", flat=True)
    )
    done = 0
    for rental in late:
        reach = reach_of(rental.due_at, now)
        if reach is None or rental.vehicle_id not in awaited:
            continue
        try:
            done += _protect_from(rental, now, reach)
        except Exception:
            # One that fails must not keep the others waiting; it is tried again in a minute.
            logger.exception("the renters after %s could not be protected", rental.booking.code)
    return done


def _protect_from(rental: Rental, now: datetime, reach: timedelta) -> int:
    fates = protect_next(
        vehicle=rental.vehicle,
        until=now + reach,
        within=withdraw_within(rental.due_at, now),
        reason=_("Xe của lượt %(code)s chưa về.") % {"code": rental.booking.code},
        by=SYSTEM,
    )
    return sum(fate.is_settled for fate in fates)


def withdraw_within(due_at: datetime, now: datetime) -> timedelta:
    """Return how near a pickup must be to be cancelled because its vehicle is late.

    Only when the vehicle could not be prepared in time even if it came back this minute. A vehicle that is
    missing is treated like one that is out of service.
    """
    is_missing = now >= due_at + MISSING.after
    return DECIDE_WITHIN if is_missing else timedelta(minutes=settings.TURNAROUND_MINUTES)


def protect_next(
    *, vehicle: Vehicle, until: datetime, within: timedelta, reason: str, by: Actor
) -> list[Fate]:
    """Give the next renters of a vehicle that will not be there another one; return what became of whom.

    Those that start before `until`: first whoever can be moved to an equal vehicle, all at once, then the
    others in order of time, each in a transaction of its own. A booking for which nothing can be given is
    withdrawn only when its pickup is nearer than `within`.
    """
    # The timeline counts whole seconds.
    now, until = clock.now().replace(microsecond=0), until.replace(microsecond=0)
    if until <= now:
        return []
    coming = _promised(now, until).filter(allocation__vehicle=vehicle)
    if not coming.exists():
        return []
    fates = move_to_equals(out=vehicle, period=Period(now, until), reason=reason, by=by)
    for booking in coming.order_by("starts_at", "pk"):
        fate = one_at_a_time(
            booking,
            lambda booking: replace_vehicle(
                booking=booking, out=vehicle, within=within, reason=reason, by=by
            ),
        )
        if fate is not None:
            fates.append(fate)
    return fates


def _promised(now: datetime, until: datetime) -> QuerySet[Booking]:
    """Return the bookings that start before a moment and are not at the counter yet."""
    waiting = (BookingState.HELD, BookingState.CONFIRMED)
    return Booking.objects.filter(state__in=waiting, starts_at__lt=until, ends_at__gt=now)
