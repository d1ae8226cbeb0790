"""A vehicle goes through the ready gate."""

from collections.abc import Mapping

from accounts.users.models import User
from rentals.sync.handlers.looking import checklist_of
from rentals.sync.handlers.outcome import Outcome, form_of
from rentals.sync.models import SyncCommand
from stations.checklists.enums import Purpose
from stations.fleet import services as fleet
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from voltgo.core import locks
from voltgo.core.actors import Actor


def apply(
    command: SyncCommand,
    *,
    actor: Actor,
    user: User,
    files: Mapping[str, bytes],
    despite: frozenset[str],
) -> Outcome:
    form, outcome = form_of(command), Outcome()
    code = command.subject.partition(":")[2]
    vehicle = locks.lock_row(Vehicle.objects.select_related("model", "station").get(code=code))
    battery = form.number("battery_percent", most=100)
    odometer = form.number_or_none("odometer_km")
    if odometer is not None and odometer < vehicle.odometer_km:
        outcome.flag("odometer_lower")
        odometer = None
    if vehicle.condition == Condition.READY:
        # Somebody else was faster; the reading is news all the same.
        outcome.flag("already_so")
        fleet.record_readings(vehicle=vehicle, odometer_km=odometer, battery_percent=battery, by=actor)
        return outcome
    if odometer is not None:
        fleet.record_readings(vehicle=vehicle, odometer_km=odometer, by=actor)
    fleet.mark_ready(
        vehicle=vehicle,
        checked=form.form("checklist").texts("checked"),
        battery_percent=battery,
        user=user,
        by=actor,
        note=form.text("note", longest=500, default=""),
        checklist=checklist_of(form.form("checklist"), purpose=Purpose.PREPARATION, vehicle=vehicle),
    )
    return outcome
