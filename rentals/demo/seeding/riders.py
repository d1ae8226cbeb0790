"""Who drives: for each rental somebody who may, lives there and is not on the road already."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from rentals.demo.demand import PastRental
from rentals.demo.seeding.people import People, Renter
from rentals.demo.seeding.scale import Scale
from stations.fleet.enums import LegalCategory, VehicleKind
from stations.fleet.models import Vehicle

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)
# Longer than anybody is late, so that nobody is in two vehicles at once.
REST = 6 * HOUR
LIGHT_MOTORBIKE_KW = 11

# Personas with a past: city, and how long ago they drove, as shares of the history.
_PAST_OF: Mapping[str, tuple[float, ...]] = {
    "verified": (0.9, 0.72, 0.54, 0.35, 0.18, 0.06),
    "expired": (0.8, 0.6, 0.4),
    "blocked": (0.85, 0.5, 0.2),
}


class Riders:
    """Gives each rental somebody who may drive the vehicle, lives there and is not on the road already."""

    TRIES = 40

    def __init__(self, people: People, vehicles: Sequence[Vehicle], rng: random.Random) -> None:
        self.people = people
        self.vehicles = vehicles
        self.rng = rng
        personas = {renter.user.pk for renter in people.personas.values()}
        self.drivers = [renter for renter in people.drivers if renter.user.pk not in personas]
        self._pools: dict[tuple[str, str], list[Renter]] = {}
        self._free_from: dict[int, datetime] = defaultdict(lambda: LONG_AGO)

    def assign(self, demand: Sequence[PastRental], overdue: set[PastRental], scale: Scale) -> list[Renter]:
        """Return a renter per rental, in the order of `demand`."""
        given = self._past_of_personas(demand, overdue, scale)
        riders = []
        for rental in demand:
            renter = given.get(rental) or self._somebody(rental)
            self._free_from[renter.user.pk] = FOR_EVER if rental in overdue else rental.ends_at + REST
            riders.append(renter)
        return riders

    def _somebody(self, rental: PastRental) -> Renter:
        vehicle = self.vehicles[rental.vehicle_index]
        pool = self._pool(vehicle)
        for _ in range(self.TRIES):
            # Some people rent again and again.
            renter = pool[int(len(pool) * self.rng.random() ** 1.6)]
            if self._free_from[renter.user.pk] <= rental.starts_at:
                return renter
        free = [renter for renter in pool if self._free_from[renter.user.pk] <= rental.starts_at]
        if not free:
            raise LookupError("the demo has too few renters for its vehicles")
        return self.rng.choice(free)

    def _pool(self, vehicle: Vehicle) -> list[Renter]:
        city = vehicle.station.city.slug
        needed = licence_needed(vehicle)
        key = (city, needed)
        if key not in self._pools:
            fitting = [r for r in self.drivers if r.fact.city == city and may_drive(r, needed)]
            self._pools[key] = self.rng.sample(fitting, len(fitting))
        return self._pools[key]

    def _past_of_personas(
        self, demand: Sequence[PastRental], overdue: set[PastRental], scale: Scale
    ) -> dict[PastRental, Renter]:
        """Choose trips of at most two days for the personas with a past, spread over the history."""
        given: dict[PastRental, Renter] = {}
        for name, shares in _PAST_OF.items():
            renter = self.people.personas[name]
            busy_until = LONG_AGO
            fitting = [
                rental
                for rental in demand
                if rental not in overdue
                and rental not in given
                and rental.duration <= min(2 * DAY, scale.days * DAY / 12)
                and rental.ends_at < scale.now - 4 * HOUR
                and self.vehicles[rental.vehicle_index].station.city.slug == renter.fact.city
                and may_drive(renter, licence_needed(self.vehicles[rental.vehicle_index]))
            ]
            moments = [scale.now - scale.days * DAY * share for share in shares]
            for place, (wanted, following) in enumerate(zip(moments, [*moments[1:], scale.now], strict=True)):
                kind = (VehicleKind.SCOOTER, VehicleKind.CAR)[place % 2]
                # Half way to the next one, so that this one leaves room for it.
                fits = [r for r in fitting if busy_until < r.starts_at < wanted + (following - wanted) / 2]
                of_kind = [r for r in fits if self.vehicles[r.vehicle_index].model.kind == kind]
                nearest = min(of_kind or fits, key=partial(_distance, wanted), default=None)
                if nearest is not None:
                    given[nearest] = renter
                    busy_until = nearest.ends_at + REST
        return given


def _distance(wanted: datetime, rental: PastRental) -> timedelta:
    return abs(rental.starts_at - wanted)


def licence_needed(vehicle: Vehicle) -> str:
    """Return the licence class that a vehicle asks for; empty for a moped."""
    if vehicle.model.category == LegalCategory.MOPED:
        return ""
    if vehicle.model.category == LegalCategory.CAR:
        return "B"
    return "A1" if vehicle.model.power_kw <= LIGHT_MOTORBIKE_KW else "A"


def may_drive(renter: Renter, needed: str) -> bool:
    """Say whether a renter's classes cover the one that is needed; class A covers A1."""
    classes = renter.fact.licence_classes
    return not needed or needed in classes or (needed == "A1" and "A" in classes)
