"""Revenue and rentals per day, from the ledger and from the keys that were given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate

from payments.ledger import chart
from payments.ledger.models import LedgerLine
from rentals.handovers.models import Rental
from voltgo.core import clock
from voltgo.core.money import Dong

DAYS = 14
INCOME = (chart.REVENUE_RENTAL.code, chart.REVENUE_FEES.code, chart.COMPENSATION_INCOME.code)


@dataclass(frozen=True, slots=True)
class Summary:
    """One row of figures in two numbers: all of it, and its highest day."""

    total: int
    highest: int
    highest_on: date


@dataclass(frozen=True, slots=True)
class DayFigures:
    """One day in Vietnam: net revenue that was booked, and rentals that began."""

    day: date
    revenue: Dong
    rentals: int


def last_days(now: datetime, *, with_revenue: bool = True) -> Sequence[DayFigures]:
    """Return the last fourteen days, today last, in two queries."""
    today = clock.local(now).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    since = clock.day_bounds(days[0])[0]
    revenue = _revenue_by_day(since) if with_revenue else {}
    rentals = _rentals_by_day(since)
    return [DayFigures(day, revenue.get(day, 0), rentals.get(day, 0)) for day in days]


def _revenue_by_day(since: datetime) -> dict[date, Dong]:
    """Add up income, which the ledger books as credits: negative amounts."""
    lines = LedgerLine.objects.filter(account__code__in=INCOME, entry__occurred_at__gte=since)
    by_day = lines.order_by().values_list(TruncDate("entry__occurred_at", tzinfo=clock.LOCAL_ZONE))
    return {day: -total for day, total in by_day.annotate(total=Sum("amount"))}


def _rentals_by_day(since: datetime) -> dict[date, int]:
    started = Rental.objects.filter(started_at__gte=since).order_by()
    by_day = started.values_list(TruncDate("started_at", tzinfo=clock.LOCAL_ZONE))
    return dict(by_day.annotate(count=Count("pk")))


def summary(values: Sequence[tuple[int, date]]) -> Summary:
    """Add up (value, day) and name the highest day."""
    highest, day = max(values)
    return Summary(sum(value for value, _day in values), highest, day)
