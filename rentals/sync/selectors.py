"""Reads of what tablets sent: what waits for a person, where, and what it carries."""

from django.db.models import Case, IntegerField, QuerySet, Value, When

from rentals.bookings.models import Booking
from rentals.sync.enums import CommandState, Severity
from rentals.sync.models import SyncCommand, SyncConflict
from stations.network.models import Station


def conflicts_at(station: Station) -> QuerySet[SyncConflict]:
    """Return every conflict of a station."""
    rows = SyncConflict.objects.filter(command__station=station)
    return rows.select_related("command__tablet", "command__actor", "command__station", "resolved_by")


def open_conflicts(station: Station) -> QuerySet[SyncConflict]:
    """Return what of a station waits for a person, the urgent first, then the oldest."""
    urgent = Case(When(severity=Severity.HIGH, then=Value(0)), default=Value(1), output_field=IntegerField())
    return conflicts_at(station).filter(resolved_at=None).order_by(urgent, "opened_at", "pk")


def announced_at(station: Station) -> QuerySet[SyncCommand]:
    """Return what has arrived at a station and is not applied yet, the newest first."""
    rows = SyncCommand.objects.filter(station=station, state=CommandState.WAITING)
    return rows.select_related("tablet", "actor").order_by("-received_at")


def booking_of_subject(command: SyncCommand) -> Booking | None:
    """Return the booking that a command speaks of, if there is one here."""
    of, _, name = command.subject.partition(":")
    code = name if of == "booking" else command.result.get("booking")
    return Booking.objects.select_related("renter").filter(code=code).first() if code else None
