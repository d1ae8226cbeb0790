"""Trips as rows of the timeline, bookings, rentals, inspections and settlements."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, cast

from django.conf import settings

from accounts.kyc.eligibility import Eligibility, age_on
from accounts.users.models import User
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.demo.seeding.bulk import as_json, copy_rows, reserve_ids
from rentals.demo.seeding.people import People
from rentals.demo.seeding.scale import Scale
from rentals.demo.seeding.trip import Ending, Readings, Trip
from rentals.handovers.enums import Acceptance, DamageKind, InspectionKind, RentalState
from rentals.handovers.models import DamageMark, Inspection, Rental, Settlement, SettlementLine
from rentals.policies.rules import Policy
from rentals.pricing.engine import Line, Terms
from rentals.pricing.models import Quote
from rentals.pricing.services import quote_hash
from stations.checklists import first
from stations.checklists.enums import JOINT
from stations.checklists.models import ChecklistTemplate
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation

BOOKING_STATES = {
    Ending.CLOSED: BookingState.FULFILLED,
    Ending.SETTLING: BookingState.FULFILLED,
    Ending.ACTIVE: BookingState.FULFILLED,
    Ending.UPCOMING: BookingState.CONFIRMED,
    Ending.CANCELLED: BookingState.CANCELLED,
    Ending.NO_SHOW: BookingState.NO_SHOW,
    Ending.EXPIRED: BookingState.EXPIRED,
}
RENTAL_STATES = {
    Ending.CLOSED: RentalState.CLOSED,
    Ending.SETTLING: RentalState.SETTLING,
    Ending.ACTIVE: RentalState.ACTIVE,
}
OBJECTION_TIME = timedelta(hours=48)
UNKNOWN = datetime(2000, 1, 1, tzinfo=UTC)
QUOTED_BEFORE = timedelta(minutes=2)
# What the demo's bookings were made under: what the market does, before anything was kept back for fines.
POLICY = Policy().as_json()
POLICY_TEXT = as_json(POLICY)


@dataclass(frozen=True, slots=True)
class Keys:
    """The primary keys of one trip's rows, taken before anything is written."""

    quote: uuid.UUID
    allocation: int
    booking: int
    rental: int
    pickup: int
    back: int
    settlement: int


def take_keys(trips: Sequence[Trip], scale: Scale) -> list[Keys]:
    rng = scale.rng("keys")
    count = len(trips)
    columns = [
        reserve_ids(model, count)
        for model in (VehicleAllocation, Booking, Rental, Inspection, Inspection, Settlement)
    ]
    quotes = [uuid.UUID(int=rng.getrandbits(128), version=4) for _ in range(count)]
    return [Keys(*row) for row in zip(quotes, *columns, strict=True)]


class Records:
    """Writes the trips table by table."""

    def __init__(
        self, trips: Sequence[Trip], keys: Sequence[Keys], people: People, damage_photo: str
    ) -> None:
        self.rows = list(zip(trips, keys, strict=True))
        self.with_rental = [(trip, key) for trip, key in self.rows if trip.ending.has_rental]
        self.returned = [(trip, key) for trip, key in self.with_rental if trip.back is not None]
        self.people = people
        self.damage_photo = damage_photo
        # Many trips share one price, one tariff, one driver: what is the same is worked out once.
        self._lines: dict[int, tuple[list[dict[str, Any]], str]] = {}
        self._terms: dict[Terms, tuple[dict[str, Any], str]] = {}
        self._prepaid: dict[int, list[tuple[object, ...]]] = {}
        self._judged: dict[tuple[int, int], str] = {}

    def write(self) -> None:
        """Write every table, those that are referred to first."""
        copy_rows(Quote, QUOTE, (self._quote(*row) for row in self.rows))
        copy_rows(VehicleAllocation, ALLOCATION, (self._allocation(*row) for row in self.rows))
        copy_rows(Booking, BOOKING, (self._booking(*row) for row in self.rows))
        copy_rows(Rental, RENTAL, (self._rental(*row) for row in self.with_rental))
        # Read before: while rows are copied, the connection answers nothing else.
        lists = ChecklistTemplate.objects.filter(version=first.VERSION, vehicle_model=None)
        versions = dict(lists.values_list("code", "pk"))
        copy_rows(Inspection, INSPECTION, self._inspections(versions))
        copy_rows(DamageMark, DAMAGE, self._damages())
        copy_rows(Settlement, SETTLEMENT, (self._settlement(*row) for row in self.returned))
        copy_rows(SettlementLine, SETTLEMENT_LINE, self._settlement_lines())

    def _attendant(self, trip: Trip) -> User:
        return self.people.attendants[trip.vehicle.station.code]

    # --- Booking ---------------------------------------------------------------------------------
    def _frozen_lines(self, trip: Trip) -> tuple[list[dict[str, Any]], str]:
        """The lines of a quote as values and as text."""
        found = self._lines.get(id(trip.priced))
        if found is None:
            lines = [line.as_json() for line in trip.priced.lines]
            found = self._lines[id(trip.priced)] = (lines, as_json(lines))
        return found

    def _frozen_terms(self, trip: Trip) -> tuple[dict[str, Any], str]:
        found = self._terms.get(trip.terms)
        if found is None:
            terms = trip.terms.as_json()
            found = self._terms[trip.terms] = (terms, as_json(terms))
        return found

    def _quote(self, trip: Trip, key: Keys) -> tuple[object, ...]:
        vehicle, station = trip.vehicle, trip.vehicle.station
        lines, lines_text = self._frozen_lines(trip)
        terms, terms_text = self._frozen_terms(trip)
        priced = trip.priced
        # A row that is only hashed: making thousands of model instances would take longer than the rest.
        quote = SimpleNamespace(
            pk=key.quote,
            model_id=vehicle.model_id,
            vehicle_id=None if trip.is_by_model else vehicle.pk,
            pickup_station_id=station.pk,
            return_station_id=station.pk,
            starts_at=trip.booked.starts_at,
            ends_at=trip.booked.ends_at,
            tariff_id=trip.tariff_id,
            lines=lines,
            terms=terms,
            options=[],
            policy=POLICY,
            promotion_id=None,
            renter_id=None,
            replaces_id=None,
            total_amount=priced.total,
            net_amount=priced.net,
            vat_amount=priced.vat,
            deposit_amount=priced.deposit,
        )
        made_at = trip.created_at - QUOTED_BEFORE
        return (
            key.quote, vehicle.model_id, quote.vehicle_id, station.pk, station.pk, quote.starts_at, quote.ends_at,
            trip.tariff_id, lines_text, terms_text, POLICY_TEXT, quote.total_amount, quote.net_amount, quote.vat_amount,
            quote.deposit_amount, quote_hash(cast("Quote", quote)), made_at, made_at + timedelta(minutes=settings.QUOTE_MINUTES),
        )  # fmt: skip

    def _allocation(self, trip: Trip, key: Keys) -> tuple[object, ...]:
        starts_at = trip.booked.starts_at
        ends_at = trip.booked.ends_at + timedelta(minutes=settings.TURNAROUND_MINUTES)
        freed_at = trip.returned_at or trip.ended_at
        if freed_at is not None and starts_at < freed_at < ends_at:
            ends_at = freed_at.replace(microsecond=0)
        state = {
            Ending.ACTIVE: AllocationState.ON_RENTAL,
            Ending.UPCOMING: AllocationState.CONFIRMED,
            Ending.EXPIRED: AllocationState.EXPIRED,
        }.get(trip.ending, AllocationState.RELEASED)
        period = f"[{starts_at.isoformat()},{ends_at.isoformat()})"
        kind = AllocationKind.BOOKING.value
        vehicle = trip.vehicle
        return (
            key.allocation, vehicle.pk, vehicle.station_id, period, kind, state.value, trip.reference, trip.created_at,
        )  # fmt: skip

    def _booking(self, trip: Trip, key: Keys) -> tuple[object, ...]:
        station_id = trip.vehicle.station_id
        is_cancelled = trip.ending is Ending.CANCELLED
        return (
            key.booking, trip.code, trip.renter.user.pk, key.quote, key.allocation, trip.vehicle.model_id, station_id,
            station_id, trip.booked.starts_at, trip.booked.ends_at, trip.is_by_model,
            BOOKING_STATES[trip.ending].value, trip.channel.value, self._eligibility(trip, trip.created_at),
            f"{trip.renter.user.public_id}:demo-{trip.code}", CancelReason.RENTER.value if is_cancelled else "",
            trip.created_at, None if trip.ending is Ending.EXPIRED else trip.paid_at,
        )  # fmt: skip

    # --- Rental ----------------------------------------------------------------------------------
    def _rental(self, trip: Trip, key: Keys) -> tuple[object, ...]:
        assert trip.arrived_at is not None
        station_id = trip.vehicle.station_id
        return (
            key.rental, key.booking, trip.renter.user.pk, trip.vehicle.pk, station_id, station_id,
            RENTAL_STATES[trip.ending].value, trip.booked.ends_at, self._attendant(trip).pk,
            trip.arrived_at + timedelta(minutes=2), self._eligibility(trip, trip.arrived_at), trip.started_at,
            trip.presented_at, trip.returned_at, trip.closed_at, trip.arrived_at,
        )  # fmt: skip

    def _inspections(self, versions: dict[str, int]) -> Iterator[tuple[object, ...]]:
        for trip, key in self.with_rental:
            row = partial(
                _inspection,
                rental_id=key.rental,
                trip=trip,
                by_id=self._attendant(trip).pk,
                versions=versions,
            )
            yield row(key.pickup, InspectionKind.PICKUP, trip.pickup, trip.arrived_at, trip.started_at)
            if trip.back is not None:
                yield row(key.back, InspectionKind.RETURN, trip.back, trip.presented_at, trip.returned_at)

    def _damages(self) -> Iterator[tuple[object, ...]]:
        for trip, key in self.returned:
            if trip.damage is not None:
                kind = DamageKind.SCRATCH if trip.damage.amount < 800_000 else DamageKind.DENT
                yield (
                    trip.damage.reference, key.back, trip.damage.part, kind.value, "", 480, 520, self.damage_photo,
                    trip.damage.amount,
                )  # fmt: skip

    # --- Settlement ------------------------------------------------------------------------------
    def _settlement(self, trip: Trip, key: Keys) -> tuple[object, ...]:
        assert trip.returned_at is not None
        outcome = trip.outcome
        how = Acceptance.ONLINE
        if trip.closed_at is not None and trip.closed_at - trip.returned_at >= OBJECTION_TIME:
            how = Acceptance.LAPSE
        return (
            key.settlement, key.rental, outcome.total, outcome.prepaid_amount, outcome.extra_amount, outcome.deposit,
            outcome.captured, outcome.released, outcome.debt, trip.returned_at, trip.returned_at + OBJECTION_TIME,
            trip.closed_at, how.value if trip.closed_at else "", _content_hash(trip) if trip.closed_at else "",
        )  # fmt: skip

    def _settlement_lines(self) -> Iterator[tuple[object, ...]]:
        for trip, key in self.returned:
            prepaid = self._prepaid.get(id(trip.priced))
            if prepaid is None:
                prepaid = self._prepaid[id(trip.priced)] = _lines(trip.priced.lines, 1, is_prepaid=True)
            extra = _lines(trip.extra, len(prepaid) + 1, is_prepaid=False) if trip.extra else ()
            for line in (*prepaid, *extra):
                yield (key.settlement, *line)

    def _eligibility(self, trip: Trip, at: datetime) -> str:
        """What the one function of eligibility would have said then."""
        age = age_on(trip.renter.fact.born_on, trip.booked.starts_at.date())
        key = (trip.renter.user.pk, age)
        if key not in self._judged:
            self._judged[key] = as_json(
                Eligibility(
                    reasons=(),
                    checked_at=UNKNOWN,
                    age=age,
                    licence_classes=trip.renter.licence_classes,
                    licence_expires_on=trip.renter.licence_expires_on,
                ).as_json()
            )
        return self._judged[key].replace(UNKNOWN.isoformat(), at.isoformat(), 1)


def _lines(lines: Iterable[Line], first: int, *, is_prepaid: bool) -> list[tuple[object, ...]]:
    """The columns of settlement lines, but for the settlement."""
    return [
        (
            position, line.code, line.kind, as_json(line.params), line.gross, line.vat_bp, line.net, line.vat,
            line.params["reference"] if line.code == "damage" else None, is_prepaid,
        )
        for position, line in enumerate(lines, start=first)
    ]  # fmt: skip


def _inspection(
    pk: int,
    kind: InspectionKind,
    readings: Readings | None,
    started_at: datetime | None,
    completed_at: datetime | None,
    *,
    rental_id: int,
    trip: Trip,
    by_id: int,
    versions: Mapping[str, int],
) -> tuple[object, ...]:
    assert readings is not None
    code = f"{kind.value}-{trip.vehicle.model.kind}"
    return (
        pk, rental_id, kind.value, readings.odometer_km, readings.battery_percent, _CHECKED[code], by_id,
        started_at, completed_at, versions.get(code),
    )  # fmt: skip


def _content_hash(trip: Trip) -> str:
    """The hash over what the renter accepted, as handovers.services.settlement computes it from the rows."""
    outcome = trip.outcome
    lines: list[Line] = [*trip.priced.lines, *trip.extra]
    content = {
        "booking": trip.code,
        "lines": [
            (position, line.code, line.params, line.gross, line.net, line.vat)
            for position, line in enumerate(lines, start=1)
        ],
        "total": outcome.total,
        "captured": outcome.captured,
        "released": outcome.released,
        "debt": outcome.debt,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


_CHECKED = {
    each.code: as_json([item.code for item in each.items])
    for each in first.checklists()
    if each.purpose in JOINT
}

# fmt: off
QUOTE = (
    "id", "model_id", "vehicle_id", "pickup_station_id", "return_station_id", "starts_at", "ends_at", "tariff_id",
    "lines", "terms", "policy", "total_amount", "net_amount", "vat_amount", "deposit_amount", "sha256",
    "created_at", "expires_at",
)
ALLOCATION = ("id", "vehicle_id", "station_id", "period", "kind", "state", "claimant", "created_at")
BOOKING = (
    "id", "code", "renter_id", "quote_id", "allocation_id", "model_id", "pickup_station_id", "return_station_id",
    "starts_at", "ends_at", "is_by_model", "state", "channel", "eligibility", "idempotency_key", "cancel_reason",
    "created_at", "confirmed_at",
)
RENTAL = (
    "id", "booking_id", "renter_id", "vehicle_id", "pickup_station_id", "return_station_id", "state", "due_at",
    "papers_checked_by_id", "papers_checked_at", "eligibility", "started_at", "presented_at", "returned_at",
    "closed_at", "created_at",
)
INSPECTION = (
    "id", "rental_id", "kind", "odometer_km", "battery_percent", "checked", "by_id", "started_at", "completed_at",
    "checklist_id",
)
DAMAGE = ("id", "inspection_id", "part", "kind", "note", "x", "y", "photo", "charge_amount")
SETTLEMENT = (
    "id", "rental_id", "total_amount", "prepaid_amount", "extra_amount", "deposit_amount", "captured_amount",
    "released_amount", "debt_amount", "created_at", "objection_until", "accepted_at", "acceptance", "content_sha256",
)
SETTLEMENT_LINE = (
    "settlement_id", "position", "code", "kind", "params", "gross_amount", "vat_bp", "net_amount", "vat_amount",
    "damage_id", "is_prepaid",
)
# fmt: on
