"""The quote engine: pure functions over whole dong, no database and no clock.

Time is priced in 24-hour blocks from pickup. A started block costs its started hours, at most one day;
seven blocks cost at most one week, thirty at most one month. Every cap is a running minimum of a sum
that only grows, so a longer rental is never cheaper. The weekend multiplier works on minutes in
Vietnam's time; what it adds is shown as a line of its own.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import BASIS_POINTS, Dong, divide_half_up, split_vat

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTES_A_DAY = 1440
BLOCKS_A_WEEK = 7
BLOCKS_A_MONTH = 30
SATURDAY = 5
# domain.md: the late fee is capped at one and a half daily rates.
LATE_FEE_CAP_BP = 15_000
ENERGY_STEP_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Terms:
    """A tariff's rules as plain values, frozen into the quote. Amounts in dong including VAT."""

    hour_amount: Dong
    day_amount: Dong
    week_amount: Dong
    month_amount: Dong
    weekend_bp: int
    deposit_amount: Dong
    included_km_per_day: int
    extra_km_amount: Dong
    late_grace_minutes: int
    late_first_hour_amount: Dong
    late_next_hour_amount: Dong
    return_battery_percent: int
    energy_fee_amount: Dong

    def as_json(self) -> dict[str, int]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, int]) -> "Terms":
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote or settlement. `params` fill the words of `code` (pricing/wording.py)."""

    code: str
    kind: str
    gross: Dong
    vat_bp: int
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def net(self) -> Dong:
        return split_vat(self.gross, self.vat_bp)[0]

    @property
    def vat(self) -> Dong:
        return split_vat(self.gross, self.vat_bp)[1]

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "params": self.params,
            "gross": self.gross,
            "vat_bp": self.vat_bp,
            "net": self.net,
            "vat": self.vat,
        }


@dataclass(frozen=True, slots=True)
class Priced:
    """The price of a period: its lines, their sums, and the deposit, which is no part of the price."""

    lines: tuple[Line, ...]
    deposit: Dong

    @property
    def total(self) -> Dong:
        return sum(line.gross for line in self.lines)

    @property
    def net(self) -> Dong:
        return sum(line.net for line in self.lines)

    @property
    def vat(self) -> Dong:
        return sum(line.vat for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """How a period falls into months, weeks, days and started hours, and what each tier costs."""

    months: int
    weeks: int
    days: int
    hours: int
    month_sum: Dong
    week_sum: Dong
    day_sum: Dong
    hour_sum: Dong

    @property
    def total(self) -> Dong:
        return self.month_sum + self.week_sum + self.day_sum + self.hour_sum


def _weekend_minutes(start: datetime, end: datetime) -> int:
    """Count the minutes between two moments that fall on Saturday or Sunday in Vietnam."""
    minutes = 0
    here = clock.local(start)
    while here < end:
        midnight = clock.day_bounds(here.date())[1]
        stop = min(midnight, end)
        if here.weekday() >= SATURDAY:
            minutes += int((stop - here).total_seconds()) // 60
        here = clock.local(stop)
    return minutes


def _stretch_price(amount: Dong, start: datetime, length: timedelta, weekend_bp: int) -> Dong:
    """Price one stretch whose plain price is `amount`, with the multiplier on its weekend minutes."""
    if weekend_bp == BASIS_POINTS:
        return amount
    whole = int(length.total_seconds()) // 60
    extra = _weekend_minutes(start, start + length)
    weighted = (whole - extra) * BASIS_POINTS + extra * weekend_bp
    return divide_half_up(amount * weighted, whole * BASIS_POINTS)


def _blocks(period: Period, terms: Terms, weekend_bp: int) -> _Blocks:
    """Price a period block by block, capped by week and month."""
    whole_days, rest = divmod(period.duration, DAY)
    hours = -(-rest // HOUR)
    block_prices = [
        _stretch_price(terms.day_amount, period.starts_at + DAY * index, DAY, weekend_bp)
        for index in range(whole_days)
    ]
    tail_start = period.starts_at + DAY * whole_days
    by_hour = [
        _stretch_price(terms.hour_amount, tail_start + HOUR * index, HOUR, weekend_bp)
        for index in range(hours)
    ]
    tail_cap = _stretch_price(terms.day_amount, tail_start, DAY, weekend_bp)
    tail = min(sum(by_hour), tail_cap)

    months, days_after_months = divmod(whole_days, BLOCKS_A_MONTH)
    month_sum = sum(
        _month_price(block_prices[index * BLOCKS_A_MONTH : (index + 1) * BLOCKS_A_MONTH], 0, terms)[0]
        for index in range(months)
    )
    last = block_prices[months * BLOCKS_A_MONTH :]
    weeks, days = divmod(days_after_months, BLOCKS_A_WEEK)
    capped, week_sum, day_sum, hour_sum = _month_price(last, tail, terms)
    if capped == terms.month_amount < week_sum + day_sum + hour_sum:
        # The cap of the whole month is cheaper than what was used of it.
        return _Blocks(months + 1, 0, 0, 0, month_sum + capped, 0, 0, 0)
    return _Blocks(months, weeks, days, hours, month_sum, week_sum, day_sum, hour_sum)


def _month_price(blocks: list[Dong], tail: Dong, terms: Terms) -> tuple[Dong, Dong, Dong, Dong]:
    """Price up to thirty blocks and a started one; return (capped total, weeks, days, hours).

    An unfinished week is capped at the week's price: its days first, then its hours.
    """
    full_weeks = len(blocks) // BLOCKS_A_WEEK
    week_sum = sum(
        min(sum(blocks[index * BLOCKS_A_WEEK : (index + 1) * BLOCKS_A_WEEK]), terms.week_amount)
        for index in range(full_weeks)
    )
    rest = sum(blocks[full_weeks * BLOCKS_A_WEEK :])
    day_sum = min(rest, terms.week_amount)
    hour_sum = min(rest + tail, terms.week_amount) - day_sum
    return min(week_sum + day_sum + hour_sum, terms.month_amount), week_sum, day_sum, hour_sum


def time_price(period: Period, terms: Terms) -> Dong:
    """Return what the time alone costs, with the weekend multiplier and every cap."""
    return _blocks(period, terms, terms.weekend_bp).total


def price_rental(period: Period, terms: Terms, vat_bp: int) -> Priced:
    """Price a period in lines that people can check: tiers at their plain price, then the weekend's extra."""
    plain = _blocks(period, terms, BASIS_POINTS)
    tiers = (
        ("rent_month", plain.months, plain.month_sum),
        ("rent_week", plain.weeks, plain.week_sum),
        ("rent_day", plain.days, plain.day_sum),
        ("rent_hours", plain.hours, plain.hour_sum),
    )
    lines = [
        Line(
            code,
            "rental",
            gross,
            vat_bp,
            {"count": count, "unit_amount": divide_half_up(gross, count), "gross": gross},
        )
        for code, count, gross in tiers
        if count and gross
    ]
    extra = time_price(period, terms) - plain.total
    if extra:
        percent = (terms.weekend_bp - BASIS_POINTS) // 100
        lines.append(Line("weekend", "rental", extra, vat_bp, {"percent": percent}))
    return Priced(tuple(lines), terms.deposit_amount)


@dataclass(frozen=True, slots=True)
class DamageFact:
    """One new damage that the renter is charged for; `reference` finds its mark and photo again."""

    part: str
    amount: Dong
    reference: int


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """What was found at return. `booked` is the frozen period; distances in km, batteries in percent."""

    booked: Period
    presented_at: datetime
    distance_km: int
    battery_end_percent: int
    damages: tuple[DamageFact, ...] = ()


def included_km(period: Period, terms: Terms) -> int:
    """Return the kilometres in the price: per 24 hours, the started rest pro rata by started hour."""
    whole_days, rest = divmod(period.duration, DAY)
    hours = -(-rest // HOUR)
    return terms.included_km_per_day * whole_days + -(-terms.included_km_per_day * hours // 24)


def late_fee(minutes_late: int, terms: Terms) -> Dong:
    """Return the fee for lateness beyond the grace: the first hour, each further started hour, capped."""
    if minutes_late <= terms.late_grace_minutes:
        return 0
    further = max(0, -(-(minutes_late - 60) // 60))
    fee = terms.late_first_hour_amount + further * terms.late_next_hour_amount
    return min(fee, terms.day_amount * LATE_FEE_CAP_BP // BASIS_POINTS)


def charges_at_return(terms: Terms, facts: ReturnFacts, vat_bp: int) -> list[Line]:
    """Return what comes on top of the prepaid rent, by the rules frozen in the quote.

    Lateness is used time and carries VAT like rent; compensation for damage carries none
    (Circular 219/2013 art. 5).
    """
    return [
        *_late_lines(terms, facts, vat_bp),
        *_use_lines(terms, facts, vat_bp),
        *_damage_lines(facts.damages),
    ]


def _late_lines(terms: Terms, facts: ReturnFacts, vat_bp: int) -> Iterable[Line]:
    late = facts.presented_at - facts.booked.ends_at
    minutes = int(late.total_seconds() // 60)
    if minutes <= terms.late_grace_minutes:
        return
    used = Period(facts.booked.starts_at, facts.presented_at.replace(microsecond=0))
    extra_time = time_price(used, terms) - time_price(facts.booked, terms)
    params = {"minutes": minutes}
    if extra_time:
        yield Line("late_time", "rental", extra_time, vat_bp, params)
    fee = late_fee(minutes, terms)
    if fee:
        yield Line("late_fee", "fee", fee, vat_bp, params)


def _use_lines(terms: Terms, facts: ReturnFacts, vat_bp: int) -> Iterable[Line]:
    extra_km = facts.distance_km - included_km(facts.booked, terms)
    if extra_km > 0 and terms.extra_km_amount:
        params = {"km": extra_km, "unit_amount": terms.extra_km_amount}
        yield Line("extra_km", "fee", extra_km * terms.extra_km_amount, vat_bp, params)
    missing = terms.return_battery_percent - facts.battery_end_percent
    if missing > 0 and terms.energy_fee_amount:
        steps = -(-missing // ENERGY_STEP_PERCENT)
        params = {"percent": missing, "unit_amount": terms.energy_fee_amount}
        yield Line("energy", "fee", steps * terms.energy_fee_amount, vat_bp, params)


def _damage_lines(damages: Iterable[DamageFact]) -> Iterable[Line]:
    for damage in damages:
        if damage.amount:
            yield Line(
                "damage",
                "compensation",
                damage.amount,
                0,
                {"part": damage.part, "reference": damage.reference},
            )
