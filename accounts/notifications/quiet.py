"""Quiet hours, as a pure rule: until when a moment of the night has to wait, in Vietnam's time."""

from datetime import datetime, timedelta

from voltgo.core import clock

MINUTES_OF_A_DAY = 24 * 60
# 22:00 to 07:00 for whoever has not chosen otherwise.
DEFAULT_START = 22 * 60
DEFAULT_END = 7 * 60


def quiet_until(
    moment: datetime, *, starts_minute: int = DEFAULT_START, ends_minute: int = DEFAULT_END
) -> datetime | None:
    """Return when the quiet hours around a moment end; None when it is outside of them.

    The end itself is not quiet any more. A start after the end means over midnight; the same minute for both
    means that the person wants no quiet hours at all.
    """
    local = clock.local(moment)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    minute = local.hour * 60 + local.minute
    after_start, before_end = minute >= starts_minute, minute < ends_minute
    if starts_minute <= ends_minute:
        is_quiet = after_start and before_end
    else:
        is_quiet = after_start or before_end
    if not is_quiet:
        return None
    end = midnight + timedelta(minutes=ends_minute)
    return end if before_end else end + timedelta(days=1)


def as_clock(minute: int) -> str:
    """Print minutes after midnight: 1320 is `22:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
