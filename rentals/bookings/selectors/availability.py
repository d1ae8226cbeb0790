"""What is free where and when: the stations in reach with their free vehicles per model, in one query.

The query is the form that was measured to stay flat while history grows: the claims of a station come
from the partial index on (station, upper(period)), and the period is compared by upper() and lower().
With `period && window` the planner underestimates the rows, walks the exclusion constraint's index by
time alone and takes twenty times as long. The statements are prepared: their plan is made once per connection.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any

from rentals.bookings.selectors.battery import Claim
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import OUT_OF_REACH, SOON
from stations.network.models import City, Station
from stations.timeline.enums import LIVE_STATES, AllocationKind, AllocationState
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

REACH_KM = 15.0
KM_PER_DEGREE = 111.2
EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody looks for a vehicle: around a point, or in a whole city, sorted from a point."""

    latitude: float
    longitude: float
    radius_km: float = REACH_KM
    city_id: int | None = None

    @classmethod
    def around(cls, station: Station) -> "Place":
        return cls(station.latitude, station.longitude)

    @classmethod
    def in_city(cls, city: City) -> "Place":
        return cls(city.latitude, city.longitude, city_id=city.pk)


# Not frozen, as a search makes dozens: a frozen one takes three times as long to put together.
@dataclass(slots=True)
class FreeModel:
    """How many vehicles of one model are free at one station, and the best charge among them now."""

    model_id: int
    count: int
    battery_percent: int


@dataclass(frozen=True, slots=True)
class FreeVehicle:
    """One free vehicle: its model, its charge now, and its claims before the pickup."""

    vehicle_id: int
    model_id: int
    battery_percent: int
    claims: list[Claim]


@dataclass(slots=True)
class StationInReach:
    """A station, how far it is, and what is free there; its city is not loaded.

    `vehicles` are there only if they were asked for one by one.
    """

    station: Station
    distance_km: float
    free: list[FreeModel]
    vehicles: list[FreeVehicle]


def _quoted(values: Sequence[str]) -> str:
    """Write constants of ours as an SQL list. Literals, because a partial index is chosen by them."""
    return ", ".join(f"'{value!s}'" for value in values)


# What a list of stations shows; the rest of the row is read when somebody asks for it.
# In the order of the model's fields, which from_db relies on.
STATION_FIELDS = [
    "id", "code", "slug", "city_id", "name", "address", "latitude", "longitude", "phone", "charger_kw",
]  # fmt: skip
STATION_COLUMNS = ", ".join(f"near.{column}" for column in STATION_FIELDS)

# VehicleQuerySet.rentable and .free in SQL (tests hold the two together): papers valid to the end, not
# broken or missing; for a pickup soon ready and charged; no live claim that overlaps.
READY_FOR_A_LATER_PICKUP = f"v.condition NOT IN ({_quoted(OUT_OF_REACH)})"
READY_FOR_A_PICKUP_SOON = f"""v.condition = '{Condition.READY}' AND v.battery_percent >= (
            SELECT m.minimum_battery_percent FROM stations_vehiclemodel m WHERE m.id = v.model_id)"""  # noqa: S608 (constants)
CLAIM = ("starts_at", "ends_at", "last_day")
FREE_VEHICLES = """
        FROM stations_vehicle v
        WHERE v.station_id = {station} AND v.lifecycle = '{in_service}'
          AND {ready}
          AND v.insurance_expires_on >= {last_day}
          AND (v.registration_expires_on IS NULL OR v.registration_expires_on >= {last_day})
          AND (v.inspection_expires_on IS NULL OR v.inspection_expires_on >= {last_day})
          AND v.id <> ALL (ARRAY(
              SELECT a.vehicle_id FROM stations_vehicleallocation a
              WHERE a.station_id = {station} AND a.state IN ({live})
                AND upper(a.period) > {starts_at} AND lower(a.period) < {ends_at}
                AND (a.state <> '{held}' OR a.hold_expires_at > %(now)s)))
"""
DISTANCE_KM = f"""2 * {EARTH_RADIUS_KM} * asin(least(1, sqrt(
            sin(radians(s.latitude - %(latitude)s) / 2) ^ 2
            + cos(radians(%(latitude)s)) * cos(radians(s.latitude))
            * sin(radians(s.longitude - %(longitude)s) / 2) ^ 2)))"""
# What is free at a station, as models with their number and best charge, or one by one with the claims that
# a vehicle still has before the pickup: from them comes the charge to expect.
AS_MODELS = """
        SELECT array_agg(ARRAY[m.model_id, m.free, m.battery])
        FROM (SELECT v.model_id, count(*) AS free, max(v.battery_percent) AS battery
            {vehicles}
            GROUP BY v.model_id) m
"""
AS_VEHICLES = """
        SELECT json_agg(json_build_array(v.id, v.model_id, v.battery_percent, (
            SELECT json_agg(json_build_array(extract(epoch FROM lower(b.period))::bigint,
                                             extract(epoch FROM upper(b.period))::bigint, b.kind = '{booking}'))
            FROM stations_vehicleallocation b
            WHERE b.vehicle_id = v.id AND b.state IN ({live}) AND upper(b.period) > %(now)s
              AND lower(b.period) < %(pickup_at)s AND (b.state <> '{held}' OR b.hold_expires_at > %(now)s))))
            {vehicles}
"""
STATIONS_IN_REACH = """
    SELECT {columns}, near.distance_km, ({free})
    FROM (
        SELECT s.*, {distance} AS distance_km
        FROM stations_station s
        WHERE s.is_active AND {place}
    ) near
    {within}
    ORDER BY near.distance_km, near.id
"""
IN_CITY = "s.city_id = %(city_id)s"
IN_BOX = """s.latitude BETWEEN %(south)s AND %(north)s AND s.longitude BETWEEN %(west)s AND %(east)s"""
WITHIN_RADIUS = "WHERE near.distance_km <= %(radius_km)s"


def free_vehicles_sql(*, station: str, soon: bool) -> str:
    """Return FROM and WHERE of the free vehicles of a station; `station` is the SQL that names its id."""
    return _free_vehicles(
        station,
        READY_FOR_A_PICKUP_SOON if soon else READY_FOR_A_LATER_PICKUP,
        {name: f"%({name})s" for name in CLAIM},
    )


def free_vehicles_at_sql(*, station: str, time: str) -> str:
    """Return the same for a time that is a row of its own, with starts_at, ends_at, last_day and is_soon."""
    ready = f"CASE WHEN {time}.is_soon THEN {READY_FOR_A_PICKUP_SOON} ELSE {READY_FOR_A_LATER_PICKUP} END"
    return _free_vehicles(station, ready, {name: f"{time}.{name}" for name in CLAIM})


def _free_vehicles(station: str, ready: str, claim: dict[str, str]) -> str:
    return FREE_VEHICLES.format(
        station=station,
        in_service=Lifecycle.IN_SERVICE,
        ready=ready,
        live=_quoted(LIVE_STATES),
        held=AllocationState.HELD,
        **claim,
    )


def search_sql(*, in_city: bool, free: str) -> str:
    """Return the statement that finds stations; `free` is the SQL of what to say of each."""
    return STATIONS_IN_REACH.format(
        columns=STATION_COLUMNS,
        distance=DISTANCE_KM,
        place=IN_CITY if in_city else IN_BOX,
        within="" if in_city else WITHIN_RADIUS,
        free=free,
    )


def _free_sql(*, soon: bool, one_by_one: bool) -> str:
    return (AS_VEHICLES if one_by_one else AS_MODELS).format(
        vehicles=free_vehicles_sql(station="near.id", soon=soon),
        live=_quoted(LIVE_STATES),
        held=AllocationState.HELD,
        booking=AllocationKind.BOOKING,
    )


SEARCHES = {
    (in_city, soon, one_by_one): search_sql(in_city=in_city, free=_free_sql(soon=soon, one_by_one=one_by_one))
    for in_city, soon, one_by_one in product((True, False), repeat=3)
}


def is_soon(period: Period, moment: datetime) -> bool:
    """Say whether a vehicle must stand ready now to be there at pickup."""
    return period.starts_at < moment + SOON


def claim_values(period: Period, moment: datetime) -> dict[str, Any]:
    """Return the values that `free_vehicles_sql` asks for. The turnaround is added here."""
    claim = with_turnaround(period)
    return {
        "starts_at": claim.starts_at,
        "ends_at": claim.ends_at,
        "last_day": clock.local(claim.ends_at).date(),
        "now": moment,
    }


def box_of(place: Place) -> dict[str, float]:
    """Return a rectangle around the circle: cheap to test before any distance is computed."""
    north_south = place.radius_km / KM_PER_DEGREE
    east_west = north_south / max(math.cos(math.radians(place.latitude)), 0.01)
    return {
        "south": place.latitude - north_south,
        "north": place.latitude + north_south,
        "west": place.longitude - east_west,
        "east": place.longitude + east_west,
    }


def place_values(place: Place) -> dict[str, Any]:
    """Return the values by which a statement finds the stations of a place."""
    if place.city_id is not None:
        return {"latitude": place.latitude, "longitude": place.longitude, "city_id": place.city_id}
    return {
        "latitude": place.latitude,
        "longitude": place.longitude,
        "radius_km": place.radius_km,
        **box_of(place),
    }


def stations_in_reach(
    place: Place, period: Period, *, moment: datetime | None = None, one_by_one: bool = False
) -> list[StationInReach]:
    """Find the stations of a place, nearest first, with what is free there for a period. One query.

    Stations that are closed at that time, or have nothing free, are in the list too: the caller says so.
    With `one_by_one` the free vehicles come singly, each with its claims before the pickup.
    """
    moment = moment or clock.now()
    values = claim_values(period, moment) | place_values(place)
    if one_by_one:
        values["pickup_at"] = period.starts_at
    rows = rows_of(SEARCHES[place.city_id is not None, is_soon(period, moment), one_by_one], values)
    return [_station_in_reach(row, one_by_one=one_by_one) for row in rows]


def station_of(columns: Sequence[Any]) -> Station:
    """Return a station of what STATION_COLUMNS has read."""
    return Station.from_db("default", STATION_FIELDS, columns)


def _station_in_reach(row: Sequence[Any], *, one_by_one: bool) -> StationInReach:
    *columns, distance_km, free = row
    station = station_of(columns)
    if not one_by_one:
        return StationInReach(station, distance_km, [FreeModel(*model) for model in free or []], [])
    vehicles = [_free_vehicle(*each) for each in free or []]
    return StationInReach(station, distance_km, _as_models(vehicles), vehicles)


def _free_vehicle(vehicle_id: int, model_id: int, percent: int, claims: Sequence[Any] | None) -> FreeVehicle:
    known = [
        (datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), is_booking)
        for start, end, is_booking in claims or []
    ]
    return FreeVehicle(vehicle_id, model_id, percent, known)


def _as_models(vehicles: Sequence[FreeVehicle]) -> list[FreeModel]:
    charges: dict[int, list[int]] = {}
    for vehicle in vehicles:
        charges.setdefault(vehicle.model_id, []).append(vehicle.battery_percent)
    return [FreeModel(model_id, len(found), max(found)) for model_id, found in charges.items()]
