"""A vehicle that has gone is out at once, whatever else has still to arrive or to be decided."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from rentals.sync import moments
from rentals.sync.enums import CommandKind
from rentals.sync.models import SyncCommand
from rentals.sync.tickets import was_offered
from stations.fleet.models import Vehicle
from stations.maintenance.enums import Severity
from stations.timeline.outages import block_gaps, end_blocks
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period

logger = logging.getLogger(__name__)

LONGEST = timedelta(days=60)
# When nobody can say when it comes back.
UNTIL_DECIDED = timedelta(days=7)


def claimant_of(command: SyncCommand) -> str:
    # The timeline has room for forty characters.
    return f"sync:{command.pk.hex}"


def claim_at_once(command: SyncCommand) -> None:
    """Block what is still free of a vehicle that has left with a walk-in, or that nobody may drive, before pictures come.

    Who was promised it is seen to when the command is applied. Locks the vehicle. Never refuses: a claim that cannot
    be had is no reason to lose the command.
    """
    payload = command.body["payload"]
    is_unsafe = command.kind == CommandKind.FAULT and payload.get("severity") == Severity.SAFETY
    if command.kind != CommandKind.WALK_IN and not is_unsafe:
        return
    code = command.subject.partition(":")[2] if is_unsafe else payload.get("vehicle")
    vehicle = vehicle_here(command, code) if isinstance(code, str) else None
    ends_at = moments.read(payload.get("ends_at"))
    if vehicle is None:
        return
    try:
        hold_back(command, vehicle, until=ends_at)
    except Exception:
        # Whatever it is: the command is written down and is applied all the same.
        logger.exception("vehicle %s of command %s could not be held back", vehicle.code, command.pk)


def vehicle_here(command: SyncCommand, code: str) -> Vehicle | None:
    """Return a vehicle of the command's station by its code, also one that has become another station's since."""
    vehicle = Vehicle.objects.filter(code=code[:20]).first()
    if vehicle is None or vehicle.station_id == command.station_id:
        return vehicle
    ticket = str(command.body.get("ticket") or command.body["payload"].get("ticket") or "")
    is_offered = was_offered(ticket, subject=f"vehicle:{vehicle.code}", station=command.station.code)
    return vehicle if is_offered else None


@transaction.atomic
def hold_back(command: SyncCommand, vehicle: Vehicle, *, until: datetime | None = None) -> None:
    """Block whatever is free of a vehicle's time, from now to when it is due back. Locks the vehicle."""
    start = clock.wall().replace(microsecond=0)
    end = (until or start + UNTIL_DECIDED).replace(microsecond=0)
    end = min(max(end, start + timedelta(hours=1)), start + LONGEST)
    block_gaps(vehicle=vehicle, period=with_turnaround(Period(start, end)), claimant=claimant_of(command))


def let_go(command: SyncCommand, vehicle: Vehicle) -> None:
    """Give back what a command has blocked: its booking takes the time over, or a person has decided."""
    end_blocks(vehicle=vehicle, claimant=claimant_of(command), at=clock.wall())
