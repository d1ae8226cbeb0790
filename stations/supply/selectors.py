"""Reads of the supply guard: what stands ready at stations right now, and what may be booked of it.

Everything is derived on reading, so a station reopens by itself when a vehicle is ready again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from stations.fleet.enums import Condition, Lifecycle, VehicleKind
from stations.fleet.models import VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.supply.enums import SupplyLevel
from stations.supply.errors import SupplyTooLow
from stations.supply.rules import (
    OFFLINE_AFTER,
    UNGUARDED,
    WINDOW,
    Override,
    Supply,
    is_guarded,
    supply_of,
)
from stations.timeline.enums import LIVE_STATES, AllocationState
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

# Who may take of the walk-in reserve, whatever the level: the person at the counter sees the vehicle.
COUNTER = "counter"

# One row per station and class with a rule or a decision. Each station's vehicles and claims are read once for
# all classes (MATERIALIZED keeps the planner from doing it per row). The claims come from the index that search
# reads; they are compared by upper() and lower() for the reason given in docs/adr/0003.
READY_SUPPLY = """
    WITH standing AS MATERIALIZED (
        SELECT near.id, near.last_seen_at, ready.*
        FROM stations_station near
        CROSS JOIN LATERAL (
            SELECT {ready_by_kind}
            FROM stations_vehicle v JOIN stations_vehiclemodel m ON m.id = v.model_id
            WHERE v.station_id = near.id AND v.lifecycle = '{in_service}' AND v.condition = '{ready}'
              AND %(kind)s::text IN ('', m.kind) AND v.battery_percent >= m.minimum_battery_percent
              AND v.id <> ALL (ARRAY(
                  SELECT a.vehicle_id FROM stations_vehicleallocation a
                  WHERE a.station_id = near.id AND a.state IN ({live})
                    AND upper(a.period) > %(now)s AND lower(a.period) < %(until)s
                    AND (a.state <> '{held}' OR a.hold_expires_at > %(now)s)))) ready
        WHERE near.id = ANY(%(stations)s))
    SELECT guarded.station_id, guarded.kind, guarded.safe_threshold, guarded.walk_in_reserve,
           guarded.level, guarded.until, guarded.reason, s.last_seen_at,
           CASE guarded.kind {counts} END
    FROM (SELECT station_id, kind, r.safe_threshold, r.walk_in_reserve, o.level, o.until, o.reason
          FROM (SELECT * FROM stations_supplyrule WHERE station_id = ANY(%(stations)s)) r
          FULL JOIN (SELECT * FROM stations_supplyoverride
                     WHERE station_id = ANY(%(stations)s) AND ended_at IS NULL AND until > %(now)s) o
               USING (station_id, kind)) guarded
    JOIN standing s ON s.id = guarded.station_id
    WHERE %(kind)s::text IN ('', guarded.kind)
""".format(  # noqa: S608 (constants)
    counts=" ".join(f"WHEN '{kind}' THEN s.{kind}" for kind in VehicleKind.values),
    ready_by_kind=", ".join(
        f"count(*) FILTER (WHERE m.kind = '{kind}') AS {kind}" for kind in VehicleKind.values
    ),
    in_service=Lifecycle.IN_SERVICE,
    ready=Condition.READY,
    live=", ".join(f"'{state}'" for state in LIVE_STATES),
    held=AllocationState.HELD,
)

Supplies = Mapping[tuple[int, str], Supply]


def supplies_at(
    station_ids: Iterable[int],
    *,
    kind: str = "",
    moment: datetime | None = None,
    openings: Mapping[int, Opening] | None = None,
) -> Supplies:
    """Return {(station id, kind): supply} where a rule or a decision is set. One query.

    Opening hours are read, in a second query, only when a tablet has been silent and they are not given: a
    closed station's tablet may sleep.
    """
    moment = moment or clock.now()
    values: dict[str, Any] = {
        "stations": list(station_ids),
        "kind": kind,
        "now": moment,
        "until": moment + WINDOW,
    }
    rows = rows_of(READY_SUPPLY, values)
    silent = {station_id for station_id, *_rest, seen_at, _ready in rows if _is_silent(seen_at, moment)}
    offline = _open_all_along(silent, moment, openings) if silent else set()
    return {(row[0], row[1]): _supply(row, is_online=row[0] not in offline) for row in rows}


def _is_silent(seen_at: datetime | None, moment: datetime) -> bool:
    """Say whether a tablet that was heard of once is not any more; a station without one is never silent."""
    return seen_at is not None and seen_at < moment - OFFLINE_AFTER


def _open_all_along(
    station_ids: set[int], moment: datetime, openings: Mapping[int, Opening] | None
) -> set[int]:
    """Return the stations that are open and were so for as long as a tablet may be silent."""
    if openings is None:
        now = moment.replace(microsecond=0)
        openings = openings_of(station_ids, Period(now, now + OFFLINE_AFTER))
    return {
        station_id
        for station_id in station_ids
        if station_id in openings
        and openings[station_id].is_open_at(moment)
        and openings[station_id].is_open_at(moment - OFFLINE_AFTER)
    }


def _supply(row: Sequence[Any], *, is_online: bool) -> Supply:
    _station_id, _kind, threshold, reserve, level, until, reason, _seen_at, ready = row
    override = Override(SupplyLevel(level), until, reason) if level else None
    return supply_of(
        ready=ready, threshold=threshold, reserve=reserve or 0, is_online=is_online, override=override
    )


def levels_at(station: Station) -> dict[str, Supply]:
    """Return {kind: supply} of one station, for the classes that are guarded, in the order of the classes."""
    found = supplies_at([station.pk])
    return {kind: found[station.pk, kind] for kind in VehicleKind.values if (station.pk, kind) in found}


def supply_for(station: Station, kind: str, period: Period) -> Supply:
    """Return what limits a booking of a class for a period; a later pickup is limited by nothing."""
    now = clock.now()
    if not is_guarded(period.starts_at, now):
        return UNGUARDED
    return supplies_at([station.pk], kind=kind, moment=now).get((station.pk, kind), UNGUARDED)


def check_supply(*, station: Station, model: VehicleModel, period: Period, channel: str) -> None:
    """Refuse a booking for soon while too few vehicles stand ready. At most one query in the usual case.

    Takes no lock: rivals of the same second may take one vehicle more than the reserve allows; the
    constraint on the timeline, not this guard, keeps a vehicle from being promised twice.

    Raises:
        SupplyTooLow: the class is stopped at this station, or only the walk-in reserve is left.
    """
    if channel == COUNTER:
        return
    supply = supply_for(station, model.kind, period)
    if supply.is_closed:
        raise SupplyTooLow(station=station.code, kind=model.kind, cause=supply.cause.value)
