"""Draws the past and the present of the fleet: who drove what, when, how far, and what it came to."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from rentals.bookings.enums import Channel
from rentals.demo.demand import PastRental, past_rentals
from rentals.demo.people import PERSONAS
from rentals.demo.seeding.people import People, Renter
from rentals.demo.seeding.pricing import PriceList
from rentals.demo.seeding.riders import Riders
from rentals.demo.seeding.scale import Scale
from rentals.demo.seeding.trip import Ending, Plan, Readings, Trip
from rentals.pricing.engine import DamageFact, ReturnFacts, charges_at_return, included_km
from stations.fleet.enums import VehicleKind
from stations.fleet.models import Vehicle
from stations.fleet.parts import CAR_PARTS, SCOOTER_PARTS
from voltgo.core.clock import Period, local
from voltgo.core.codes import ALPHABET

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OBJECTION_TIME = timedelta(hours=48)
AT_THE_COUNTER = timedelta(minutes=25)
# How far ahead people book; the sooner, the more of the day's demand is booked already.
AHEAD = timedelta(days=3)
SOONEST = timedelta(minutes=10)
_BOOKED_AHEAD = ((timedelta(hours=18), 0.8), (timedelta(hours=42), 0.4), (AHEAD, 0.2))
# Only the last two weeks, and what the personas did, are told step by step and dong by dong.
IN_DETAIL = timedelta(days=14)

_OVERDUE_SINCE = (timedelta(minutes=40), timedelta(hours=14))
_LONG_OVERDUE_SINCE = (timedelta(hours=25), timedelta(hours=66))
_OVERDUE, _LONG_OVERDUE = 3, 1
_MAINTENANCE_OF_HUNDRED = 3
_PREPARATION_OF_HUNDRED = 3

# Out of a thousand bookings.
_WALK_INS, _APP, _BY_PLATE = 160, 380, 250
_LAPSES = 15
_CANCELLED, _CANCELLED_LATE, _NO_SHOWS, _HOLDS_RUN_OUT = 45, 8, 6, 25
_LATE, _FAR, _EMPTY, _DAMAGED = 22, 18, 14, 5

_KM_AN_HOUR: Mapping[str, tuple[float, float]] = {"scooter": (4, 13), "car": (9, 24)}
_KM_A_DAY: Mapping[str, tuple[float, float]] = {"scooter": (22, 80), "car": (55, 185)}
_DAMAGE_AMOUNTS: Mapping[str, tuple[int, int]] = {"scooter": (150, 900), "car": (400, 3_000)}


class Planner:
    """Draws the trips of a fleet; every draw comes from the scale's seed."""

    def __init__(
        self,
        *,
        vehicles: Sequence[Vehicle],
        people: People,
        prices: PriceList,
        scale: Scale,
        damage_ids: Iterator[int],
    ) -> None:
        self.vehicles = vehicles
        self.people = people
        self.prices = prices
        self.scale = scale
        self.damage_ids = damage_ids
        self.rng = scale.rng("trips")
        self.now = scale.now.replace(microsecond=0)
        self._codes: set[str] = set()
        self._anh_was_late = False
        self._personas = {renter.user.pk for renter in people.personas.values()}

    def plan(self) -> Plan:
        """Draw everything: the demand, who is late, who drives, how far."""
        demand = self._demand()
        last = {rental.vehicle_index: rental for rental in demand if rental.starts_at < self.now}
        overdue = self._choose_overdue(last)
        riders = Riders(self.people, self.vehicles, self.rng).assign(demand, overdue, self.scale)
        following = _starts_of_next(demand)
        trips = [
            self._trip(rental, renter, is_overdue=rental in overdue, next_start=following.get(rental))
            for rental, renter in zip(demand, riders, strict=True)
        ]
        self._drive([trip for trip in trips if trip.ending.has_rental])
        trips += self._that_came_to_nothing([trip for trip in trips if trip.ending.has_rental])
        trips.sort(key=attrgetter("created_at"))
        promised = {rental.vehicle_index for rental in demand if rental.starts_at >= self.now}
        idle = self._idle(last, overdue, promised)
        broken = idle[: max(1, len(self.vehicles) * _MAINTENANCE_OF_HUNDRED // 100)]
        return Plan(trips, broken, self._being_prepared(last, overdue, broken))

    def _demand(self) -> list[PastRental]:
        """Draw the demand of the past and of the next days; of the latter only what is booked by now."""
        demand = past_rentals(
            [vehicle.model.kind for vehicle in self.vehicles],  # type: ignore[misc]
            self.now + AHEAD,
            days=self.scale.days + AHEAD.days,
            seed=self.scale.seed,
            include_running=True,
        )
        return [rental for rental in demand if self._is_booked(rental)]

    def _is_booked(self, rental: PastRental) -> bool:
        ahead = rental.starts_at - self.now
        # Whoever comes to the counter right now would have to be half handed over.
        if -AT_THE_COUNTER < ahead < SOONEST:
            return False
        share = next((share for until, share in _BOOKED_AHEAD if ahead < until), 0)
        return ahead < timedelta(0) or self.rng.random() < share

    # --- Who is out ------------------------------------------------------------------------------
    def _choose_overdue(self, last: Mapping[int, PastRental]) -> set[PastRental]:
        """Choose some that should be back by now and are not."""
        ended = sorted((r for r in last.values() if r.ends_at <= self.now), key=attrgetter("ends_at"))
        chosen: set[PastRental] = set()
        for count, (least, most) in ((_OVERDUE, _OVERDUE_SINCE), (_LONG_OVERDUE, _LONG_OVERDUE_SINCE)):
            fitting = [r for r in ended if least <= self.now - r.ends_at <= most]
            chosen.update(self.rng.sample(fitting, min(count, len(fitting))))
        return chosen

    def _idle(
        self, last: Mapping[int, PastRental], overdue: set[PastRental], promised: set[int]
    ) -> list[Vehicle]:
        """Vehicles that have stood at their station since yesterday and are promised to nobody, shuffled."""
        idle = [
            vehicle
            for index, vehicle in enumerate(self.vehicles)
            if index not in promised
            and (index not in last or (last[index] not in overdue and self.now - last[index].ends_at > DAY))
        ]
        return self.rng.sample(idle, len(idle))

    def _being_prepared(
        self, last: Mapping[int, PastRental], overdue: set[PastRental], broken: Sequence[Vehicle]
    ) -> list[Vehicle]:
        """Vehicles that came back last: within the hour, and a few more so that there always are some."""
        back = sorted(
            (r for r in last.values() if r.ends_at <= self.now and r not in overdue),
            key=attrgetter("ends_at"),
            reverse=True,
        )
        least = len(self.vehicles) * _PREPARATION_OF_HUNDRED // 100
        chosen = [r for place, r in enumerate(back) if place < least or self.now - r.ends_at < HOUR]
        vehicles = [self.vehicles[r.vehicle_index] for r in chosen[: 2 * least + 1]]
        return [vehicle for vehicle in vehicles if not any(vehicle is other for other in broken)]

    # --- One trip --------------------------------------------------------------------------------
    def _trip(
        self, rental: PastRental, renter: Renter, *, is_overdue: bool, next_start: datetime | None
    ) -> Trip:
        ending = Ending.ACTIVE if is_overdue or rental.ends_at > self.now else Ending.CLOSED
        if rental.starts_at >= self.now:
            ending = Ending.UPCOMING
        trip = self._booking(
            vehicle=self.vehicles[rental.vehicle_index],
            renter=renter,
            booked=Period(rental.starts_at, rental.ends_at),
            ending=ending,
        )
        if ending is Ending.UPCOMING:
            self._book_before_now(trip)
            return trip
        self._hand_over(trip)
        if ending is Ending.CLOSED:
            self._take_back(trip, next_start)
        return trip

    def _book_before_now(self, trip: Trip) -> None:
        """Nobody has booked in the future, and nobody walks in for tomorrow."""
        latest = self.now - timedelta(minutes=self.rng.randint(20, 900), seconds=self.rng.randint(0, 59))
        if trip.created_at > latest or trip.channel is Channel.COUNTER:
            trip.channel = Channel.WEB
            trip.created_at = min(trip.created_at, latest)
            trip.paid_at = trip.created_at + timedelta(seconds=self.rng.randint(70, 300))

    def _booking(self, *, vehicle: Vehicle, renter: Renter, booked: Period, ending: Ending) -> Trip:
        rng = self.rng
        draw = rng.randrange(1_000)
        channel = (
            Channel.COUNTER if draw < _WALK_INS else Channel.API if draw < _WALK_INS + _APP else Channel.WEB
        )
        if channel is Channel.COUNTER:
            created_at = booked.starts_at - timedelta(minutes=rng.randint(6, 14))
        else:
            lead = min(rng.expovariate(1 / 40), 108)
            created_at = booked.starts_at - timedelta(hours=lead, minutes=rng.randint(45, 75))
        created_at = created_at.replace(microsecond=0)
        paid_at = created_at + timedelta(seconds=rng.randint(70, 300))
        priced, terms, tariff_id, vat_bp = self.prices.price(
            vehicle.model, vehicle.station.city_id, booked, local(created_at).date()
        )
        return Trip(
            code=self._code(),
            vehicle=vehicle,
            renter=renter,
            booked=booked,
            ending=ending,
            channel=channel,
            is_by_model=rng.randrange(1_000) >= _BY_PLATE,
            created_at=created_at,
            paid_at=paid_at,
            priced=priced,
            terms=terms,
            tariff_id=tariff_id,
            vat_bp=vat_bp,
            is_detailed=booked.ends_at > self.now - IN_DETAIL or renter.user.pk in self._personas,
        )

    def _code(self) -> str:
        while True:
            code = "VG-" + "".join(self.rng.choices(ALPHABET, k=6))
            if code not in self._codes:
                self._codes.add(code)
                return code

    def _hand_over(self, trip: Trip) -> None:
        rng = self.rng
        arrived_at = trip.booked.starts_at + timedelta(
            minutes=rng.randint(-12, 10), seconds=rng.randint(0, 59)
        )
        latest = self.now - timedelta(minutes=12)
        trip.arrived_at = max(min(arrived_at, latest), trip.paid_at + timedelta(minutes=1))
        trip.started_at = trip.arrived_at + timedelta(minutes=rng.randint(5, 11), seconds=rng.randint(0, 59))

    def _take_back(self, trip: Trip, next_start: datetime | None) -> None:
        rng = self.rng
        assert trip.started_at is not None
        presented_at = trip.booked.ends_at + timedelta(
            minutes=self._lateness(trip), seconds=rng.randint(0, 59)
        )
        latest = (next_start or self.now) - timedelta(minutes=14)
        earliest = trip.started_at + timedelta(minutes=20)
        trip.presented_at = max(min(presented_at, latest), earliest)
        trip.returned_at = trip.presented_at + timedelta(
            minutes=rng.randint(4, 11), seconds=rng.randint(0, 59)
        )
        # Most accept within the hour, some later, a few never say a word; the personas' receipts are out.
        wait = timedelta(minutes=min(rng.expovariate(1 / 25), 1_500), seconds=45)
        if rng.randrange(1_000) < _LAPSES:
            wait = OBJECTION_TIME + timedelta(seconds=rng.randint(5, 40))
        if trip.renter.user.pk in self._personas:
            wait = timedelta(minutes=7, seconds=12)
        trip.closed_at = trip.returned_at + wait
        if trip.closed_at > self.now:
            trip.ending, trip.closed_at = Ending.SETTLING, None

    def _lateness(self, trip: Trip) -> int:
        """Minutes after the agreed time; most are a little early."""
        rng, fact = self.rng, trip.renter.fact
        if fact is PERSONAS["blocked"]:
            # That is why.
            return rng.randint(200, 270)
        if fact is PERSONAS["verified"] and not self._anh_was_late:
            # One of the receipts shall show what lateness costs.
            self._anh_was_late = True
            return 75
        if rng.randrange(1_000) < _LATE:
            return int(rng.triangular(31, 260, 50))
        return int(rng.triangular(-70, 24, -4))

    # --- How far ---------------------------------------------------------------------------------
    def _drive(self, trips: Sequence[Trip]) -> None:
        """Let odometers grow trip by trip, discharge batteries, and work out what came on top.

        `trips` are in the order of their start, and those of one vehicle do not overlap. Leaves the last
        readings on the vehicles.
        """
        for trip in trips:
            vehicle, rng = trip.vehicle, self.rng
            odometer = vehicle.odometer_km + rng.choice((0, 0, 0, 1))
            battery = rng.randint(84, 100)
            trip.pickup = Readings(odometer, battery)
            vehicle.odometer_km, vehicle.battery_percent = odometer, battery
            if trip.presented_at is None or trip.returned_at is None:
                continue
            distance = self._distance(trip)
            trip.back = Readings(odometer + distance, self._battery_after(trip, distance, battery))
            vehicle.odometer_km, vehicle.battery_percent = odometer + distance, trip.back.battery_percent
            vehicle.facts_at = trip.returned_at
            self._charge(trip, distance)

    def _distance(self, trip: Trip) -> int:
        rng, kind = self.rng, trip.vehicle.model.kind
        assert trip.presented_at is not None
        assert trip.started_at is not None
        hours = (trip.presented_at - trip.started_at) / HOUR
        by_hour = hours * rng.uniform(*_KM_AN_HOUR[kind])
        by_day = max(hours / 24, 0.6) * rng.uniform(*_KM_A_DAY[kind])
        distance = min(by_hour, by_day) if hours > 6 else by_hour
        # What the price includes is known, and most people keep to it.
        included = included_km(trip.booked, trip.terms)
        if hours < 72 and rng.randrange(1_000) < _FAR:
            distance = included * rng.uniform(1.05, 1.6)
        else:
            distance = min(distance, included * rng.uniform(0.5, 1))
        # Nobody charges on an errand of some hours.
        if hours < 12:
            distance = min(distance, trip.vehicle.model.range_km * 0.55)
        return max(2, int(distance))

    def _battery_after(self, trip: Trip, distance: int, battery: int) -> int:
        rng = self.rng
        if rng.randrange(1_000) < _EMPTY:
            return rng.randint(6, 18)
        used = int(distance * 100 / trip.vehicle.model.range_km * rng.uniform(1.05, 1.3))
        # Whoever drives further than one charge has charged on the way.
        return battery - used if battery - used >= 22 else rng.randint(22, 70)

    def _charge(self, trip: Trip, distance: int) -> None:
        assert trip.presented_at is not None
        assert trip.back is not None
        if self.rng.randrange(1_000) < _DAMAGED and trip.ending is Ending.CLOSED:
            kind = trip.vehicle.model.kind
            parts = CAR_PARTS if kind == VehicleKind.CAR else SCOOTER_PARTS
            amount = self.rng.randint(*_DAMAGE_AMOUNTS[kind]) // 50 * 50_000
            trip.damage = DamageFact(self.rng.choice(list(parts)), amount, next(self.damage_ids))
        facts = ReturnFacts(
            booked=trip.booked,
            presented_at=trip.presented_at,
            distance_km=distance,
            battery_end_percent=trip.back.battery_percent,
            damages=(trip.damage,) if trip.damage else (),
        )
        trip.extra = charges_at_return(trip.terms, facts, self.prices.vat_bp(local(trip.presented_at).date()))
        # Nobody in the demo owes more than the deposit.
        while trip.outcome.debt:
            trip.extra.pop()
            trip.damage = None

    # --- Bookings that came to nothing -----------------------------------------------------------
    def _that_came_to_nothing(self, trips: Sequence[Trip]) -> list[Trip]:
        """Cancelled, not picked up, not paid: bookings like the others, for other people at the same time."""
        rng = self.rng
        drivers = [renter for renter in self.people.drivers if renter.user.pk not in self._personas]
        chances = (
            (Ending.CANCELLED, 0, _CANCELLED),
            (Ending.CANCELLED, 5_000, _CANCELLED_LATE),
            (Ending.NO_SHOW, 10_000, _NO_SHOWS),
            (Ending.EXPIRED, 0, _HOLDS_RUN_OUT),
        )
        lost = []
        for ending, fee_bp, of_thousand in chances:
            for model in rng.sample(trips, len(trips) * of_thousand // 1_000):
                trip = self._booking(
                    vehicle=model.vehicle, renter=rng.choice(drivers), booked=model.booked, ending=ending
                )
                trip.channel, trip.fee_bp = Channel.WEB, fee_bp
                _end_early(trip, rng)
                if trip.ended_at is not None and trip.ended_at < self.now:
                    lost.append(trip)
        return lost


def _end_early(trip: Trip, rng: random.Random) -> None:
    """Set when a booking was made and when it ended, so that both fit its ending and its fee."""
    if trip.ending is Ending.EXPIRED:
        trip.ended_at = trip.created_at + timedelta(minutes=15, seconds=rng.randint(3, 40))
        return
    if trip.ending is Ending.NO_SHOW:
        trip.ended_at = trip.booked.starts_at + timedelta(minutes=rng.randint(61, 80))
        return
    # Free until a day before the start; half the rent until twelve hours before.
    hours = rng.uniform(25, 60) if not trip.fee_bp else rng.uniform(12.5, 23.5)
    trip.ended_at = (trip.booked.starts_at - timedelta(hours=hours)).replace(microsecond=0)
    trip.created_at = trip.ended_at - timedelta(hours=rng.uniform(2, 40))
    trip.created_at = trip.created_at.replace(microsecond=0)
    trip.paid_at = trip.created_at + timedelta(seconds=rng.randint(70, 300))


def _starts_of_next(demand: Sequence[PastRental]) -> dict[PastRental, datetime]:
    """Return when the vehicle of a rental goes out again."""
    starts: dict[PastRental, datetime] = {}
    before: dict[int, PastRental] = {}
    for rental in demand:
        previous = before.get(rental.vehicle_index)
        if previous is not None:
            starts[previous] = rental.starts_at
        before[rental.vehicle_index] = rental
    return starts
