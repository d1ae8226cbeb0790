"""The operators' first page, put together for one person: what they may not open, they do not see."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from payments.ledger.models import LedgerEntry
from rentals.analytics import charts
from rentals.analytics.attention import Duty, count_duties, duties_for
from rentals.analytics.live import StationNow, fleet_by_condition, stations_now
from rentals.analytics.plan import PlannedClaim, day_plan
from rentals.analytics.today import Coming, overdue, pickups_today, returns_today
from rentals.analytics.turnover import DayFigures, Summary, last_days, summary
from rentals.bookings.models import Booking
from rentals.handovers.models import Rental
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.backoffice.columns import change_url, list_url
from voltgo.core.money import format_dong

SEES_STATIONS = "stations.view_vehicle"
SEES_RENTALS = "rentals.view_rental"
SEES_MONEY = "payments.view_ledgerentry"
IN_SERVICE = "lifecycle__exact=in_service"


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work with its number and the list behind it."""

    duty: Duty
    count: int

    @property
    def url(self) -> str:
        return list_url(self.duty.model, self.duty.query)


@dataclass(frozen=True, slots=True)
class StationRow:
    """One station with the lists behind its numbers."""

    now: StationNow

    def _list(self, query: str) -> str:
        return list_url(Vehicle, f"station__id__exact={self.now.station.pk}&{query}")

    @property
    def station_url(self) -> str:
        return change_url(self.now.station)

    @property
    def cells(self) -> Sequence[tuple[int, str]]:
        """The numbers in the order of the headings, each with its list."""
        numbers = [(self.now.vehicles, self._list(IN_SERVICE)), (self.now.free, self._list("free=now"))]
        for condition in (Condition.ON_RENTAL, Condition.PREPARATION, Condition.MAINTENANCE):
            count = self.now.by_condition.get(condition, 0)
            numbers.append((count, self._list(f"{IN_SERVICE}&condition__exact={condition}")))
        return numbers


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything on the page. A part that the person may not see is None."""

    now: datetime
    tasks: Sequence[Task] = ()
    stations: Sequence[StationRow] = ()
    conditions: charts.Chart | None = None
    pickups: Coming[Booking] | None = None
    returns: Coming[Rental] | None = None
    overdue: Coming[Rental] | None = None
    station: StationNow | None = None
    plan: charts.Plan | None = None
    rentals: charts.Chart | None = None
    revenue: charts.Chart | None = None
    days: Sequence[DayFigures] = ()
    urls: Mapping[str, str] = field(default_factory=dict)

    @property
    def revenue_summary(self) -> Summary:
        return summary([(row.revenue, row.day) for row in self.days])

    @property
    def rentals_summary(self) -> Summary:
        return summary([(row.rentals, row.day) for row in self.days])

    @property
    def open_tasks(self) -> int:
        return sum(task.count for task in self.tasks)


def dashboard_for(
    permissions: Collection[str],
    *,
    counts: Mapping[str, int] | None = None,
    station_code: str = "",
    now: datetime | None = None,
) -> Dashboard:
    """Read the page in at most eleven queries, fewer for who sees less; `counts` are of all their duties."""
    now = now or clock.now()
    duties = duties_for(permissions)
    if counts is None:
        counts = count_duties(duties, now=now)
    parts: dict[str, Any] = {"tasks": [Task(duty, counts[duty.code]) for duty in duties]}
    if SEES_STATIONS in permissions:
        parts |= _stations(now, station_code, with_plan=SEES_RENTALS in permissions)
    if SEES_RENTALS in permissions:
        parts |= {"pickups": pickups_today(now), "returns": returns_today(now), "overdue": overdue(now)}
        parts |= _figures(now, with_revenue=SEES_MONEY in permissions)
        parts["urls"] = {
            "pickups": list_url(Booking, "due=today"),
            "returns": list_url(Rental, "due=today"),
            "overdue": list_url(Rental, "due=overdue"),
        }
    return Dashboard(now=now, **parts)


def _stations(now: datetime, station_code: str, *, with_plan: bool) -> dict[str, Any]:
    stations = stations_now(now)
    by_condition = [
        (
            Condition(condition).label,
            count,
            list_url(Vehicle, f"{IN_SERVICE}&condition__exact={condition}"),
            condition,
        )
        for condition, count in fleet_by_condition(stations).items()
    ]
    parts: dict[str, Any] = {
        "stations": [StationRow(row) for row in stations],
        "conditions": charts.rows(by_condition),
    }
    chosen = next((row for row in stations if row.station.code == station_code), None)
    chosen = chosen or max(stations, key=lambda row: row.vehicles, default=None)
    if chosen and with_plan:
        plan = charts.plan_chart(day_plan(chosen.station, now), now, url_of=_url_of)
        parts |= {"station": chosen, "plan": plan}
    return parts


def _url_of(planned: PlannedClaim) -> str:
    return change_url(planned.booking or planned.claim)


def _figures(now: datetime, *, with_revenue: bool) -> dict[str, Any]:
    days = last_days(now, with_revenue=with_revenue)
    parts: dict[str, Any] = {
        "days": days,
        "rentals": charts.columns(
            [
                (
                    f"{row.day:%d}",
                    row.rentals,
                    _("%(day)s: %(count)d chuyến") % {"day": f"{row.day:%d/%m}", "count": row.rentals},
                    list_url(Rental, f"started_at__date={row.day.isoformat()}"),
                )
                for row in days
            ]
        ),
    }
    if with_revenue:
        parts["revenue"] = charts.columns(
            [
                (
                    f"{row.day:%d}",
                    row.revenue,
                    f"{row.day:%d/%m}: {format_dong(row.revenue)}",
                    list_url(LedgerEntry, f"kind__exact=revenue&occurred_at__date={row.day.isoformat()}"),
                )
                for row in days
            ]
        )
    return parts
