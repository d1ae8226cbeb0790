from datetime import datetime

import pytest

from stations.network.hours import Opening, half_hours, is_open_at, nearest_open
from stations.network.models import StationClosure
from voltgo.core.clock import LOCAL_ZONE, Period

# 06:30-22:00 from Monday to Saturday, closed on Sundays.
WEEK = dict.fromkeys(range(6), (390, 1320))
ALWAYS = dict.fromkeys(range(7), (0, 1440))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment in the week of Monday, 23 November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=LOCAL_ZONE)


def closed(start: datetime, end: datetime) -> StationClosure:
    return StationClosure(starts_at=start, ends_at=end)


MONDAY, SATURDAY, SUNDAY, NEXT_MONDAY = 23, 28, 29, 30


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (at(MONDAY, 6, 29), False),
        (at(MONDAY, 6, 30), True),
        (at(MONDAY, 22), True),
        (at(MONDAY, 22, 1), False),
        (at(SUNDAY, 12), False),
    ],
)
def test_a_station_is_open_from_its_opening_to_its_closing_minute(moment: datetime, expected: bool) -> None:
    assert is_open_at(WEEK, moment) is expected


def test_a_station_that_never_closes_is_open_at_midnight() -> None:
    assert is_open_at(ALWAYS, at(MONDAY, 0))
    assert is_open_at(ALWAYS, at(MONDAY, 23, 59))


def test_midnight_after_an_evening_until_twenty_four_hours_is_still_open() -> None:
    assert is_open_at({6: (390, 1440)}, at(NEXT_MONDAY, 0))


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        (at(MONDAY, 5), at(MONDAY, 6, 30)),
        (at(MONDAY, 23), at(MONDAY, 22)),
        # Two in the morning is nearer to last night's closing than to the opening, four is not.
        (at(24, 2), at(MONDAY, 22)),
        (at(24, 4), at(24, 6, 30)),
        (at(SUNDAY, 9), at(SATURDAY, 22)),
        (at(SUNDAY, 20), at(NEXT_MONDAY, 6, 30)),
    ],
)
def test_the_nearest_open_time_is_an_opening_or_a_closing(wanted: datetime, nearest: datetime) -> None:
    assert nearest_open(WEEK, wanted, not_before=at(MONDAY, 0)) == nearest


def test_the_nearest_open_time_is_never_past() -> None:
    assert nearest_open(WEEK, at(MONDAY, 23), not_before=at(MONDAY, 22, 30)) == at(24, 6, 30)


def test_the_nearest_open_time_lies_behind_a_closure() -> None:
    repairs = closed(at(MONDAY, 8), at(MONDAY, 14))

    assert nearest_open(WEEK, at(MONDAY, 12), [repairs], not_before=at(MONDAY, 7, 30)) == at(MONDAY, 14)


def test_a_station_without_hours_is_never_open() -> None:
    assert nearest_open({}, at(MONDAY, 12), not_before=at(MONDAY, 0)) is None


def test_half_hours_stay_within_the_hours() -> None:
    assert half_hours((375, 480)) == ["06:30", "07:00", "07:30", "08:00"]


def test_half_hours_of_a_whole_day_end_before_midnight() -> None:
    times = half_hours()

    assert len(times) == 48
    assert times[0] == "00:00"
    assert times[-1] == "23:30"


def test_only_the_two_ends_of_a_period_need_an_open_station() -> None:
    opening = Opening(WEEK)

    assert opening.is_open_for(Period(at(SATURDAY, 20), at(NEXT_MONDAY, 7)))
    assert not opening.is_open_for(Period(at(SATURDAY, 20), at(SUNDAY, 7)))


def test_an_open_station_tells_when_it_closes() -> None:
    assert Opening(WEEK).closes_at(at(MONDAY, 12)) == at(MONDAY, 22)
    assert Opening(ALWAYS).closes_at(at(MONDAY, 12)) is None
