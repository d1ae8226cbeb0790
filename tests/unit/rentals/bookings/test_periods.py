from datetime import datetime, timedelta

import pytest

from rentals.bookings import periods
from stations.network.hours import Opening
from voltgo.core.clock import LOCAL_ZONE, Period


def at(hour: int, minute: int = 0, *, day: int = 23, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=LOCAL_ZONE)


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (at(9), at(9)),
        (at(9, 0, second=1), at(9, 30)),
        (at(9, 31), at(10)),
        (at(23, 45), at(0, day=24)),
    ],
)
def test_the_next_slot_is_the_first_half_hour_that_is_not_past(moment: datetime, slot: datetime) -> None:
    assert periods.next_slot(moment) == slot


@pytest.mark.parametrize(
    ("moment", "kind", "expected"),
    [
        # By day: in an hour, for four hours; a car for eight.
        (at(8, 50), "", (at(10), at(14))),
        (at(8, 50), "scooter", (at(10), at(14))),
        (at(8, 50), "car", (at(10), at(18))),
        # In the evening: back before the stations close, or overnight.
        (at(17, 40), "", (at(19), at(21, 30))),
        (at(17, 40), "car", (at(19), at(8, day=24))),
        # At night: tomorrow morning.
        (at(19, 10), "", (at(8, day=24), at(12, day=24))),
        (at(3, 10), "", (at(8), at(12))),
    ],
)
def test_a_form_starts_from_a_period_within_the_day(
    moment: datetime, kind: str, expected: tuple[datetime, datetime]
) -> None:
    assert periods.default_period(moment, kind=kind) == Period(*expected)


def test_a_station_that_closes_early_moves_the_return_to_an_open_hour() -> None:
    opening = Opening(dict.fromkeys(range(7), (600, 1080)))

    assert periods.default_period(at(15, 50), opening=opening) == Period(at(17), at(10, day=24))


def test_a_station_that_opens_late_moves_the_pickup() -> None:
    opening = Opening(dict.fromkeys(range(7), (600, 1080)))

    assert periods.default_period(at(6, 50), opening=opening) == Period(at(10), at(14))


def test_a_period_survives_its_way_through_a_form() -> None:
    period = Period(at(10), at(18, day=25))
    values = periods.as_values(period)

    assert values == {
        "from_day": "2026-11-23",
        "from_time": "10:00",
        "to_day": "2026-11-25",
        "to_time": "18:00",
    }
    assert periods.moment_of(at(10).date(), values["from_time"]) == period.starts_at
    assert (
        periods.as_query(period, kind="car")
        == "from_day=2026-11-23&from_time=10%3A00&to_day=2026-11-25&to_time=18%3A00&kind=car"
    )


def test_a_period_of_another_zone_is_written_in_vietnams_time() -> None:
    start = datetime.fromisoformat("2026-11-22T18:00:00+00:00")

    assert periods.as_values(Period(start, start + timedelta(hours=1)))["from_day"] == "2026-11-23"
