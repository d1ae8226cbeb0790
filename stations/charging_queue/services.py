"""Plugging in and out, as people do it by hand."""

from datetime import datetime

from django.db import transaction

from accounts.users.models import User
from stations.charging_queue.errors import AlreadyPlugged, NotPlugged
from stations.charging_queue.models import ChargingStint
from stations.fleet.errors import NotAtStation
from stations.fleet.models import Vehicle
from stations.fleet.services import AWAY, check_battery, record_readings_of
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record


@transaction.atomic
def plug_in(
    *, vehicle: Vehicle, percent: int, user: User, by: Actor, at: datetime | None = None, key: str = ""
) -> ChargingStint:
    """Note that a vehicle charges from now on, in the bay where it stands, and what its battery shows.

    `at` is when it was plugged in. Who asks again with the same key gets the stint of the first time. Locks
    the vehicle.

    Raises:
        AlreadyPlugged: it charges already.
        NotAtStation: it is out.
        BatteryOutOfRange: the battery is no percentage.
    """
    check_battery(percent)
    current = locks.lock_row(vehicle)
    before = ChargingStint.objects.filter(plug_key=key).first() if key else None
    if before is not None:
        return before
    if current.condition in AWAY:
        raise NotAtStation
    if ChargingStint.objects.filter(vehicle=current, unplugged_at=None).exists():
        raise AlreadyPlugged
    plugged_at = at or clock.now()
    stint = ChargingStint.objects.create(
        vehicle=current,
        station=current.station,
        bay=current.bay,
        plugged_at=plugged_at,
        plugged_percent=percent,
        plugged_by=user.full_name,
        plug_key=key,
    )
    record_readings_of(vehicle=vehicle, at=plugged_at, battery_percent=percent, by=by)
    record("vehicle.plugged_in", f"vehicle:{current.code}", by=by, percent=percent)
    return stint


@transaction.atomic
def unplug(
    *, vehicle: Vehicle, percent: int, user: User, by: Actor, at: datetime | None = None, key: str = ""
) -> ChargingStint:
    """Note that a vehicle no longer charges, and what its battery shows. Locks the vehicle.

    `at` is when it was unplugged; before it was plugged in, which only a wrong clock can say, counts as then.
    Who asks again with the same key gets the stint of the first time.

    Raises:
        NotPlugged: it does not charge.
        BatteryOutOfRange: the battery is no percentage.
    """
    check_battery(percent)
    current = locks.lock_row(vehicle)
    before = ChargingStint.objects.filter(unplug_key=key).first() if key else None
    if before is not None:
        return before
    stint = ChargingStint.objects.filter(vehicle=current, unplugged_at=None).first()
    if stint is None:
        raise NotPlugged
    unplugged_at = max(at or clock.now(), stint.plugged_at)
    _end(stint, percent=percent, at=unplugged_at, by_whom=user.full_name, key=key)
    record_readings_of(vehicle=vehicle, at=unplugged_at, battery_percent=percent, by=by)
    record("vehicle.unplugged", f"vehicle:{current.code}", by=by, percent=percent)
    return stint


def end_stint_of(vehicle: Vehicle, *, by: Actor) -> None:
    """End what nobody has noted: a vehicle that has left is plugged in no longer. The caller holds its lock."""
    stint = ChargingStint.objects.filter(vehicle=vehicle, unplugged_at=None).first()
    if stint is None:
        return
    percent = Vehicle.objects.values_list("battery_percent", flat=True).get(pk=vehicle.pk)
    at = max(clock.now(), stint.plugged_at)
    _end(stint, percent=percent, at=at, by_whom=by.label, key="")


def _end(stint: ChargingStint, *, percent: int, at: datetime, by_whom: str, key: str) -> None:
    stint.unplugged_at, stint.unplugged_percent = at, percent
    stint.unplugged_by, stint.unplug_key = by_whom[:200], key
    stint.save(update_fields=["unplugged_at", "unplugged_percent", "unplugged_by", "unplug_key"])
