"""One incident, from the report to the file: every move of its machine."""

from django.db import transaction
from django.utils.translation import gettext as _

from rentals.handovers.models import Rental
from rentals.incidents.enums import INCIDENT, OPEN_INCIDENT_STATES, IncidentKind, IncidentState
from rentals.incidents.errors import ReasonMissing
from rentals.incidents.models import Incident
from stations.fleet.models import Vehicle
from stations.network.models import Station
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import IllegalTransition

LONGEST_NOTE = 500
# One per rental (constraint incident_once_per_overdue_rental).
OF_THE_LADDER = (IncidentKind.OVERDUE, IncidentKind.MISSING)


@transaction.atomic
def open_incident(
    *,
    kind: str,
    vehicle: Vehicle,
    by: Actor,
    note: str = "",
    station: Station | None = None,
    rental: Rental | None = None,
) -> Incident:
    """Write down that something went wrong. Of the ladder's kinds a rental has one: a second call finds it.

    An overdue or missing vehicle that came back and is late once more opens its incident again, unless it
    was closed for good. Locks that incident.
    """
    station = station or vehicle.station
    note = note.strip()[:LONGEST_NOTE]
    if rental is not None and kind in OF_THE_LADDER:
        incident, is_new = Incident.objects.get_or_create(
            rental=rental, kind=kind, defaults={"vehicle": vehicle, "station": station, "note": note}
        )
        if not is_new:
            return _late_again(incident, by)
    else:
        incident = Incident.objects.create(
            kind=kind, vehicle=vehicle, station=station, rental=rental, note=note
        )
    states.begin(INCIDENT, incident, by=by, reason=note[:300])
    return incident


def _late_again(incident: Incident, by: Actor) -> Incident:
    if locks.lock_row(incident).state == IncidentState.RESOLVED:
        states.move(INCIDENT, incident, to=IncidentState.IN_PROGRESS, by=by, reason="late again")
    return incident


@transaction.atomic
def triage(*, incident: Incident, by: Actor, note: str = "") -> Incident:
    """Note that somebody has looked at it and knows what it is. Locks the incident."""
    return states.move(INCIDENT, incident, to=IncidentState.TRIAGED, by=by, reason=note.strip()[:300])


@transaction.atomic
def start_work(*, incident: Incident, by: Actor, note: str = "") -> Incident:
    """Note that it is being put right, for the first time or again. Locks the incident."""
    return states.move(INCIDENT, incident, to=IncidentState.IN_PROGRESS, by=by, reason=note.strip()[:300])


@transaction.atomic
def settle(*, incident: Incident, resolution: str, by: Actor) -> Incident:
    """Note how it was put right, and nothing else. Locks the incident.

    Whoever resolves an incident that keeps a vehicle out of service goes through `resolve`.

    Raises:
        ReasonMissing: nobody said what was done.
    """
    resolution = resolution.strip()[:LONGEST_NOTE]
    if not resolution:
        raise ReasonMissing
    return states.move(
        INCIDENT,
        incident,
        to=IncidentState.RESOLVED,
        by=by,
        reason=resolution[:300],
        resolution=resolution,
        resolved_at=clock.now(),
    )


@transaction.atomic
def close_incident(*, incident: Incident, by: Actor, note: str = "") -> Incident:
    """File a resolved incident. Locks the incident."""
    return states.move(INCIDENT, incident, to=IncidentState.CLOSED, by=by, reason=note.strip()[:300])


@transaction.atomic
def add_note(*, incident: Incident, note: str, by: Actor) -> Incident:
    """Add a line to what is known, unless it says so already. Locks the incident."""
    current = locks.lock_row(incident)
    note = note.strip()
    lines = f"{current.note}\n{note}".strip()[:LONGEST_NOTE]
    if note and note not in current.note and lines != current.note:
        Incident.objects.filter(pk=incident.pk).update(note=lines)
        incident.note = lines
        record("incident.noted", f"incident:{incident.code}", by=by, reason=note[:300])
    return incident


def resolve_returned(*, by: Actor) -> int:
    """Resolve the ladder's incidents whose vehicle has come back; return how many."""
    back = Incident.objects.filter(
        kind__in=OF_THE_LADDER, state__in=OPEN_INCIDENT_STATES, rental__presented_at__isnull=False
    )
    done = 0
    for incident in back:
        try:
            settle(incident=incident, resolution=_("Xe đã về trạm."), by=by)
        except IllegalTransition:
            # A person has just done it.
            continue
        done += 1
    return done
