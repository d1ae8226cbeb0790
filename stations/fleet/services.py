"""Every write on a vehicle: readings, condition, the ready gate, maintenance, lifecycle."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.users.models import User
from stations.bays.models import Bay
from stations.checklists.enums import Purpose
from stations.checklists.models import ChecklistTemplate
from stations.checklists.selectors import as_list, template_for
from stations.fleet.enums import CONDITION, LIFECYCLE, Condition, Lifecycle
from stations.fleet.errors import (
    BatteryOutOfRange,
    BatteryTooLow,
    BayElsewhere,
    BayTaken,
    ChecklistIncomplete,
    NotAtStation,
    NotInService,
    OdometerWentBack,
    PapersExpired,
    ReasonMissing,
    StillInService,
    VehicleIsPromised,
    VehicleWithRenter,
)
from stations.fleet.gates import ask_gates
from stations.fleet.models import PreparationRecord, Vehicle
from stations.fleet.signals import vehicle_left, vehicle_ready
from stations.network.models import Station
from voltgo.core import clock, locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import IllegalTransition

# Conditions in which a vehicle does not stand at its station, hence in no bay.
AWAY = frozenset({Condition.ON_RENTAL, Condition.IN_TRANSFER, Condition.MISSING})


def check_battery(percent: int) -> None:
    """Raise BatteryOutOfRange unless the figure is a percentage."""
    if not 0 <= percent <= 100:
        raise BatteryOutOfRange


@transaction.atomic
def record_readings(
    *, vehicle: Vehicle, by: Actor, odometer_km: int | None = None, battery_percent: int | None = None
) -> Vehicle:
    """Write down what the dashboard says. Locks the vehicle; None leaves a figure as it is.

    Raises:
        OdometerWentBack: the odometer is lower than the last reading.
        BatteryOutOfRange: the battery is no percentage.
    """
    current = locks.lock_row(vehicle)
    changes: dict[str, Any] = {}
    if odometer_km is not None:
        if odometer_km < current.odometer_km:
            raise OdometerWentBack(last_km=current.odometer_km)
        changes["odometer_km"] = odometer_km
    if battery_percent is not None:
        check_battery(battery_percent)
        changes["battery_percent"] = battery_percent
    changes = {name: value for name, value in changes.items() if getattr(current, name) != value}
    if changes:
        record("vehicle.readings", _subject(current), by=by, **changes)
    return _write(vehicle, facts_at=clock.now(), **changes)


@transaction.atomic
def record_readings_of(
    *,
    vehicle: Vehicle,
    at: datetime,
    by: Actor,
    odometer_km: int | None = None,
    battery_percent: int | None = None,
) -> Vehicle:
    """Write down what the dashboard said at a moment, unless something newer is known. Locks the vehicle.

    For what a tablet tells hours later: an older figure changes nothing, and is no mistake either.

    Raises:
        OdometerWentBack, BatteryOutOfRange: as `record_readings`, of what is new.
    """
    if battery_percent is not None:
        check_battery(battery_percent)
    if at < locks.lock_row(vehicle).facts_at:
        return vehicle
    with clock.as_of(at):
        return record_readings(
            vehicle=vehicle, odometer_km=odometer_km, battery_percent=battery_percent, by=by
        )


def take_readings_as_found(
    *, vehicle: Vehicle, by: Actor, odometer_km: int | None, battery_percent: int | None, may_go_back: bool
) -> Vehicle:
    """Write down the readings of a handover. With `may_go_back` a lower odometer leaves the vehicle's own figure.

    For what was signed on a tablet without network: the inspection keeps what people read, the vehicle what is known.
    """
    if may_go_back and odometer_km is not None:
        odometer_km = max(odometer_km, vehicle.odometer_km)
    return record_readings(vehicle=vehicle, odometer_km=odometer_km, battery_percent=battery_percent, by=by)


@transaction.atomic
def ready_as_found(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """Call a vehicle ready that has gone out past its gate, so that it can be on rental. Locks the vehicle.

    No record of preparation is made: nobody has prepared it. Only from preparation and maintenance.

    Raises:
        IllegalTransition: it stands nowhere from where it could have gone.
    """
    current = locks.lock_row(vehicle)
    said = f"as found: {reason}"[:300]
    if current.condition == Condition.MAINTENANCE:
        states.move(CONDITION, vehicle, to=Condition.PREPARATION, by=by, reason=said)
    record("vehicle.ready_as_found", _subject(current), by=by, reason=reason[:300], before=current.condition)
    return states.move(CONDITION, vehicle, to=Condition.READY, by=by, reason=said)


@transaction.atomic
def change_condition(*, vehicle: Vehicle, to: str, by: Actor, reason: str = "") -> Vehicle:
    """Move a vehicle's condition by the table of fleet/enums.py. Locks the vehicle.

    For callers that hold the reason for the step themselves (a handover, a return, a transfer); the
    counter's own steps have services of their own below.

    A vehicle that leaves the station with this step leaves its bay, and whoever charges it hears of it.

    Raises:
        IllegalTransition, NotAllowed: the table has no such step, or not for this actor.
    """
    states.move(CONDITION, vehicle, to=to, by=by, reason=reason)
    if to in AWAY:
        _write(vehicle, bay=None)
        vehicle_left.send(sender=Vehicle, vehicle=vehicle, by=by)
    return vehicle


@transaction.atomic
def mark_ready(
    *,
    vehicle: Vehicle,
    checked: Iterable[str],
    battery_percent: int,
    user: User,
    by: Actor,
    note: str = "",
    checklist: ChecklistTemplate | None = None,
) -> PreparationRecord:
    """Let a vehicle through the ready gate and keep the record of who checked what. Locks the vehicle.

    `checklist` is the version that a tablet has asked by while it was offline; else today's is taken.

    Raises:
        ChecklistIncomplete: details name the missing codes.
        BatteryTooLow: below the model's minimum for a handover.
        PapersExpired: registration, insurance or inspection does not cover today.
        NotInService: the vehicle is suspended, retired or still a draft.
        IllegalTransition: it does not stand in preparation.
        DomainError: what an area further right has to say against it (fleet/gates.py).
    """
    current = locks.lock_row(vehicle)
    version = checklist or template_for(purpose=Purpose.PREPARATION, model=current.model, on=clock.today())
    asked = as_list(version, purpose=Purpose.PREPARATION, kind=current.model.kind)
    checked = set(checked)
    missing = asked.unchecked(checked)
    if missing:
        raise ChecklistIncomplete(missing=[item.code for item in missing])
    check_battery(battery_percent)
    if battery_percent < current.model.minimum_battery_percent:
        raise BatteryTooLow(minimum=current.model.minimum_battery_percent)
    if current.lifecycle != Lifecycle.IN_SERVICE:
        raise NotInService
    if not current.papers_valid_on(clock.today()):
        raise PapersExpired
    ask_gates(current)
    states.move(CONDITION, vehicle, to=Condition.READY, by=by)
    record_readings(vehicle=vehicle, battery_percent=battery_percent, by=by)
    vehicle_ready.send(sender=Vehicle, vehicle=vehicle)
    return PreparationRecord.objects.create(
        vehicle=vehicle,
        station=current.station,
        checklist=version,
        checked=[item.code for item in asked.items if item.code in checked],
        battery_percent=battery_percent,
        by=user,
        note=note.strip(),
    )


@transaction.atomic
def send_to_maintenance(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """Take a vehicle out of the day's work until somebody has seen to it. Locks the vehicle.

    Claims on its time stay: whoever takes it out of service sees to the people behind them.

    Raises:
        ReasonMissing: nothing was said about what is wrong.
        VehicleWithRenter: it is out; it comes back through a return.
    """
    if locks.lock_row(vehicle).condition == Condition.ON_RENTAL:
        raise VehicleWithRenter
    return states.move(CONDITION, vehicle, to=Condition.MAINTENANCE, by=by, reason=_said(reason))


@transaction.atomic
def back_to_preparation(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """Send a ready vehicle back to preparation: dirty after all, battery drained. Locks the vehicle.

    Raises:
        ReasonMissing: nothing was said about why.
        IllegalTransition: it is not ready.
    """
    _require(vehicle, Condition.READY)
    return states.move(CONDITION, vehicle, to=Condition.PREPARATION, by=by, reason=_said(reason))


@transaction.atomic
def back_from_maintenance(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """End maintenance with a word on what was done; the ready gate follows. Locks the vehicle.

    Raises:
        ReasonMissing: nothing was said about what was done.
        IllegalTransition: it is not in maintenance.
    """
    _require(vehicle, Condition.MAINTENANCE)
    return states.move(CONDITION, vehicle, to=Condition.PREPARATION, by=by, reason=_said(reason))


@transaction.atomic
def put_into_service(*, vehicle: Vehicle, by: Actor) -> Vehicle:
    """Let a new or suspended vehicle be rented. Locks the vehicle.

    Raises:
        PapersExpired: registration, insurance or inspection does not cover today.
    """
    if not locks.lock_row(vehicle).papers_valid_on(clock.today()):
        raise PapersExpired
    return states.move(LIFECYCLE, vehicle, to=Lifecycle.IN_SERVICE, by=by)


@transaction.atomic
def suspend_vehicle(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """Stop new bookings of a vehicle; those that exist stay. Locks the vehicle.

    Raises:
        ReasonMissing: no reason was given.
    """
    return states.move(LIFECYCLE, vehicle, to=Lifecycle.SUSPENDED, by=by, reason=_said(reason))


@transaction.atomic
def retire_vehicle(*, vehicle: Vehicle, reason: str, by: Actor) -> Vehicle:
    """Take a vehicle out of the fleet for good. Locks the vehicle.

    Raises:
        ReasonMissing: no reason was given.
        VehicleWithRenter: it is out.
        VehicleIsPromised: it still has claims on its time.
    """
    current = locks.lock_row(vehicle)
    if current.condition == Condition.ON_RENTAL:
        raise VehicleWithRenter
    if vehicle.allocations.live(clock.now()).filter(period__endswith__gt=clock.now()).exists():
        raise VehicleIsPromised
    return states.move(LIFECYCLE, vehicle, to=Lifecycle.RETIRED, by=by, reason=_said(reason))


@transaction.atomic
def relocate_vehicle(*, vehicle: Vehicle, to: Station, reason: str, by: Actor) -> Vehicle:
    """Make another station the home of a vehicle that nobody is waiting for. Locks the vehicle.

    Only out of service: a booking that is being made at this very moment takes no lock on the vehicle, and
    would find it gone.

    Raises:
        ReasonMissing: no reason was given.
        StillInService: suspend it first.
        VehicleWithRenter: it is out.
        VehicleIsPromised: it still has claims on its time, made for the station where it stands.
    """
    said = _said(reason)
    current = locks.lock_row(vehicle)
    if current.lifecycle == Lifecycle.IN_SERVICE:
        raise StillInService
    if current.condition == Condition.ON_RENTAL:
        raise VehicleWithRenter
    if vehicle.allocations.live(clock.now()).filter(period__endswith__gt=clock.now()).exists():
        raise VehicleIsPromised
    record(
        "vehicle.relocated", _subject(current), by=by, reason=said, station=[current.station.code, to.code]
    )
    return _write(vehicle, station=to, bay=None)


@transaction.atomic
def arrive_elsewhere(*, vehicle: Vehicle, at: Station, reason: str, by: Actor, claimant: str = "") -> Vehicle:
    """Make the station where a vehicle has just been returned its home. Locks the vehicle.

    A `claimant` is who brought it: their own claim on its time does not stand in the way.

    Raises:
        VehicleIsPromised: somebody waits for it where it was.
    """
    current = locks.lock_row(vehicle)
    if current.station_id == at.pk:
        return vehicle
    claims = vehicle.allocations.live(clock.now()).filter(period__endswith__gt=clock.now())
    if claims.exclude(claimant=claimant).exists():
        raise VehicleIsPromised
    record(
        "vehicle.arrived", _subject(current), by=by, reason=reason, station=[current.station.code, at.code]
    )
    return _write(vehicle, station=at, bay=None)


@transaction.atomic
def park_in_bay(*, vehicle: Vehicle, bay: Bay, by: Actor) -> Vehicle:
    """Note in which bay of its station a vehicle stands; it leaves the one before. Safe to call again.

    Locks the bay, then the vehicle.

    Raises:
        BayElsewhere: the bay belongs to another station, or is no longer in use.
        NotAtStation: the vehicle is out.
        BayTaken: another vehicle stands there.
    """
    place = locks.lock_row(bay)
    current = locks.lock_row(vehicle)
    if place.station_id != current.station_id or not place.is_active:
        raise BayElsewhere
    if current.condition in AWAY or current.lifecycle == Lifecycle.RETIRED:
        raise NotAtStation
    if current.bay_id == place.pk:
        return _known(vehicle, bay=place)
    if Vehicle.objects.filter(bay=place).exists():
        raise BayTaken(bay=place.label)
    record("vehicle.parked", _subject(current), by=by, bay=place.label, station=current.station.code)
    return _write(vehicle, bay=place)


@transaction.atomic
def leave_bay(*, vehicle: Vehicle, by: Actor) -> Vehicle:
    """Note that a vehicle no longer stands in its bay. Locks the vehicle; safe to call again."""
    current = locks.lock_row(vehicle)
    if current.bay is None:
        return _known(vehicle, bay=None)
    record("vehicle.unparked", _subject(current), by=by, bay=current.bay.label, station=current.station.code)
    return _write(vehicle, bay=None)


def _require(vehicle: Vehicle, source: Condition) -> None:
    """Lock the vehicle and refuse the steps that the table allows from elsewhere, for other callers."""
    current = locks.lock_row(vehicle)
    if current.condition != source:
        raise IllegalTransition(
            machine=CONDITION.name, source=current.condition, target=Condition.PREPARATION.value
        )


def _said(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ReasonMissing
    return reason[:300]


def _write(vehicle: Vehicle, **changes: Any) -> Vehicle:
    Vehicle.objects.filter(pk=vehicle.pk).update(**changes)
    return _known(vehicle, **changes)


def _known(vehicle: Vehicle, **changes: Any) -> Vehicle:
    """Put what stands in the database onto the row in memory."""
    for name, value in changes.items():
        setattr(vehicle, name, value)
    return vehicle


def _subject(vehicle: Vehicle) -> str:
    return f"vehicle:{vehicle.code}"
