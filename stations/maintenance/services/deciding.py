"""What supervisors and operators decide about tickets: who sees to it, and that it is over."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from stations.maintenance.access import serving, technicians_at
from stations.maintenance.enums import IN_CHARGE, TICKET, TicketState
from stations.maintenance.errors import NoteMissing, NotInTeam, OnlySupervisorsAssign, TeamDoesNotServe
from stations.maintenance.models import MaintenanceTicket, MobileTeam
from stations.maintenance.services.rows import known, write
from voltgo.core import locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import IllegalTransition


@transaction.atomic
def assign(
    *,
    ticket: MaintenanceTicket,
    by: Actor,
    team: MobileTeam | None = None,
    assignee: User | None = None,
    due_at: datetime | None = None,
) -> MaintenanceTicket:
    """Give a ticket to a mobile team, to one of its members, or to a technician of the station.

    Also from somebody to somebody else, while the work has not begun; they have to accept it anew. Locks
    the ticket.

    Raises:
        OnlySupervisorsAssign: not a supervisor or an operator.
        TeamDoesNotServe: the team does not drive to this station, or nobody was named at all.
        NotInTeam: the person is not in the team, or without a team no technician of the station.
        IllegalTransition: the work has begun, or it is over.
    """
    if by.kind not in IN_CHARGE:
        raise OnlySupervisorsAssign
    current = locks.lock_row(ticket)
    _check_served(current, team, assignee)
    if current.state == TicketState.OPEN:
        states.move(TICKET, ticket, to=TicketState.ASSIGNED, by=by, **_given(team, assignee))
    elif current.state == TicketState.ASSIGNED:
        write(ticket, **_given(team, assignee))
    else:
        raise IllegalTransition(machine=TICKET.name, source=current.state, target=TicketState.ASSIGNED.value)
    if due_at is not None:
        write(ticket, due_at=due_at)
    record(
        "ticket.assigned",
        ticket.subject,
        by=by,
        team=team.name if team else "",
        technician=assignee.full_name if assignee else "",
    )
    return ticket


def _given(team: MobileTeam | None, assignee: User | None) -> dict[str, Any]:
    return {
        "team": team,
        "assignee": assignee,
        "accepted_at": None,
        "on_the_way_at": None,
        "hindrance": "",
    }


def _check_served(ticket: MaintenanceTicket, team: MobileTeam | None, assignee: User | None) -> None:
    if team is None and assignee is None:
        raise TeamDoesNotServe
    if team is not None and not serving(ticket.station).filter(pk=team.pk).exists():
        raise TeamDoesNotServe
    if assignee is None:
        return
    if team is not None:
        is_in = team.members.filter(user=assignee, ended_at=None).exists()
    else:
        is_in = technicians_at(ticket.station).filter(pk=assignee.pk).exists()
    if not is_in:
        raise NotInTeam


@transaction.atomic
def close(*, ticket: MaintenanceTicket, by: Actor, note: str = "") -> MaintenanceTicket:
    """File a ticket: its work was looked at, or it was reported by mistake. Locks the ticket; safe to call again.

    Raises:
        NoteMissing: it is filed without any work, and nobody said why.
        IllegalTransition, NotAllowed: somebody still works on it, or not for this actor.
    """
    current = locks.lock_row(ticket)
    note = note.strip()[:300]
    if current.state == TicketState.CLOSED:
        return known(ticket, state=current.state)
    if current.state == TicketState.OPEN and not note:
        raise NoteMissing
    return states.move(TICKET, ticket, to=TicketState.CLOSED, by=by, reason=note)


@transaction.atomic
def reopen(*, ticket: MaintenanceTicket, reason: str, by: Actor) -> MaintenanceTicket:
    """Open a resolved ticket again: the fault is still there. Locks the ticket.

    Raises:
        NoteMissing: nobody said what is still wrong.
        IllegalTransition, NotAllowed: it is not resolved, or not for this actor.
    """
    reason = reason.strip()[:300]
    if not reason:
        raise NoteMissing
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
        resolved_at=None,
        hindrance=reason,
    )
