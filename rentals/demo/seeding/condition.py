"""How the vehicles stand now: with a renter, in preparation, broken, ready; and whose papers run out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from accounts.access.actors import staff_actor
from rentals.demo.seeding.events import Step, write_steps
from rentals.demo.seeding.people import People
from rentals.demo.seeding.scale import Scale
from rentals.demo.seeding.trip import Plan
from stations.fleet.enums import CONDITION, Condition
from stations.fleet.models import Vehicle
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from voltgo.core.clock import Period

FAULTS = (
    "Phanh sau kêu, cần thay má phanh",
    "Đèn hậu bên trái không sáng",
    "Thay lốp trước",
    "Lỗi cổng sạc, chờ phụ tùng",
    "Bảo dưỡng định kỳ 10.000 km",
    "Gương phải lỏng",
)
_EXPIRED, _EXPIRING = 2, 6


def create_vehicles(vehicles: Sequence[Vehicle], plan: Plan, people: People, scale: Scale) -> None:
    """Create the vehicles as the history left them, and note why some cannot go out."""
    rng = scale.rng("condition")
    out = {id(trip.vehicle) for trip in plan.out_now()}
    broken = {id(vehicle) for vehicle in plan.in_maintenance}
    in_preparation = {id(vehicle) for vehicle in plan.in_preparation}
    for vehicle in vehicles:
        if id(vehicle) in out:
            vehicle.condition = Condition.ON_RENTAL
        elif id(vehicle) in broken:
            vehicle.condition, vehicle.battery_percent = Condition.MAINTENANCE, rng.randint(30, 90)
        elif id(vehicle) in in_preparation:
            vehicle.condition = Condition.PREPARATION
        else:
            # Washed and charged since it came back.
            vehicle.battery_percent, vehicle.facts_at = (
                rng.randint(82, 100),
                scale.ago(minutes=rng.randint(5, 240)),
            )
    idle = [vehicle for vehicle in vehicles if vehicle.condition == Condition.READY]
    papers = rng.sample(idle, min(_EXPIRED + _EXPIRING, len(idle) // 4))
    for place, vehicle in enumerate(papers):
        days = -1 - place if place < _EXPIRED else place
        vehicle.insurance_expires_on = scale.today + timedelta(days=days)
    Vehicle.objects.bulk_create(vehicles)
    _block(plan.in_maintenance, scale)
    write_steps(_steps(plan, people, scale))


def _block(vehicles: Sequence[Vehicle], scale: Scale) -> None:
    """Keep the broken vehicles out of the offer for the next days."""
    rng = scale.rng("maintenance")
    VehicleAllocation.objects.bulk_create(
        VehicleAllocation(
            vehicle=vehicle,
            station=vehicle.station,
            period=Period(
                scale.ago(hours=rng.randint(2, 20)), scale.ago(hours=-rng.randint(20, 90))
            ).as_range(),
            kind=AllocationKind.MAINTENANCE,
            state=AllocationState.BLOCKED,
            claimant=f"maintenance:{vehicle.code}",
        )
        for vehicle in vehicles
    )


def _steps(plan: Plan, people: People, scale: Scale) -> Iterator[Step]:
    for place, vehicle in enumerate(plan.in_maintenance):
        by = staff_actor(people.attendants[vehicle.station.code])
        fault, at = FAULTS[place % len(FAULTS)], scale.ago(hours=2 + place % 18)
        yield Step(CONDITION, str(vehicle.pk), Condition.READY, Condition.MAINTENANCE, by, at, fault)
    in_preparation = {vehicle.pk for vehicle in plan.in_preparation}
    for trip in plan.trips:
        if (
            trip.vehicle.pk in in_preparation
            and trip.returned_at
            and trip.returned_at == trip.vehicle.facts_at
        ):
            by = staff_actor(people.attendants[trip.vehicle.station.code])
            source, target = Condition.ON_RENTAL, Condition.PREPARATION
            yield Step(CONDITION, str(trip.vehicle.pk), source, target, by, trip.returned_at, trip.code)
