"""Reads of incidents: what is open at a station, who has not come, who was looked after."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, IntegerField, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Greatest

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.services.no_show import awaited_until
from rentals.handovers.selectors import Board
from rentals.incidents.enums import OPEN_INCIDENT_STATES, Ending
from rentals.incidents.models import Incident
from rentals.incidents.rules import reach_of
from rentals.incidents.services.replacing import PROTECTED
from rentals.policies.rules import Policy
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.supply.rules import OFFLINE_AFTER
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent
from voltgo.core.clock import Period

# As far back as the board tells of renters who were given another vehicle.
TOLD_BACK = timedelta(hours=24)
MOST_NOTES = 20


def open_incidents(station: Station) -> QuerySet[Incident]:
    """Return what is still to be put right at a station, oldest first."""
    rows = Incident.objects.filter(station=station, state__in=OPEN_INCIDENT_STATES)
    return rows.select_related("vehicle__model", "rental__booking").order_by("created_at", "pk")


def incidents_at(station: Station) -> QuerySet[Incident]:
    """Return every incident of a station."""
    return Incident.objects.filter(station=station).select_related(
        "vehicle__model", "rental__booking__renter"
    )


# --- Renters who did not come -------------------------------------------------------------------------


def not_come(now: datetime) -> Q:
    """Return the condition on bookings whose renter is not waited for any longer; see `no_show_due`.

    A station whose tablet was not heard of may have handed the vehicle over without telling us yet.
    """
    is_online = Q(pickup_station__last_seen_at=None) | Q(pickup_station__last_seen_at__gt=now - OFFLINE_AFTER)
    return Q(state=BookingState.CONFIRMED, starts_at__lt=now, no_show_at__lt=now) & is_online


def with_no_show_at(bookings: QuerySet[Booking]) -> QuerySet[Booking]:
    """Add `no_show_at`: the end of the frozen grace, or of the wait that a supervisor has granted."""
    minutes = Coalesce(
        Cast(KeyTextTransform("no_show_grace_minutes", "quote__policy"), IntegerField()),
        Policy().no_show_grace_minutes,
    )
    grace = ExpressionWrapper(F("starts_at") + minutes * timedelta(minutes=1), output_field=DateTimeField())
    return bookings.annotate(no_show_at=Greatest(grace, Coalesce("awaited_until", "starts_at")))


def proposals_among(station: Station, bookings: Iterable[Booking], now: datetime) -> list[Booking]:
    """Return the bookings of a station of which a person should say that nobody came.

    The frozen grace is over, nobody has asked to wait longer, and the station could have served them. One
    query, and none while nobody is late.
    """
    late = [
        booking
        for booking in bookings
        if booking.state == BookingState.CONFIRMED and awaited_until(booking) < now
    ]
    if not late:
        return []
    first = min(booking.starts_at for booking in late).replace(microsecond=0)
    around = Period(first, max(now.replace(microsecond=0), first + timedelta(seconds=1)))
    opening = openings_of([station.pk], around)[station.pk]
    return [booking for booking in late if _was_open(opening, booking)]


def _was_open(opening: Any, booking: Booking) -> bool:
    grace = Policy.from_json(booking.quote.policy).no_show_grace
    until = booking.starts_at + grace
    is_closed = any(
        closure.starts_at <= until and closure.ends_at > booking.starts_at for closure in opening.closures
    )
    return not is_closed and bool(opening.is_open_at(booking.starts_at))


# --- The day board ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NextRenter:
    """One next renter of a vehicle that cannot be given, and what became of the booking.

    `ending` is empty for one for whom nothing was found yet.
    """

    vehicle: str
    code: str
    starts_at: datetime | None = None
    ending: str = ""
    plate: str = ""

    @property
    def is_moved(self) -> bool:
        return self.ending in {Ending.MOVED, Ending.UPGRADED}

    @property
    def is_at_risk(self) -> bool:
        return not self.ending


@dataclass(frozen=True, slots=True)
class Watch:
    """What an attentive person would tell whoever begins work at a station."""

    proposals: Sequence[Booking]
    incidents: Sequence[Incident]
    # Vehicles that cannot be given and of which no open incident tells.
    broken: Sequence[Vehicle]
    # Of the vehicles that are late or out of service; by the vehicle's code.
    next_renters: Sequence[NextRenter]


def watch_of(station: Station, board: Board) -> Watch:
    """Return what a station has to watch: one query, one more for late renters, two for late vehicles."""
    proposals = proposals_among(
        station, [due.booking for due in board.due_out if not due.rental], board.as_of
    )
    late = [each.rental.vehicle for each in board.overdue]
    gone = [*late, *board.broken]
    next_renters = [
        *(_at_risk(board) if late else ()),
        *(_protected(gone, board.as_of) if gone else ()),
    ]
    incidents = list(open_incidents(station))
    told = {incident.vehicle_id for incident in incidents}
    broken = [vehicle for vehicle in board.broken if vehicle.pk not in told]
    return Watch(proposals, incidents, broken, next_renters)


def _protected(vehicles: Iterable[Vehicle], now: datetime) -> list[NextRenter]:
    codes = {f"vehicle:{vehicle.code}": vehicle.code for vehicle in vehicles}
    events = AuditEvent.objects.filter(action=PROTECTED, subject__in=list(codes), at__gt=now - TOLD_BACK)
    return [
        NextRenter(
            vehicle=codes[event.subject],
            code=event.changes["booking"],
            ending=event.changes["ending"],
            plate=event.changes["plate"],
        )
        for event in events.order_by("-pk")[:MOST_NOTES]
    ]


def _at_risk(board: Board) -> list[NextRenter]:
    reaches = {
        each.rental.vehicle_id: reach_of(each.rental.due_at, board.as_of) or timedelta()
        for each in board.overdue
    }
    coming = Booking.objects.filter(
        allocation__vehicle__in=list(reaches),
        state=BookingState.CONFIRMED,
        starts_at__lt=board.as_of + max(reaches.values()),
        ends_at__gt=board.as_of,
    ).select_related("allocation__vehicle")
    return [
        NextRenter(vehicle=vehicle.code, code=booking.code, starts_at=booking.starts_at)
        for booking in coming.order_by("starts_at", "pk")
        if booking.starts_at < board.as_of + reaches[(vehicle := booking.allocation.vehicle).pk]
    ]


def proposals_now() -> QuerySet[Booking]:
    """Return the bookings of every station of which a person should say that nobody came; for operators."""
    return with_no_show_at(Booking.objects.all()).filter(not_come(clock.now()))
