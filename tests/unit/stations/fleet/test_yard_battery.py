from datetime import UTC, datetime, timedelta

import pytest

from stations.fleet.battery import Battery, charged_at, charged_since

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
# 9 kW arrive in 45 kWh: a fifth an hour.
CAR = Battery("car", 45.0, 300)
CHARGER_KW = 10.0


@pytest.mark.parametrize(
    ("percent", "wanted", "is_plugged", "minutes"),
    [(30, 50, True, 60), (30, 50, False, 75), (50, 50, False, 0), (90, 50, True, 0), (80, 140, True, 60)],
)
def test_when_a_vehicle_has_enough(percent: int, wanted: int, is_plugged: bool, minutes: int) -> None:
    moment = charged_at(
        percent=percent,
        wanted=wanted,
        battery=CAR,
        charger_kw=CHARGER_KW,
        now=NOW,
        is_plugged=is_plugged,
    )

    assert moment == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(("hours", "percent"), [(0, 30), (1, 50), (2.5, 80), (24, 100), (-1, 30)])
def test_what_a_vehicle_has_since_it_was_plugged_in(hours: float, percent: int) -> None:
    plugged_at = NOW - timedelta(hours=hours)

    assert (
        charged_since(percent=30, battery=CAR, charger_kw=CHARGER_KW, plugged_at=plugged_at, now=NOW)
        == percent
    )
