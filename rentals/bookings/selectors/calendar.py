"""The month of a vehicle, or of a model at a station: which days are free. One query, whatever the history."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rentals.bookings.month import Day, DayState, Timeline, Wish, day_of, weeks_of
from rentals.bookings.rules import SHORTEST
from rentals.bookings.selectors.battery import turnaround
from rentals.policies.rules import Policy
from stations.fleet.enums import Lifecycle
from stations.fleet.models import OUT_OF_REACH, Vehicle, VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.timeline.enums import LIVE_STATES, AllocationState
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

# Live claims of a vehicle come from the partial index by vehicle: past ones are outside of its range.
TIMELINES = """
    SELECT least(v.insurance_expires_on, v.registration_expires_on, v.inspection_expires_on), (
        SELECT json_agg(json_build_array(extract(epoch FROM lower(a.period))::bigint,
                                         extract(epoch FROM upper(a.period))::bigint) ORDER BY lower(a.period))
        FROM stations_vehicleallocation a
        WHERE a.vehicle_id = v.id AND a.state IN ({live})
          AND upper(a.period) > %(starts_at)s AND lower(a.period) < %(ends_at)s
          AND (a.state <> '{held}' OR a.hold_expires_at > %(now)s))
    FROM stations_vehicle v
    WHERE v.station_id = %(station)s AND v.lifecycle = '{in_service}' AND v.condition NOT IN ({out_of_reach})
      AND v.model_id = %(model)s AND %(vehicle)s IN (0, v.id)
""".format(  # noqa: S608 (constants)
    live=", ".join(f"'{state}'" for state in LIVE_STATES),
    held=AllocationState.HELD,
    in_service=Lifecycle.IN_SERVICE,
    out_of_reach=", ".join(f"'{condition}'" for condition in OUT_OF_REACH),
)


@dataclass(frozen=True, slots=True)
class Month:
    """A month as whole weeks, and the months to turn to; None at the end of what may be booked."""

    first: date
    weeks: list[list[Day]]
    previous: date | None
    next: date | None

    @property
    def is_all_busy(self) -> bool:
        days = [day for week in self.weeks for day in week]
        return not any(day.state in {DayState.FREE, DayState.PARTLY} for day in days)


def month_of(
    station: Station,
    model: VehicleModel,
    opening: Opening,
    *,
    month: date,
    period: Period,
    vehicle: Vehicle | None = None,
    policy: Policy | None = None,
) -> Month:
    """Return the free and busy days of a month for a model at a station, or for one vehicle of it. One query.

    A month outside of what may be booked is drawn to the nearest one inside. `period` says from which time
    of day and how long people want to rent: the days link to a period like it.
    """
    now = clock.now().replace(microsecond=0)
    furthest = now + timedelta(days=(policy or Policy()).furthest_ahead_days)
    first_month, last_month = (clock.local(moment).date().replace(day=1) for moment in (now, furthest))
    first = min(max(month.replace(day=1), first_month), last_month)
    weeks = weeks_of(first)
    values: dict[str, Any] = {
        "station": station.pk,
        "model": model.pk,
        "vehicle": vehicle.pk if vehicle else 0,
        "now": now,
        "starts_at": max(clock.day_bounds(weeks[0][0])[0], now),
        # A claim of the days after the month limits what its last day can still give.
        "ends_at": clock.day_bounds(weeks[-1][-1])[1] + period.duration,
    }
    vehicles = [
        Timeline(papers_until, [(_moment(start), _moment(end)) for start, end in claims or []])
        for papers_until, claims in rows_of(TIMELINES, values)
    ]
    wish = Wish(period.starts_at, period.duration, SHORTEST, turnaround(), now, furthest)
    return Month(
        first,
        [[day_of(day, opening, vehicles, wish) for day in week] for week in weeks],
        _previous(first) if first > first_month else None,
        _next(first) if first < last_month else None,
    )


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _previous(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
