"""Between incidents and maintenance: unsafe vehicles leave the road, incidents go to a mobile team."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.users.models import User
from rentals.incidents.enums import OPEN_INCIDENT_STATES, IncidentState
from rentals.incidents.errors import AlreadyOutOfService, IncidentOver
from rentals.incidents.models import Incident
from rentals.incidents.services.cases import add_note, start_work
from rentals.incidents.services.out_of_service import begin_out_of_service, from_now
from stations.maintenance import services as maintenance
from stations.maintenance.models import MaintenanceTicket, MobileTeam
from voltgo.core import clock, locks, outbox
from voltgo.core.actors import Actor

LOOK_AFTER = "incidents.look_after"
PREFIX = "incident:"
BEFORE_WORK = (IncidentState.REPORTED, IncidentState.TRIAGED)


@transaction.atomic
def take_off_the_road(*, ticket: MaintenanceTicket, by: Actor) -> Incident | None:
    """Open the incident of a vehicle that was found unsafe, and promise that its renters are looked after.

    Nobody can book it from here on. The renters are looked after right behind, in transactions of their own,
    as `take_out_of_service` does it. None if an incident keeps it out already. Locks the vehicle.
    """
    # Its time is taken from now on, also for what was seen hours ago.
    with clock.as_of(clock.wall()):
        try:
            incident = begin_out_of_service(
                vehicle=ticket.vehicle, period=from_now(), reason=f"{ticket.code}: {ticket.text}", by=by
            )
        except AlreadyOutOfService:
            return None
    outbox.promise(LOOK_AFTER, key=f"look-after:{incident.code}", incident=incident.pk)
    if not ticket.reference:
        maintenance.refer(ticket=ticket, reference=incident.reference)
    return incident


@transaction.atomic
def hand_to_team(
    *,
    incident: Incident,
    severity: str,
    part: str,
    user: User,
    by: Actor,
    team: MobileTeam | None = None,
    text: str = "",
    due_at: datetime | None = None,
) -> MaintenanceTicket:
    """Hand an incident to those who repair: a ticket is opened for it, and given to a team if one is named.

    An incident has one such ticket: a second call finds it, and gives it to the team that is named now. The
    incident stays open until somebody says how it was put right. Locks the vehicle, then the incident.

    Raises:
        IncidentOver: it was put right already.
        OnlySupervisorsAssign, TeamDoesNotServe: this person may not send this team.
    """
    if incident.state not in OPEN_INCIDENT_STATES:
        raise IncidentOver
    ticket = maintenance.report_fault(
        vehicle=incident.vehicle,
        station=incident.station,
        severity=severity,
        part=part,
        text=text.strip() or incident.note or incident.get_kind_display(),
        user=user,
        by=by,
        key=incident.reference,
        reference=incident.reference,
        due_at=due_at,
    )
    if team is not None:
        maintenance.assign(ticket=ticket, team=team, by=by)
    current = locks.lock_row(incident)
    if current.state in BEFORE_WORK:
        start_work(incident=incident, by=by, note=ticket.code)
    words = _("Đã giao bảo trì: %(ticket)s.") % {"ticket": ticket.code}
    add_note(incident=incident, note=words, by=by)
    return ticket


def note_resolved(*, ticket: MaintenanceTicket, by: Actor) -> None:
    """Write into the incident behind a ticket what the technicians have done. Locks the incident."""
    kind, _colon, code = ticket.reference.partition(":")
    incident = Incident.objects.filter(code=code).first() if f"{kind}:" == PREFIX else None
    if incident is not None and incident.state in OPEN_INCIDENT_STATES:
        add_note(incident=incident, note=f"{ticket.code}: {ticket.resolution}", by=by)
