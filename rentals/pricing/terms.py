"""The rules of a tariff as plain values, with the calendar that they need: all of it frozen into the quote."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import BASIS_POINTS, Dong

SATURDAY = 5
MINUTE = 60
# (day of the week with Monday as 0, first minute after midnight, minute after the last one, first day,
# last day); the days as ISO dates, empty where there is no bound.
Peak = tuple[int, int, int, str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """A tariff's rules as plain values, frozen into the quote. Amounts in dong including VAT.

    What came later has a default, so that quotes made before it are read as they were meant.
    """

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
    peak_bp: int = BASIS_POINTS
    holiday_bp: int = BASIS_POINTS
    young_driver_day_amount: Dong = 0
    young_driver_age: int = 0
    cleaning_fee_amount: Dong = 0
    # The days that cost more, as ISO dates, reaching some way past the end of the rental.
    holidays: tuple[str, ...] = ()
    peaks: tuple[Peak, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Terms":
        """Read frozen terms; what was not yet known when they were frozen takes its default."""
        known = {field.name for field in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        kept["holidays"] = tuple(kept.get("holidays", ()))
        kept["peaks"] = tuple((*peak,) for peak in kept.get("peaks", ()))
        return cls(**kept)

    def is_young(self, age: int | None) -> bool:
        """Say whether somebody of this age pays the young driver's extra."""
        return bool(self.young_driver_day_amount) and age is not None and age < self.young_driver_age

    @property
    def multipliers(self) -> dict[str, int]:
        """What multiplies a minute's price, in basis points; the first one wins where two are equal."""
        return {"holiday": self.holiday_bp, "weekend": self.weekend_bp, "peak": self.peak_bp}


def dear_seconds(period: Period, terms: Terms) -> dict[str, int]:
    """Return how many seconds of a period cost more, each counted under its highest multiplier alone.

    Keys are those of `Terms.multipliers`; days and hours are Vietnam's.
    """
    seconds = dict.fromkeys(terms.multipliers, 0)
    if max(terms.multipliers.values()) == BASIS_POINTS:
        return seconds
    here = clock.local(period.starts_at)
    end = clock.local(period.ends_at)
    while here < end:
        start, midnight = clock.day_bounds(here.date())
        stop = min(midnight, end)
        _count_day(seconds, terms, here.date(), _since(start, here), _since(start, stop))
        here = stop
    return seconds


def _since(start: datetime, moment: datetime) -> int:
    return int((moment.astimezone(UTC) - start.astimezone(UTC)).total_seconds())


def _count_day(seconds: dict[str, int], terms: Terms, day: date, first: int, last: int) -> None:
    """Add what lies between two seconds of one day."""
    named = [
        code
        for code, applies in (
            ("holiday", day.isoformat() in terms.holidays),
            ("weekend", day.weekday() >= SATURDAY),
        )
        if applies and terms.multipliers[code] > BASIS_POINTS
    ]
    whole_day = max(named, key=lambda code: terms.multipliers[code]) if named else ""
    level = terms.multipliers[whole_day] if whole_day else BASIS_POINTS
    in_peak = _peak_seconds(terms, day, first, last) if terms.peak_bp > level else 0
    seconds["peak"] += in_peak
    if whole_day:
        seconds[whole_day] += last - first - in_peak


def _peak_seconds(terms: Terms, day: date, first: int, last: int) -> int:
    """Count the seconds of a day's stretch inside busy hours, those of two overlapping rows once."""
    iso = day.isoformat()
    windows = sorted(
        (starts * MINUTE, ends * MINUTE)
        for weekday, starts, ends, since, until in terms.peaks
        if weekday == day.weekday() and since <= iso and (not until or iso <= until)
    )
    counted, reached = 0, first
    for starts, ends in windows:
        starts, ends = max(starts, reached), min(ends, last)
        if starts < ends:
            counted += ends - starts
            reached = ends
    return counted


def started_days(period: Period) -> int:
    """Return how many times 24 hours a period has begun."""
    return -(-period.duration // timedelta(days=1))
