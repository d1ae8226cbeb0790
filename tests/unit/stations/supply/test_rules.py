from datetime import UTC, datetime, timedelta

import pytest

from stations.supply.enums import SupplyLevel, SupplyReason
from stations.supply.rules import UNGUARDED, Override, Supply, is_guarded, is_news, supply_of

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
NORMAL, NARROW, STOPPED = SupplyLevel.NORMAL, SupplyLevel.NARROW, SupplyLevel.STOPPED


def supply(ready: int, *, is_online: bool = True, override: Override | None = None) -> Supply:
    return supply_of(ready=ready, threshold=4, reserve=2, is_online=is_online, override=override)


@pytest.mark.parametrize(
    ("ready", "level", "cause", "bookable"),
    [
        (5, NORMAL, SupplyReason.ENOUGH, None),
        (4, NORMAL, SupplyReason.ENOUGH, None),
        (3, NARROW, SupplyReason.FEW_READY, 1),
        (2, NARROW, SupplyReason.FEW_READY, 0),
        (1, NARROW, SupplyReason.FEW_READY, 0),
        (0, STOPPED, SupplyReason.NONE_READY, 0),
    ],
)
def test_the_level_follows_what_stands_ready(
    ready: int, level: SupplyLevel, cause: SupplyReason, bookable: int | None
) -> None:
    found = supply(ready)
    assert (found.level, found.cause, found.bookable) == (level, cause, bookable)
    assert found.is_closed == (bookable == 0)


def test_a_station_that_is_not_heard_of_stops_whatever_stands_there() -> None:
    found = supply(9, is_online=False)
    assert (found.level, found.cause) == (STOPPED, SupplyReason.STATION_OFFLINE)


def test_without_a_threshold_nothing_is_limited() -> None:
    assert supply_of(ready=0, threshold=None, is_online=False, override=None) == UNGUARDED
    assert UNGUARDED.bookable is None


def test_an_operators_decision_wins_over_everything() -> None:
    until = NOW + timedelta(hours=1)
    opened = supply(0, is_online=False, override=Override(NORMAL, until, "Xe đang về"))
    assert (opened.level, opened.cause, opened.bookable) == (NORMAL, SupplyReason.OVERRIDE, None)
    assert (opened.until, opened.note) == (until, "Xe đang về")
    assert supply(9, override=Override(STOPPED, until)).is_closed
    assert supply(3, override=Override(NARROW, until)).bookable == 1


def test_only_pickups_of_the_next_six_hours_are_guarded() -> None:
    assert is_guarded(NOW + timedelta(hours=5, minutes=59), NOW)
    assert not is_guarded(NOW + timedelta(hours=6), NOW)


class TestNews:
    LONG_AGO = NOW - timedelta(hours=1)

    def test_the_same_level_is_no_news(self) -> None:
        assert not is_news(before=NARROW, since=self.LONG_AGO, supply=supply(3), now=NOW)

    def test_a_worse_level_is_news(self) -> None:
        assert is_news(before=NORMAL, since=self.LONG_AGO, supply=supply(3), now=NOW)

    def test_a_better_level_is_news_with_a_vehicle_to_spare(self) -> None:
        assert not is_news(before=NARROW, since=self.LONG_AGO, supply=supply(4), now=NOW)
        assert is_news(before=NARROW, since=self.LONG_AGO, supply=supply(5), now=NOW)
        assert not is_news(before=STOPPED, since=self.LONG_AGO, supply=supply(1), now=NOW)
        assert is_news(before=STOPPED, since=self.LONG_AGO, supply=supply(2), now=NOW)

    def test_soon_after_a_change_nothing_is_news(self) -> None:
        just_now = NOW - timedelta(minutes=9)
        assert not is_news(before=NORMAL, since=just_now, supply=supply(0), now=NOW)
        assert not is_news(before=STOPPED, since=just_now, supply=supply(9), now=NOW)

    def test_an_operators_decision_is_news_at_once(self) -> None:
        decided = supply(9, override=Override(STOPPED, NOW + timedelta(hours=1)))
        assert is_news(before=NORMAL, since=NOW, supply=decided, now=NOW)

    def test_a_number_that_swings_about_the_threshold_is_told_once(self) -> None:
        level, told, since = NORMAL, 0, self.LONG_AGO
        for step in range(60):
            now = NOW + timedelta(minutes=2 * step)
            found = supply(3 + step % 2)
            if is_news(before=level, since=since, supply=found, now=now):
                level, since, told = found.level, now, told + 1
        assert told == 1
