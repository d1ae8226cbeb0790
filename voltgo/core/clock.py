"""Time: aware, stored in UTC, shown and priced in Vietnam's time."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

LOCAL_ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


# Set while something that happened away from the network is being written down.
_as_of: ContextVar[datetime | None] = ContextVar("as_of", default=None)


def now() -> datetime:
    """Return the present as an aware UTC time; inside `as_of` the moment at which the thing happened."""
    return _as_of.get() or timezone.now()


def wall() -> datetime:
    """Return the present also inside `as_of`: for jobs, leases, and when the server came to know."""
    return timezone.now()


@contextmanager
def as_of(moment: datetime) -> Iterator[None]:
    """Judge and write by the moment at which something happened, not by when it became known here.

    For commands that a tablet kept while it was offline: guards, times of signatures, fee clocks and ledger
    entries take the moment; audit events, state events and promised jobs keep the server's time.
    """
    token = _as_of.set(moment)
    try:
        yield
    finally:
        _as_of.reset(token)


def local(moment: datetime) -> datetime:
    """Return the moment in Vietnam's time, whatever the server's zone."""
    return moment.astimezone(LOCAL_ZONE)


def today() -> date:
    """Return today's date in Vietnam."""
    return local(now()).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the first moment of a day in Vietnam and the first moment of the next."""
    start = datetime(day.year, day.month, day.day, tzinfo=LOCAL_ZONE)
    return start, start + timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A stretch of time [starts_at, ends_at) in whole seconds, both ends aware."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        for end in (self.starts_at, self.ends_at):
            if end.tzinfo is None:
                raise ValueError("a period needs aware times")
            if end.microsecond:
                raise ValueError("a period is measured in whole seconds")
        if self.ends_at <= self.starts_at:
            raise ValueError("a period ends after it starts")

    @property
    def duration(self) -> timedelta:
        return self.ends_at.astimezone(UTC) - self.starts_at.astimezone(UTC)

    def extended_by(self, extra: timedelta) -> "Period":
        return Period(self.starts_at, self.ends_at + extra)

    def overlaps(self, other: "Period") -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def as_range(self) -> DateTimeTZRange:
        return DateTimeTZRange(self.starts_at, self.ends_at, "[)")
