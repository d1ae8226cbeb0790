"""The times of a tablet, corrected by what was measured of its clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

# A clock that is so far out is named to people; its times count as corrected.
MOST_OFFSET = timedelta(minutes=5)
# A step may lie this much before the rest, and not after receipt: a drive, not a mistyped year.
LONGEST_OFFSET_MS = 400 * 24 * 3600 * 1000


def read(value: Any) -> datetime | None:
    """Read an ISO time; None if it is none or has no zone."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = parse_datetime(value)
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def corrected(moment: datetime, offset_ms: int | None, *, received_at: datetime) -> datetime:
    """Return when it really was: the tablet's time and its clock's error, never after receipt."""
    try:
        real = moment + timedelta(milliseconds=offset_ms or 0)
    except OverflowError:
        return received_at
    return min(real, received_at)


def is_suspect(moment: datetime, offset_ms: int | None, *, received_at: datetime) -> bool:
    """Say whether people should look at the times: the clock is far out, unknown, or ahead of receipt."""
    if offset_ms is None or abs(offset_ms) > MOST_OFFSET / timedelta(milliseconds=1):
        return True
    return moment + timedelta(milliseconds=offset_ms) > received_at + timedelta(seconds=5)
