"""The price of time: the cheapest bundle of months, weeks, days and hours that covers a period."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rentals.pricing.lines import Line
from rentals.pricing.terms import Terms, dear_seconds
from voltgo.core.clock import Period
from voltgo.core.money import BASIS_POINTS, Dong, allocate, divide_half_up

HOUR = 3_600
DAY = 24 * HOUR
WEEK = 7 * DAY
MONTH = 30 * DAY
# Extras are compared as whole numbers of this part of a dong, so that no bundle wins by rounding.
PART = DAY * BASIS_POINTS


@dataclass(frozen=True, slots=True)
class Bundle:
    """Tickets for one period: how many of each, and what the dear minutes under them add."""

    seconds: int
    months: int
    weeks: int
    days: int
    hours: int
    base: Dong
    # {code: (parts of a dong, seconds that were charged)}
    dear: dict[str, tuple[int, int]]

    @property
    def parts(self) -> int:
        """The exact price, in parts of a dong."""
        return self.base * PART + sum(parts for parts, _seconds in self.dear.values())

    @property
    def extra(self) -> Dong:
        """What dear minutes add, rounded up once: rounded half up, two halves could cost a dong less."""
        return -(-sum(parts for parts, _seconds in self.dear.values()) // PART)

    @property
    def total(self) -> Dong:
        return self.base + self.extra


def cheapest(period: Period, terms: Terms) -> Bundle:
    """Return the cheapest bundle that covers a period; of equal ones, that with the fewest long tickets."""
    seconds = int(period.duration.total_seconds())
    dear = sorted(
        (
            (terms.multipliers[code] - BASIS_POINTS, code, count)
            for code, count in dear_seconds(period, terms).items()
        ),
        reverse=True,
    )
    bundles = (_priced(seconds, counts, dear, terms) for counts in _bundles(seconds, terms))
    return min(bundles, key=lambda bundle: (bundle.parts, bundle.months, bundle.weeks, bundle.days))


def _bundles(seconds: int, terms: Terms) -> Iterator[tuple[int, int, int, int]]:
    """Yield every (months, weeks, days, hours) that may be the cheapest.

    A day for no more than 24 hours' price replaces any 24 of them, a week any seven days: then only the
    last day and the last week are open to choice. A dearer day is never bought; a dearer week may still be
    worth it for the dear minutes that it covers.
    """
    is_day_sold = terms.day_amount <= 24 * terms.hour_amount
    is_week_cheap = terms.week_amount <= 7 * min(terms.day_amount, 24 * terms.hour_amount)
    for months in range(-(-seconds // MONTH) + 1):
        after_months = max(0, seconds - months * MONTH)
        for weeks in _whole_or_started(after_months, WEEK) if is_week_cheap else _up_to(after_months, WEEK):
            after_weeks = max(0, after_months - weeks * WEEK)
            for days in _whole_or_started(after_weeks, DAY) if is_day_sold else [0]:
                hours = -(-max(0, after_weeks - days * DAY) // HOUR)
                yield months, weeks, days, hours


def _whole_or_started(seconds: int, size: int) -> Iterable[int]:
    return {seconds // size, -(-seconds // size)}


def _up_to(seconds: int, size: int) -> Iterable[int]:
    return range(-(-seconds // size) + 1)


def _priced(
    seconds: int, counts: tuple[int, int, int, int], dear: Iterable[tuple[int, str, int]], terms: Terms
) -> Bundle:
    """Price one bundle: the dearest minutes go under the caps first, then under days, then under hours."""
    months, weeks, days, hours = counts
    capped, in_days = months * MONTH + weeks * WEEK, days * DAY
    extras = {}
    for over_bp, code, left in dear:
        covered = min(left, capped)
        by_day = min(left - covered, in_days)
        by_hour = left - covered - by_day
        capped, in_days = capped - covered, in_days - by_day
        if by_day or by_hour:
            parts = over_bp * (by_day * terms.day_amount + by_hour * 24 * terms.hour_amount)
            extras[code] = (parts, by_day + by_hour)
    base = (
        months * terms.month_amount
        + weeks * terms.week_amount
        + days * terms.day_amount
        + hours * terms.hour_amount
    )
    return Bundle(seconds, months, weeks, days, hours, base, extras)


def ticket_lines(bundle: Bundle, terms: Terms, vat_bp: int) -> Iterator[Line]:
    """Return a bundle as lines that people can check: tickets at their price, then each extra by itself."""
    days, hours, hour_sum = bundle.days, bundle.hours, bundle.hours * terms.hour_amount
    unused = bundle.months * MONTH + bundle.weeks * WEEK + days * DAY - bundle.seconds
    if days and unused > 0:
        # The last day is only begun: its hours, for no more than the day's price.
        days, hours, hour_sum = days - 1, -(-(DAY - unused) // HOUR), terms.day_amount
    tiers = (
        ("rent_month", bundle.months, bundle.months * terms.month_amount),
        ("rent_week", bundle.weeks, bundle.weeks * terms.week_amount),
        ("rent_day", days, days * terms.day_amount),
        ("rent_hours", hours, hour_sum),
    )
    for code, count, gross in tiers:
        if count and gross:
            params = {"count": count, "unit_amount": divide_half_up(gross, count), "gross": gross}
            yield Line(code, "rental", gross, vat_bp, params)
    yield from _dear_lines(bundle, terms, vat_bp)


def _dear_lines(bundle: Bundle, terms: Terms, vat_bp: int) -> Iterator[Line]:
    """Yield a line for each reason why minutes cost more; together they are the bundle's extra exactly."""
    if not bundle.extra:
        return
    amounts = allocate(bundle.extra, [parts for parts, _seconds in bundle.dear.values()])
    for (code, (_parts, seconds)), gross in zip(bundle.dear.items(), amounts, strict=True):
        if gross:
            percent = (terms.multipliers[code] - BASIS_POINTS) / 100
            whole = int(percent) if percent.is_integer() else percent
            yield Line(code, "rental", gross, vat_bp, {"percent": whole, "minutes": -(-seconds // 60)})
