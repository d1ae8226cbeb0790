"""The work on a ticket, as the technician's phone tells it: accepted, on the way, begun, done or not to be done."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from stations.fleet import services as fleet
from stations.maintenance import photos as pictures
from stations.maintenance.access import may_work_on, teams_of
from stations.maintenance.enums import TICKET, PhotoStage, TicketState
from stations.maintenance.errors import JobTaken, NoteMissing, NotTheirJob
from stations.maintenance.models import MaintenanceTicket
from stations.maintenance.photos import Photo
from stations.maintenance.services.rows import known, write
from stations.maintenance.signals import ticket_resolved
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import IllegalTransition

LONGEST_NOTE = 500
BEFORE_WORK = (TicketState.OPEN, TicketState.ASSIGNED)


@transaction.atomic
def accept(
    *, ticket: MaintenanceTicket, user: User, by: Actor, at: datetime | None = None
) -> MaintenanceTicket:
    """Take a ticket on: one that was given to the team or to nobody. Locks the ticket; safe to call again.

    Raises:
        NotTheirJob: it is not for this person.
        JobTaken: somebody else has accepted it.
        IllegalTransition: the work has begun, or it is over.
    """
    current = _locked_for(ticket, user)
    if current.assignee_id == user.pk and current.accepted_at is not None:
        return _as_it_stands(ticket, current)
    if current.state not in BEFORE_WORK:
        raise IllegalTransition(machine=TICKET.name, source=current.state, target=TicketState.ASSIGNED.value)
    if current.accepted_at is not None:
        raise JobTaken
    team = current.team or teams_of(user).filter(stations=current.station_id).first()
    taken: dict[str, Any] = {
        "team": team,
        "assignee": user,
        "accepted_at": at or clock.now(),
        "hindrance": "",
    }
    if current.state == TicketState.OPEN:
        states.move(TICKET, ticket, to=TicketState.ASSIGNED, by=by, **taken)
    else:
        write(ticket, **taken)
    record("ticket.accepted", ticket.subject, by=by)
    return ticket


@transaction.atomic
def set_out(
    *, ticket: MaintenanceTicket, user: User, by: Actor, at: datetime | None = None
) -> MaintenanceTicket:
    """Note that whoever has accepted a ticket is on the way. Locks the ticket; safe to call again.

    Raises:
        NotTheirJob: it is not for this person, or somebody else has accepted it.
        IllegalTransition: nobody has accepted it, or the work has begun.
    """
    current = _locked_for(ticket, user)
    _require_own(current, user)
    if current.on_the_way_at is not None:
        return _as_it_stands(ticket, current)
    if current.state != TicketState.ASSIGNED:
        raise IllegalTransition(machine=TICKET.name, source=current.state, target=TicketState.ASSIGNED.value)
    record("ticket.on_the_way", ticket.subject, by=by)
    return write(ticket, on_the_way_at=at or clock.now())


@transaction.atomic
def start(
    *, ticket: MaintenanceTicket, user: User, by: Actor, at: datetime | None = None
) -> MaintenanceTicket:
    """Begin the work; who has not accepted it yet does so with it. Locks the ticket; safe to call again.

    Raises:
        NotTheirJob: it is not for this person, or somebody else has accepted it.
        IllegalTransition: it is over.
    """
    current = _locked_for(ticket, user)
    if current.state == TicketState.IN_PROGRESS and current.assignee_id == user.pk:
        return _as_it_stands(ticket, current)
    begun_at = at or clock.now()
    if current.accepted_at is None:
        accept(ticket=ticket, user=user, by=by, at=begun_at)
    else:
        _require_own(current, user)
    return states.move(TICKET, ticket, to=TicketState.IN_PROGRESS, by=by, started_at=begun_at)


def resolve(
    *,
    ticket: MaintenanceTicket,
    note: str,
    user: User,
    by: Actor,
    at: datetime | None = None,
    photos: Iterable[Photo] = (),
    odometer_km: int | None = None,
    battery_percent: int | None = None,
) -> MaintenanceTicket:
    """Say what was done, with photos and readings. Locks the ticket, then the vehicle; safe to call again.

    The vehicle stays where it is: it goes back to preparation by a step of its own, and to renters through
    the ready gate.

    Raises:
        NoteMissing: nobody said what was done.
        NotTheirJob: it is not for this person.
        IllegalTransition: the work has not begun, or it is over.
        OdometerWentBack, BatteryOutOfRange: the readings cannot be.
        TooManyPhotos, PhotoRefused: the photos cannot be kept.
    """
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise NoteMissing
    kept = pictures.cleaned(photos)
    done_at = at or clock.now()
    with transaction.atomic():
        current = _locked_for(ticket, user)
        if current.state == TicketState.RESOLVED and current.resolution == note:
            return _as_it_stands(ticket, current)
        states.move(
            TICKET,
            ticket,
            to=TicketState.RESOLVED,
            by=by,
            reason=note[:300],
            resolved_at=done_at,
            resolution=note,
            odometer_km=odometer_km,
            battery_percent=battery_percent,
        )
        fleet.record_readings_of(
            vehicle=current.vehicle,
            at=done_at,
            odometer_km=odometer_km,
            battery_percent=battery_percent,
            by=by,
        )
        pictures.keep(ticket, PhotoStage.WORK, kept, done_at)
        ticket_resolved.send(sender=MaintenanceTicket, ticket=ticket, by=by)
    return ticket


@transaction.atomic
def give_back(*, ticket: MaintenanceTicket, reason: str, user: User, by: Actor) -> MaintenanceTicket:
    """Say why a ticket cannot be done now; it is open again, and somebody has to decide anew. Locks the ticket.

    Raises:
        NoteMissing: nobody said why.
        NotTheirJob: it is not for this person.
        IllegalTransition: nobody has it, or it is over.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise NoteMissing
    _locked_for(ticket, user)
    return states.move(
        TICKET,
        ticket,
        to=TicketState.OPEN,
        by=by,
        reason=reason,
        team=None,
        assignee=None,
        accepted_at=None,
        on_the_way_at=None,
        started_at=None,
        hindrance=reason,
    )


def _locked_for(ticket: MaintenanceTicket, user: User) -> MaintenanceTicket:
    """Lock a ticket and return it fresh, for somebody whose work it is."""
    current = locks.lock_row(ticket)
    if not may_work_on(user, current):
        raise NotTheirJob
    return current


def _require_own(ticket: MaintenanceTicket, user: User) -> None:
    if ticket.accepted_at is not None and ticket.assignee_id != user.pk:
        raise NotTheirJob


def _as_it_stands(ticket: MaintenanceTicket, current: MaintenanceTicket) -> MaintenanceTicket:
    names = (
        "state",
        "assignee_id",
        "accepted_at",
        "on_the_way_at",
        "started_at",
        "resolved_at",
        "resolution",
    )
    return known(ticket, **{name: getattr(current, name) for name in names})
