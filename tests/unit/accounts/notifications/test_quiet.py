from datetime import UTC, datetime

import pytest

from accounts.notifications.quiet import as_clock, quiet_until
from voltgo.core.clock import LOCAL_ZONE


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LOCAL_ZONE)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (at(22, 21, 59), None),
        (at(22, 22), at(23, 7)),
        (at(22, 23, 59), at(23, 7)),
        (at(23, 0), at(23, 7)),
        (at(23, 6, 59), at(23, 7)),
        (at(23, 7), None),
        (at(23, 12), None),
    ],
)
def test_the_usual_night_runs_over_midnight(moment: datetime, until: datetime | None) -> None:
    assert quiet_until(moment) == until


@pytest.mark.parametrize(
    ("moment", "until"),
    [(at(22, 12, 59), None), (at(22, 13), at(22, 14, 30)), (at(22, 14, 30), None), (at(22, 0), None)],
)
def test_a_rest_at_noon_stays_within_the_day(moment: datetime, until: datetime | None) -> None:
    assert quiet_until(moment, starts_minute=13 * 60, ends_minute=14 * 60 + 30) == until


@pytest.mark.parametrize("hour", [0, 7, 12, 22])
def test_the_same_minute_twice_means_never(hour: int) -> None:
    assert quiet_until(at(22, hour), starts_minute=420, ends_minute=420) is None


def test_hours_are_those_of_vietnam_whatever_the_servers_zone() -> None:
    # 16:00 in Greenwich is 23:00 in Hanoi; the quiet hours end at midnight there.
    assert quiet_until(datetime(2026, 11, 22, 16, tzinfo=UTC)) == datetime(2026, 11, 23, 0, tzinfo=UTC)


def test_a_minute_is_printed_as_a_clock() -> None:
    assert (as_clock(0), as_clock(1320), as_clock(425)) == ("00:00", "22:00", "07:05")
