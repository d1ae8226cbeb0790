"""The vehicles of a station for a tablet: how each stands, and until when nobody else has it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from rentals.handovers.selectors import vehicles_at
from rentals.tablet.lists import Lists
from rentals.tablet.moments import iso
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock

Json = dict[str, Any]
Ticket = Callable[[str, str], str]


def vehicle_facts(vehicle: Vehicle) -> Json:
    """Return what every screen says of a vehicle."""
    model = vehicle.model
    return {
        "code": vehicle.code,
        "plate": vehicle.plate,
        "model": str(model),
        "model_slug": model.slug,
        "kind": model.kind,
        "drawing": model.drawing,
        "odometer_km": vehicle.odometer_km,
        "battery_percent": vehicle.battery_percent,
        "minimum_battery": model.minimum_battery_percent,
        "condition": vehicle.condition,
        "bay": vehicle.bay.label if vehicle.bay else "",
    }


def vehicle_in_booking(vehicle: Vehicle, lists: Lists) -> Json:
    return {**vehicle_facts(vehicle), "checklists": lists.names(vehicle.model)}


def vehicles_of(station: Station) -> list[Vehicle]:
    """Return the vehicles of a station with their next booking. One query."""
    return list(vehicles_at(station).select_related("model", "bay"))


def version_of_vehicle(vehicle: Vehicle) -> str:
    return f"{vehicle.condition}.{vehicle.lifecycle}"[:20]


def as_standing_there(
    vehicles: Iterable[Vehicle],
    *,
    at: datetime,
    until: datetime,
    lists: Lists,
    ticket: Ticket,
    marks: Mapping[int, list[Json]],
) -> list[Json]:
    """Return vehicles as the snapshot has them. One query more."""
    rows = list(vehicles)
    free = free_until(rows, at=at)
    return [
        {
            **vehicle_facts(row),
            "ticket": ticket(f"vehicle:{row.code}", version_of_vehicle(row)),
            "lifecycle": row.lifecycle,
            "checklists": lists.names(row.model),
            "marks": marks.get(row.pk, []),
            "next": _next(row),
            # Ready to go out: until when it may be away, with the turnaround already taken off.
            "free_until": _until(row, free.get(row.pk, until), until, at),
        }
        for row in rows
    ]


def free_until(vehicles: Iterable[Vehicle], *, at: datetime) -> dict[int, datetime]:
    """Return when the next claim on each vehicle begins, less the turnaround; of those that have one. One query.

    A moment that is past means that somebody has it now.
    """
    claims = VehicleAllocation.objects.live(at).filter(vehicle__in=list(vehicles), period__endswith__gt=at)
    begins: dict[int, list[datetime]] = defaultdict(list)
    for vehicle_id, period in claims.values_list("vehicle_id", "period"):
        begins[vehicle_id].append(period.lower)
    turnaround = timedelta(minutes=settings.TURNAROUND_MINUTES)
    return {vehicle_id: min(moments) - turnaround for vehicle_id, moments in begins.items()}


def _next(vehicle: Vehicle) -> Json | None:
    starts_at = getattr(vehicle, "next_starts_at", None)
    if starts_at is None:
        return None
    return {"code": getattr(vehicle, "next_code", ""), "starts_at": iso(starts_at)}


def _until(vehicle: Vehicle, free: datetime, latest: datetime, now: datetime) -> str | None:
    """Return the end of what may be promised: the next claim, or the last day that its papers cover."""
    if vehicle.lifecycle != Lifecycle.IN_SERVICE or free <= now:
        return None
    limits = (vehicle.registration_expires_on, vehicle.insurance_expires_on, vehicle.inspection_expires_on)
    ends = [clock.day_bounds(day)[1] for day in limits if day is not None]
    return iso(min([free, latest, *ends]))
