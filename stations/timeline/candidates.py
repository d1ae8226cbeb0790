"""Which vehicle a claim by model should try first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import OUT_OF_REACH, SOON, VehicleModel
from stations.network.models import Station
from stations.timeline.enums import LIVE_STATES, AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of
from voltgo.core.rows import next_key

# A hot station: enough candidates that rivals spread out, few enough to read in one go.
MOST = 12
# Advisory locks on vehicles that somebody is about to claim.
LOCK_SPACE = 0x0B1C
# A vehicle that is idle for longer counts as idle for this long.
LONG_IDLE = timedelta(days=30)


def _quoted(values: Sequence[str]) -> str:
    """Write constants of ours as an SQL list. Literals, because a partial index is chosen by them."""
    return ", ".join(f"'{value!s}'" for value in values)


# VehicleQuerySet.rentable and .free in SQL (tests hold the two together), because a hold has no time for
# building a query; with it the end of the claim before and the start of the one after.
LIVE = f"a.vehicle_id = v.id AND a.state IN ({_quoted(LIVE_STATES)})"
READY_LATER = f"v.condition NOT IN ({_quoted(OUT_OF_REACH)})"
READY_SOON = f"""v.condition = '{Condition.READY}' AND v.battery_percent >= (
            SELECT m.minimum_battery_percent FROM stations_vehiclemodel m WHERE m.id = v.model_id)"""  # noqa: S608 (constants)
FREE = """
    SELECT v.id,
        (SELECT upper(a.period) FROM stations_vehicleallocation a
          WHERE {live} AND upper(a.period) <= %(starts_at)s ORDER BY upper(a.period) DESC LIMIT 1),
        (SELECT lower(a.period) FROM stations_vehicleallocation a
          WHERE {live} AND upper(a.period) > %(ends_at)s ORDER BY upper(a.period) LIMIT 1)
    FROM stations_vehicle v
    WHERE v.station_id = %(station_id)s AND v.model_id = %(model_id)s
      AND v.lifecycle = '{in_service}' AND {ready}
      AND v.insurance_expires_on >= %(last_day)s
      AND (v.registration_expires_on IS NULL OR v.registration_expires_on >= %(last_day)s)
      AND (v.inspection_expires_on IS NULL OR v.inspection_expires_on >= %(last_day)s)
      AND NOT EXISTS (
          SELECT 1 FROM stations_vehicleallocation a
          WHERE {live} AND upper(a.period) > %(starts_at)s AND lower(a.period) < %(ends_at)s
            AND (a.state <> '{held}' OR a.hold_expires_at > %(now)s))
    ORDER BY random()
    LIMIT %(most)s
"""
STATEMENTS = {
    is_soon: FREE.format(
        live=LIVE,
        in_service=Lifecycle.IN_SERVICE,
        ready=READY_SOON if is_soon else READY_LATER,
        held=AllocationState.HELD,
    )
    for is_soon in (True, False)
}

# Of the free vehicles the one whose idle time around is shortest, as `candidates` orders them, that no rival is
# claiming at this moment, claimed under a key drawn before. No row: it was taken after all, or none is free.
CLAIM = """
    INSERT INTO stations_vehicleallocation
        (id, vehicle_id, station_id, period, kind, state, hold_expires_at, claimant, created_at)
    SELECT %(claim)s, picked.id, %(station_id)s, tstzrange(%(starts_at)s, %(ends_at)s, '[)'), '{kind}', '{held}',
           %(hold_expires_at)s, %(claimant)s, %(now)s
    FROM (SELECT id FROM (
              SELECT free.id FROM ({free}) free(id, free_from, free_until)
              ORDER BY least(%(starts_at)s - free_from, '{long_idle} days')
                       + least(free_until - %(ends_at)s, '{long_idle} days')
              LIMIT %(most)s) by_fit
          WHERE pg_try_advisory_xact_lock({space}, id::int) LIMIT 1) picked
    ON CONFLICT DO NOTHING
    RETURNING vehicle_id
"""
CLAIMS = {
    is_soon: CLAIM.format(
        free=statement,
        kind=AllocationKind.BOOKING,
        held=AllocationState.HELD,
        long_idle=LONG_IDLE.days,
        space=LOCK_SPACE,
    )
    for is_soon, statement in STATEMENTS.items()
}
# Draws the key of a claim.
NEXT_CLAIM = next_key(VehicleAllocation)


@dataclass(frozen=True, slots=True)
class Claim:
    """The first try at claiming a vehicle, as a part of somebody else's statement that writes more rows."""

    statement: str
    values: dict[str, Any]

    def written(self, vehicle_id: int) -> VehicleAllocation:
        """Return the claim as it was written, without reading it back."""
        values = self.values
        period = Period(values["starts_at"], values["ends_at"]).as_range()
        kind, state = AllocationKind.BOOKING.value, AllocationState.HELD.value
        written = {
            "id": values["claim"],
            "vehicle_id": vehicle_id,
            "station_id": values["station_id"],
            "period": period,
            "kind": kind,
            "state": state,
            "hold_expires_at": values["hold_expires_at"],
            "claimant": values["claimant"],
            "created_at": values["now"],
        }
        names = [field.attname for field in VehicleAllocation._meta.concrete_fields]
        return VehicleAllocation.from_db(connection.alias, names, [written[name] for name in names])


def first_claim(
    *,
    key: int,
    station: Station,
    model: VehicleModel,
    period: Period,
    claimant: str,
    hold_expires_at: datetime,
) -> Claim:
    """Return the claim by model that `services.hold_any` would try first, unwritten. Its `key` was drawn by NEXT_CLAIM.

    It does not wait for rivals who try in the same way. Where it returns no vehicle, call `hold_any`.
    """
    values = _values(station, model, period)
    statement = CLAIMS[period.starts_at < values["now"] + SOON]
    return Claim(
        statement, {**values, "claim": key, "claimant": claimant, "hold_expires_at": hold_expires_at}
    )


def candidates(station: Station, model: VehicleModel, period: Period, *, tightest_first: bool) -> list[int]:
    """Return some free vehicles at random, or those of them first whose idle time around is shortest.

    `period` includes the turnaround. Among equals the order stays random, so that rivals at an idle
    station spread out. One query.
    """
    values = _values(station, model, period)
    found = rows_of(STATEMENTS[period.starts_at < values["now"] + SOON], values)
    if tightest_first:
        found.sort(key=lambda row: _idle(period, row[1], row[2]))
    return [int(row[0]) for row in found]


def _values(station: Station, model: VehicleModel, period: Period) -> dict[str, Any]:
    return {
        "station_id": station.pk,
        "model_id": model.pk,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "last_day": clock.local(period.ends_at).date(),
        "now": clock.now(),
        "most": MOST,
    }


def _idle(period: Period, free_from: datetime | None, free_until: datetime | None) -> timedelta:
    before = period.starts_at - free_from if free_from else LONG_IDLE
    after = free_until - period.ends_at if free_until else LONG_IDLE
    return min(before, LONG_IDLE) + min(after, LONG_IDLE)
