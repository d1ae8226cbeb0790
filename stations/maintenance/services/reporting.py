"""What is wrong with a vehicle, as whoever sees it says it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from stations.fleet import services as fleet
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from stations.maintenance import photos as pictures
from stations.maintenance.enums import DUE_WITHIN, TICKET, Category, PhotoStage, Severity
from stations.maintenance.errors import TextMissing, UnknownChoice
from stations.maintenance.models import MaintenanceTicket
from stations.maintenance.photos import Photo
from stations.maintenance.services.rows import write
from stations.maintenance.signals import safety_fault
from stations.network.models import Station
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.images import CleanPhoto

LONGEST_TEXT = 1_000
# A vehicle that stands at its station and could be given to somebody.
CAN_BE_PARKED = (Condition.READY, Condition.PREPARATION)


def report_fault(
    *,
    vehicle: Vehicle,
    station: Station,
    severity: str,
    part: str,
    text: str,
    user: User | None,
    by: Actor,
    at: datetime | None = None,
    key: str = "",
    photos: Iterable[Photo] = (),
    reference: str = "",
    due_at: datetime | None = None,
) -> MaintenanceTicket:
    """Write down what is wrong with a vehicle; who asks again with the same key gets the ticket of the first time.

    `at` is when it was seen. A fault that makes the vehicle unsafe takes it to maintenance at once, in the
    same transaction, if it stands at its station; what becomes of the people who are promised it is seen to
    by whoever hears `safety_fault`. Locks the vehicle then.

    Raises:
        TextMissing: nobody said what is wrong.
        UnknownChoice: no such severity.
        TooManyPhotos, PhotoRefused: the photos cannot be kept.
    """
    before = _of_key(key)
    if before is not None:
        return before
    text = text.strip()[:LONGEST_TEXT]
    if not text:
        raise TextMissing
    if severity not in Severity.values:
        raise UnknownChoice
    if part not in Category.values:
        # A tablet may know other parts than we do now; for want of a word no fault goes unheard.
        part = Category.OTHER
    kept = pictures.cleaned(photos)
    seen_at = at or clock.now()
    ticket = MaintenanceTicket(
        vehicle=vehicle,
        station=station,
        severity=severity,
        part=part,
        text=text,
        reported_by=user,
        at=seen_at,
        due_at=due_at or seen_at + DUE_WITHIN[Severity(severity)],
        key=key,
        reference=reference,
    )
    return _write(ticket, kept, by)


@transaction.atomic
def _write(ticket: MaintenanceTicket, photos: Sequence[CleanPhoto], by: Actor) -> MaintenanceTicket:
    # The vehicle's lock lets two commands with one key come one after the other.
    vehicle = locks.lock_row(ticket.vehicle)
    before = _of_key(ticket.key)
    if before is not None:
        return before
    ticket.save(force_insert=True)
    states.begin(TICKET, ticket, by=by, reason=ticket.text[:300])
    pictures.keep(ticket, PhotoStage.REPORT, photos, ticket.at)
    record(
        "ticket.reported",
        ticket.subject,
        by=by,
        reason=ticket.text[:300],
        vehicle=vehicle.code,
        station=ticket.station.code,
        severity=ticket.severity,
    )
    if ticket.severity == Severity.SAFETY:
        _take_off_the_road(ticket, vehicle, by)
    return ticket


def _take_off_the_road(ticket: MaintenanceTicket, vehicle: Vehicle, by: Actor) -> None:
    if vehicle.condition in CAN_BE_PARKED:
        fleet.send_to_maintenance(vehicle=vehicle, reason=f"{ticket.code}: {ticket.text}"[:300], by=by)
        ticket.vehicle.condition = vehicle.condition
    safety_fault.send(sender=MaintenanceTicket, ticket=ticket, by=by)


def _of_key(key: str) -> MaintenanceTicket | None:
    return MaintenanceTicket.objects.filter(key=key).select_related("vehicle").first() if key else None


def add_photos(
    *, ticket: MaintenanceTicket, photos: Iterable[Photo], stage: str, by: Actor, at: datetime | None = None
) -> int:
    """Add photos to a ticket, of the fault or of the work; return how many there are now.

    A picture that was sent before is not kept twice.

    Raises:
        TooManyPhotos, PhotoRefused: the photos cannot be kept.
    """
    kept = pictures.cleaned(photos)
    with transaction.atomic():
        locks.lock_row(ticket)
        pictures.keep(ticket, PhotoStage(stage), kept, at or clock.now())
        if kept:
            record("ticket.photographed", ticket.subject, by=by, stage=str(stage), count=len(kept))
    return ticket.photos.count()


def refer(*, ticket: MaintenanceTicket, reference: str) -> MaintenanceTicket:
    """Note what a ticket belongs to. The caller has just made it, or holds its lock."""
    return write(ticket, reference=reference)
