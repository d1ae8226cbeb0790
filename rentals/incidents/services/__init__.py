"""Every write of incidents: the cases themselves, the overdue ladder, vehicles out of service."""

from rentals.incidents.services.cases import add_note, close_incident, open_incident, start_work, triage
from rentals.incidents.services.dispatching import hand_to_team
from rentals.incidents.services.ladder import protect_next, run_ladder
from rentals.incidents.services.out_of_service import (
    declare_missing,
    from_now,
    look_after,
    preview_out_of_service,
    put_back_in_service,
    resolve_incident,
    take_out_of_service,
)

__all__ = [
    "add_note",
    "close_incident",
    "declare_missing",
    "from_now",
    "hand_to_team",
    "look_after",
    "open_incident",
    "preview_out_of_service",
    "protect_next",
    "put_back_in_service",
    "resolve_incident",
    "run_ladder",
    "start_work",
    "take_out_of_service",
    "triage",
]
