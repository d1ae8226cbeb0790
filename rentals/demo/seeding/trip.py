"""One trip as a plain value: a booking with everything that became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from rentals.bookings.enums import Channel
from rentals.demo.seeding.people import Renter
from rentals.handovers.settling import Outcome
from rentals.pricing.engine import DamageFact, Line, Priced, Terms
from stations.fleet.models import Vehicle
from voltgo.core.clock import Period


class Ending(Enum):
    """How far a booking came."""

    CLOSED = "closed"
    SETTLING = "settling"
    ACTIVE = "active"
    UPCOMING = "upcoming"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    EXPIRED = "expired"

    @property
    def has_rental(self) -> bool:
        return self in (Ending.CLOSED, Ending.SETTLING, Ending.ACTIVE)


@dataclass(frozen=True, slots=True)
class Readings:
    """What the dashboard said at one end of a trip."""

    odometer_km: int
    battery_percent: int


@dataclass(slots=True)
class Trip:
    """One booking with everything that became of it."""

    code: str
    vehicle: Vehicle
    renter: Renter
    booked: Period
    ending: Ending
    channel: Channel
    is_by_model: bool
    created_at: datetime
    paid_at: datetime
    priced: Priced
    terms: Terms
    tariff_id: int
    vat_bp: int
    # Only for those that have a rental.
    arrived_at: datetime | None = None
    started_at: datetime | None = None
    presented_at: datetime | None = None
    returned_at: datetime | None = None
    closed_at: datetime | None = None
    pickup: Readings | None = None
    back: Readings | None = None
    damage: DamageFact | None = None
    extra: list[Line] = field(default_factory=list)
    # Only for those that were cancelled or not picked up.
    ended_at: datetime | None = None
    fee_bp: int = 0
    # Old trips are kept in less detail: see money.py and steps.py.
    is_detailed: bool = True

    @property
    def reference(self) -> str:
        return f"booking:{self.code}"

    @property
    def prepaid(self) -> int:
        return self.priced.total

    @property
    def deposit(self) -> int:
        return self.priced.deposit

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.priced.lines, tuple(self.extra), self.deposit)


@dataclass(slots=True)
class Plan:
    """Every trip in the order in which they were booked, and how each vehicle stands now."""

    trips: list[Trip]
    in_maintenance: list[Vehicle]
    in_preparation: list[Vehicle]

    def out_now(self) -> list[Trip]:
        return [trip for trip in self.trips if trip.ending is Ending.ACTIVE]

    def coming(self) -> list[Trip]:
        return [trip for trip in self.trips if trip.ending is Ending.UPCOMING]

    def first_booked_at(self) -> dict[int, datetime]:
        """Return when each renter, by key, made their first booking; `trips` are in that order."""
        first: dict[int, datetime] = {}
        for trip in self.trips:
            first.setdefault(trip.renter.user.pk, trip.created_at)
        return first
