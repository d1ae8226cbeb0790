"""One model at one station as a packing problem: what is promised, what may move, whether one more fits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.lanes import lane_of, span_of
from stations.timeline.models import VehicleAllocation
from stations.timeline.packing import Job, Lane, Packed, Span, pack
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period

# The job that wants in; claims have their own, positive keys.
NEWCOMER = 0
# Long enough for hundreds of bookings, short enough for somebody who waits for a page.
NODES = 20_000
SECONDS = 0.4
# A claim that waits for the money of a change: what lies beside it on the vehicle belongs to it.
CHANGE = "change:"
MOVABLE_TOGETHER = {
    (AllocationState.HELD, BookingState.HELD),
    (AllocationState.CONFIRMED, BookingState.CONFIRMED),
}
# What is read of each claim: rows, not models, because a busy station has hundreds of them.
CLAIM = ("pk", "vehicle_id", "period", "state", "kind", "claimant")
BOOKING = ("pk", "code", "state", "is_by_model", "model_id", "pickup_station_id", "return_station_id")
COLUMNS = (*CLAIM, *(f"booking__{name}" for name in BOOKING))


@dataclass(frozen=True, slots=True)
class Promise:
    """What a booking says about its claim."""

    booking_id: int
    code: str
    state: str
    is_by_model: bool
    model_id: int
    pickup_station_id: int
    return_station_id: int

    @classmethod
    def of(cls, booking: Booking) -> "Promise":
        return cls(*(getattr(booking, name) for name in BOOKING))


@dataclass(frozen=True, slots=True)
class Claimed:
    """One live claim, and whose booking it is the present claim of, if anybody's."""

    pk: int
    vehicle_id: int
    period: DateTimeTZRange
    state: str
    kind: str
    claimant: str
    promise: Promise | None

    @property
    def span(self) -> Span:
        return span_of(Period(self.period.lower, self.period.upper))


@dataclass(frozen=True, slots=True)
class Situation:
    """The vehicles of a model at a station with their claims; `movable` are those that may be moved."""

    vehicles: dict[int, Vehicle]
    claims: list[Claimed]
    movable: dict[int, Claimed]
    moment: datetime

    @property
    def changing(self) -> set[int]:
        """The vehicles on which somebody's change waits for its money: nothing there is moved meanwhile."""
        return {claim.vehicle_id for claim in self.claims if claim.claimant.startswith(CHANGE)}

    def without(self, pinned: Collection[int]) -> "Situation":
        """Return the same situation with these claims pinned."""
        movable = {key: claim for key, claim in self.movable.items() if key not in pinned}
        return Situation(self.vehicles, self.claims, movable, self.moment)

    def lanes(self, extra: dict[int, list[Span]] | None = None) -> list[Lane]:
        """Return the vehicles as lanes, what cannot be moved fixed on them; `extra` is fixed besides."""
        fixed: dict[int, list[Span]] = {key: [] for key in self.vehicles}
        for claim in self.claims:
            if claim.pk not in self.movable:
                fixed[claim.vehicle_id].append(claim.span)
        for key, spans in (extra or {}).items():
            fixed[key] += spans
        return [lane_of(vehicle, fixed[key], self.moment) for key, vehicle in self.vehicles.items()]

    def jobs(self) -> list[Job]:
        return [Job(key, *claim.span, claim.vehicle_id) for key, claim in self.movable.items()]

    def with_room_for(self, period: Period) -> Packed:
        """Look for places for everything movable and one claim more; `period` includes the turnaround."""
        new = Job(NEWCOMER, *span_of(period))
        return pack(self.lanes(), self.jobs(), [new], nodes=NODES, seconds=SECONDS)

    def may_move(
        self, claim: Claimed, promise: Promise | None = None, *, even_if_chosen: bool = False
    ) -> bool:
        """Say whether a claim may be put on an equal vehicle: booked by model, and nobody is at the counter yet.

        `promise` is the booking as it is now, if it was read again.
        """
        promise = promise or claim.promise
        if promise is None:
            return False
        vehicle = self.vehicles[claim.vehicle_id]
        return (
            (promise.is_by_model or even_if_chosen)
            and claim.kind == AllocationKind.BOOKING
            and claim.claimant == f"booking:{promise.code}"
            and (claim.state, promise.state) in MOVABLE_TOGETHER
            and promise.model_id == vehicle.model_id
            # One-way bookings keep the time behind them on their vehicle as well.
            and promise.pickup_station_id == promise.return_station_id == vehicle.station_id
            and claim.period.lower > self.moment
        )


def situation_of(station: Station, model: VehicleModel, moment: datetime | None = None) -> Situation:
    """Read the vehicles of a model at a station and all that is claimed from now on. Two queries, no lock."""
    moment = moment or clock.now()
    rows = Vehicle.objects.at(station).filter(model=model).exclude(lifecycle=Lifecycle.RETIRED)
    vehicles = {vehicle.pk: vehicle for vehicle in rows.order_by("pk")}
    for vehicle in vehicles.values():
        vehicle.model = model
    live = VehicleAllocation.objects.live(moment).filter(station=station, period__endswith__gt=moment)
    claims = [
        _claimed(row)
        for row in live.order_by("pk").values_list(*COLUMNS)
        # Filtered here: the index of live claims at a station knows nothing of models.
        if row[1] in vehicles
    ]
    situation = Situation(vehicles, claims, {}, moment)
    changing = situation.changing
    movable = {
        claim.pk: claim for claim in claims if claim.vehicle_id not in changing and situation.may_move(claim)
    }
    return Situation(vehicles, claims, movable, moment)


def has_room(station: Station, model: VehicleModel, period: Period) -> bool:
    """Say whether a model could be booked at a station for a period, moving others if need be. Two queries.

    `period` is the rental's; the turnaround is added here. Writes nothing; the hold decides again.
    """
    return situation_of(station, model).with_room_for(with_turnaround(period)).lanes is not None


def _claimed(row: tuple[Any, ...]) -> Claimed:
    pk, vehicle_id, period, state, kind, claimant, *booking = row
    promise = Promise(*booking) if booking[0] is not None else None
    return Claimed(pk, vehicle_id, period, state, kind, claimant, promise)
