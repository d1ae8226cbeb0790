"""The steps of a ticket as the pages offer them: what each asks, who may do it, and which service does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from rentals.handovers.desk import Desk
from rentals.handovers.forms import ReasonForm
from rentals.yard.forms import AssignForm, HindranceForm, NoteForm, PhotosForm, ResolveForm
from stations.maintenance import services
from stations.maintenance.access import may_work_on, serving, technicians_at
from stations.maintenance.enums import IN_CHARGE, TicketState
from stations.maintenance.models import MaintenanceTicket

Do = Callable[[MaintenanceTicket, Desk, Any], object]


@dataclass(frozen=True, slots=True)
class TicketStep:
    """One step: the states in which it is offered, what it asks, the service that does it.

    `is_the_stations`: done by those in charge of the ticket's station, not by who drives out.
    """

    states: frozenset[TicketState]
    form_class: type[forms.Form]
    do: Do
    is_the_stations: bool = False

    def form_for(self, ticket: MaintenanceTicket, *posted: Any) -> Any:
        if self.form_class is AssignForm:
            station = ticket.station
            return AssignForm(
                *posted, teams=list(serving(station)), technicians=list(technicians_at(station))
            )
        return self.form_class(*posted)


def _work(service: Callable[..., MaintenanceTicket]) -> Do:
    return lambda ticket, desk, _form: service(ticket=ticket, user=desk.user, by=desk.actor)


NEW, GIVEN = TicketState.OPEN, TicketState.ASSIGNED
WORKING, DONE = TicketState.IN_PROGRESS, TicketState.RESOLVED

STEPS: dict[str, TicketStep] = {
    "accept": TicketStep(frozenset({NEW, GIVEN}), forms.Form, _work(services.accept)),
    "set-out": TicketStep(frozenset({GIVEN}), forms.Form, _work(services.set_out)),
    "start": TicketStep(frozenset({NEW, GIVEN}), forms.Form, _work(services.start)),
    "resolve": TicketStep(
        frozenset({WORKING}),
        ResolveForm,
        lambda ticket, desk, form: services.resolve(
            ticket=ticket, user=desk.user, by=desk.actor, **form.cleaned_data
        ),
    ),
    "give-back": TicketStep(
        frozenset({GIVEN, WORKING}),
        HindranceForm,
        lambda ticket, desk, form: services.give_back(
            ticket=ticket, reason=form.cleaned_data["reason"], user=desk.user, by=desk.actor
        ),
    ),
    "photos": TicketStep(
        frozenset({NEW, GIVEN, WORKING}),
        PhotosForm,
        lambda ticket, desk, form: services.add_photos(
            ticket=ticket,
            photos=form.cleaned_data["photos"],
            stage="work" if ticket.state == WORKING else "report",
            by=desk.actor,
        ),
    ),
    "assign": TicketStep(
        frozenset({NEW, GIVEN}),
        AssignForm,
        lambda ticket, desk, form: services.assign(ticket=ticket, by=desk.actor, **form.chosen()),
        is_the_stations=True,
    ),
    "reopen": TicketStep(
        frozenset({DONE}),
        ReasonForm,
        lambda ticket, desk, form: services.reopen(
            ticket=ticket, reason=form.cleaned_data["reason"], by=desk.actor
        ),
        is_the_stations=True,
    ),
    "close": TicketStep(
        frozenset({NEW, DONE}),
        NoteForm,
        lambda ticket, desk, form: services.close(
            ticket=ticket, note=form.cleaned_data["note"], by=desk.actor
        ),
        is_the_stations=True,
    ),
}
# The work itself: an attendant reports, and adds photos.
OF_THE_WORK = frozenset({"accept", "set-out", "start", "resolve", "give-back"})


def open_steps(ticket: MaintenanceTicket, desk: Desk) -> list[str]:
    """Return the steps that this person can do now, in the order of the work."""
    in_charge = desk.actor.kind in IN_CHARGE and ticket.station_id == desk.station.pk
    is_worker = may_work_on(desk.user, ticket)
    is_own = ticket.accepted_at is None or ticket.assignee_id == desk.user.pk
    return [
        name
        for name, step in STEPS.items()
        if ticket.state in step.states
        and (in_charge if step.is_the_stations else True)
        and (name not in OF_THE_WORK or (is_worker and _fits(name, ticket, is_own=is_own)))
    ]


def _fits(name: str, ticket: MaintenanceTicket, *, is_own: bool) -> bool:
    if name == "accept":
        return ticket.accepted_at is None
    if name == "set-out":
        return ticket.accepted_at is not None and is_own and ticket.on_the_way_at is None
    return is_own or name == "give-back"
