"""One model at one station as a packing problem: what is promised, what may move, whether one more fits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from stations.fleet.enums import Lifecycle
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.lanes import lane_of, span_of
from stations.timeline.models import VehicleAllocation
from stations.timeline.packing import Job, Lane, Packed, Span, pack
from stations.timeline.relocating import MOVABLE_STATES
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


@dataclass(frozen=True, slots=True)
class Situation:
    """The vehicles of a model at a station with their claims; `movable` are those that may be moved."""

    vehicles: dict[int, Vehicle]
    claims: list[VehicleAllocation]
    movable: dict[int, VehicleAllocation]
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
                fixed[claim.vehicle_id].append(_span(claim))
        for key, spans in (extra or {}).items():
            fixed[key] += spans
        return [lane_of(vehicle, fixed[key], self.moment) for key, vehicle in self.vehicles.items()]

    def jobs(self) -> list[Job]:
        return [Job(key, *_span(claim), claim.vehicle_id) for key, claim in self.movable.items()]

    def with_room_for(self, period: Period) -> Packed:
        """Look for places for everything movable and one claim more; `period` includes the turnaround."""
        new = Job(NEWCOMER, *span_of(period))
        return pack(self.lanes(), self.jobs(), [new], nodes=NODES, seconds=SECONDS)


def situation_of(station: Station, model: VehicleModel, moment: datetime | None = None) -> Situation:
    """Read the vehicles of a model at a station and all that is claimed from now on. Two queries, no lock."""
    moment = moment or clock.now()
    rows = Vehicle.objects.at(station).filter(model=model).exclude(lifecycle=Lifecycle.RETIRED)
    vehicles = {vehicle.pk: vehicle for vehicle in rows.order_by("pk")}
    for vehicle in vehicles.values():
        vehicle.model = model
    live = VehicleAllocation.objects.live(moment).filter(station=station, period__endswith__gt=moment)
    claims = [
        claim
        for claim in live.select_related("booking").order_by("pk")
        # Filtered here: the index of live claims at a station knows nothing of models.
        if claim.vehicle_id in vehicles
    ]
    everything = Situation(vehicles, claims, {}, moment)
    return Situation(vehicles, claims, _movable(everything), moment)


def has_room(station: Station, model: VehicleModel, period: Period) -> bool:
    """Say whether a model could be booked at a station for a period, moving others if need be. Two queries.

    `period` is the rental's; the turnaround is added here. Writes nothing; the hold decides again.
    """
    return situation_of(station, model).with_room_for(with_turnaround(period)).lanes is not None


def may_move(
    claim: VehicleAllocation,
    booking: Booking,
    vehicle: Vehicle,
    moment: datetime,
    *,
    even_if_chosen: bool = False,
) -> bool:
    """Say whether a claim may be put on an equal vehicle: booked by model, and nobody is at the counter yet."""
    return (
        (booking.is_by_model or even_if_chosen)
        and claim.kind == AllocationKind.BOOKING
        and claim.claimant == booking.reference
        and (claim.state, booking.state)
        in {
            (AllocationState.HELD, BookingState.HELD),
            (AllocationState.CONFIRMED, BookingState.CONFIRMED),
        }
        and booking.model_id == vehicle.model_id
        # One-way bookings keep the time behind them on their vehicle as well.
        and booking.pickup_station_id == booking.return_station_id == vehicle.station_id
        and claim.period.lower > moment
    )


def booking_of(claim: VehicleAllocation) -> Booking | None:
    """Return the booking whose present claim this is; blocks and claims of changes have none."""
    return getattr(claim, "booking", None)


def _movable(situation: Situation) -> dict[int, VehicleAllocation]:
    changing = situation.changing
    return {
        claim.pk: claim
        for claim in situation.claims
        if claim.state in MOVABLE_STATES
        and claim.vehicle_id not in changing
        and (booking := booking_of(claim)) is not None
        and may_move(claim, booking, situation.vehicles[claim.vehicle_id], situation.moment)
    }


def _span(claim: VehicleAllocation) -> Span:
    return span_of(Period(claim.period.lower, claim.period.upper))
