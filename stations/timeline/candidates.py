"""Which vehicle a claim by model should try first."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import OUT_OF_REACH, SOON, VehicleModel
from stations.network.models import Station
from stations.timeline.enums import LIVE_STATES, AllocationState
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

# A hot station: enough candidates that rivals spread out, few enough to read in one go.
MOST = 12
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


def candidates(station: Station, model: VehicleModel, period: Period, *, tightest_first: bool) -> list[int]:
    """Return some free vehicles at random, or those of them first whose idle time around is shortest.

    `period` includes the turnaround. Among equals the order stays random, so that rivals at an idle
    station spread out. One query.
    """
    now = clock.now()
    values: dict[str, Any] = {
        "station_id": station.pk,
        "model_id": model.pk,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "last_day": clock.local(period.ends_at).date(),
        "now": now,
        "most": MOST,
    }
    found = rows_of(STATEMENTS[period.starts_at < now + SOON], values)
    if tightest_first:
        found.sort(key=lambda row: _idle(period, row[1], row[2]))
    return [int(row[0]) for row in found]


def _idle(period: Period, free_from: datetime | None, free_until: datetime | None) -> timedelta:
    before = period.starts_at - free_from if free_from else LONG_IDLE
    after = free_until - period.ends_at if free_until else LONG_IDLE
    return min(before, LONG_IDLE) + min(after, LONG_IDLE)
