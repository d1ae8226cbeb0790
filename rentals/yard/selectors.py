"""Reads of the yard: what must be ready when, and which vehicle stands where."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet

from rentals.handovers.selectors import vehicles_at
from stations.bays.models import Bay, BayReservation
from stations.bays.services import free_bays
from stations.charging_queue.selectors import Charging, chargings_at
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.fleet.services import AWAY
from stations.maintenance.models import MaintenanceTicket, TicketQuerySet
from stations.network.models import Station
from stations.transfers.models import VehicleTransfer
from voltgo.core import clock

# A vehicle is given to its renter from this long before the start.
HANDED_OVER_BEFORE = timedelta(minutes=15)
INDOORS = (Condition.READY, Condition.PREPARATION)
# As many transfers that are over as the list shows.
NEWEST_OVER = 10


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One vehicle that somebody has to see to before it can go out."""

    vehicle: Vehicle
    charging: Charging
    # When its next renter comes; None if nobody is promised it.
    needed_at: datetime | None

    @property
    def is_late(self) -> bool:
        """Whether it will not have enough charge when its renter comes."""
        return self.needed_at is not None and self.charging.enough_at > self.needed_at

    @property
    def has_to_be_checked(self) -> bool:
        return self.vehicle.condition == Condition.PREPARATION

    @property
    def slack(self) -> timedelta:
        """How much time is left once it has enough charge; what nobody waits for has all the time there is."""
        return self.needed_at - self.charging.enough_at if self.needed_at else timedelta.max


def queue_of(station: Station) -> list[QueueRow]:
    """Return what has to be prepared or charged at a station, most needed first. Two queries.

    Every vehicle in preparation; of the ready ones those that charge, or that have too little charge.
    """
    now = clock.now()
    indoors = vehicles_at(station).filter(condition__in=INDOORS, lifecycle=Lifecycle.IN_SERVICE)
    vehicles = list(indoors.select_related("model", "bay"))
    chargings = chargings_at(station, vehicles, now)
    rows = [
        QueueRow(vehicle, charging, _needed_at(vehicle))
        for vehicle, charging in zip(vehicles, chargings, strict=True)
        if vehicle.condition == Condition.PREPARATION or charging.stint or not charging.has_enough
    ]
    return sorted(
        rows, key=lambda row: (row.slack, not row.has_to_be_checked, row.charging.percent, row.vehicle.plate)
    )


def _needed_at(vehicle: Vehicle) -> datetime | None:
    starts_at: datetime | None = getattr(vehicle, "next_starts_at", None)
    return starts_at - HANDED_OVER_BEFORE if starts_at else None


# --- Bays ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """One bay as the map shows it; `is_kept` if it is wanted for a vehicle that is on its way."""

    bay: Bay
    vehicle: Vehicle | None
    is_plugged: bool
    is_kept: bool

    @property
    def is_free(self) -> bool:
        return self.vehicle is None


@dataclass(frozen=True, slots=True)
class Yard:
    """The bays of a station by row, the vehicles of which nobody has said where they stand, and who comes."""

    rows: Sequence[tuple[str, Sequence[Place]]]
    unplaced: Sequence[Vehicle]
    expected: Sequence[BayReservation]
    free: int

    @property
    def places(self) -> list[Place]:
        return [place for _row, places in self.rows for place in places]


def yard_of(station: Station) -> Yard:
    """Return the bay map of a station. Five queries.

    A bay that is kept for somebody has no number: the last free ones are shown as kept.
    """
    bays = list(Bay.objects.filter(station=station, is_active=True).order_by("row", "number"))
    vehicles = list(_standing(station).select_related("model", "bay").order_by("plate"))
    by_bay = {vehicle.bay_id: vehicle for vehicle in vehicles if vehicle.bay_id}
    plugged = set(_plugged(station))
    expected = list(BayReservation.objects.standing().filter(station=station).order_by("arrives_at"))
    free = [bay for bay in bays if bay.pk not in by_bay]
    kept = {bay.pk for bay in free[max(len(free) - len(expected), 0) :]}
    places = [
        Place(bay, vehicle := by_bay.get(bay.pk), bool(vehicle and vehicle.pk in plugged), bay.pk in kept)
        for bay in bays
    ]
    rows = [(row, list(of_row)) for row, of_row in groupby(places, key=lambda place: place.bay.row)]
    unplaced = [vehicle for vehicle in vehicles if not vehicle.bay_id]
    return Yard(rows, unplaced, expected, free_bays(station))


def _standing(station: Station) -> QuerySet[Vehicle]:
    here = Vehicle.objects.at(station).exclude(condition__in=AWAY)
    return here.exclude(lifecycle__in=[Lifecycle.DRAFT, Lifecycle.RETIRED])


def standing_at(station: Station) -> QuerySet[Vehicle]:
    """Return the vehicles that stand at a station, with their models and bays."""
    return _standing(station).select_related("model", "bay")


def _plugged(station: Station) -> list[int]:
    stints = station.charging_stints.filter(unplugged_at=None)
    return list(stints.values_list("vehicle_id", flat=True))


# --- Transfers and tickets ----------------------------------------------------------------------------


def transfers_at(station: Station) -> QuerySet[VehicleTransfer]:
    """Return the transfers that begin or end at a station."""
    rows = VehicleTransfer.objects.touching(station)
    return rows.select_related("vehicle__model", "origin", "destination", "picked_up_by", "delivered_by")


def tickets_with_vehicles() -> TicketQuerySet:
    return MaintenanceTicket.objects.select_related(
        "vehicle__model", "vehicle__bay", "station", "team", "assignee", "reported_by"
    )
