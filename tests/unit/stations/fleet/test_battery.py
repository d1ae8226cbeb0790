from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stations.fleet.battery import Away, Battery, Charge, expected_battery

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
CAR = Battery("car", capacity_kwh=36, range_km=300)
SCOOTER = Battery("scooter", capacity_kwh=3.6, range_km=200)


def after(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def away(start: float, end: float, *, is_driven: bool = True) -> Away:
    return Away(after(start), after(end), is_driven)


def expected(percent: int, hours: float, *stretches: Away, battery: Battery = CAR, kw: float = 8) -> Charge:
    return expected_battery(
        percent=percent, battery=battery, charger_kw=kw, now=NOW, pickup=after(hours), away=stretches
    )


def test_a_pickup_now_has_the_charge_of_now() -> None:
    assert expected(63, 0) == Charge(63, 189)


def test_a_standing_vehicle_charges_by_the_stations_power() -> None:
    # 8 kW × 0.9 = 7.2 kWh an hour of 36 kWh: a fifth.
    assert expected(30, 2) == Charge(70, 210)


def test_it_never_charges_beyond_full() -> None:
    assert expected(90, 5) == Charge(100, 300)


def test_a_strong_charger_does_not_fill_a_small_battery_at_once() -> None:
    # The battery takes three hours from empty to full at best.
    assert expected(10, 1.5, battery=SCOOTER) == Charge(60, 120)


def test_a_rental_in_between_uses_what_people_usually_drive() -> None:
    # Five hours at 12 km are 60 km, a fifth of the range; back at the moment of the pickup.
    assert expected(100, 5, away(0, 5)) == Charge(80, 240)


def test_after_a_rental_it_is_plugged_in_and_charges_again() -> None:
    # 80 % when it comes back; a quarter of an hour later it charges for three quarters: 15 %.
    assert expected(100, 6, away(0, 5)) == Charge(95, 285)


def test_a_long_rental_comes_back_with_what_the_terms_ask() -> None:
    assert expected(100, 48, away(0, 48)) == Charge(20, 60)


def test_a_rental_does_not_fill_an_empty_battery() -> None:
    assert expected(10, 4, away(0, 4)) == Charge(10, 30)


def test_time_out_of_use_neither_charges_nor_uses() -> None:
    assert expected(50, 10, away(0, 10, is_driven=False)) == Charge(50, 150)


def test_stretches_come_in_any_order_and_only_those_between_count() -> None:
    rentals = away(30, 40), away(6, 9), away(-9, -1), away(1, 2)
    assert expected(60, 10, *rentals) == expected(60, 10, away(1, 2), away(6, 9))


def test_a_rental_that_runs_now_counts_from_now_on() -> None:
    assert expected(90, 5, away(-20, 5)) == Charge(70, 210)


@given(
    percent=st.integers(0, 100),
    hours=st.floats(0, 100),
    more=st.floats(0, 20),
    kw=st.floats(0.5, 150),
    lengths=st.lists(st.tuples(st.floats(-10, 90), st.floats(0.1, 30), st.booleans()), max_size=4),
)
def test_a_charge_is_a_percentage_and_charging_longer_never_hurts(
    percent: int, hours: float, more: float, kw: float, lengths: list[tuple[float, float, bool]]
) -> None:
    stretches = [away(start, start + length, is_driven=driven) for start, length, driven in lengths]
    found = expected(percent, hours, *stretches, kw=kw)
    assert 0 <= found.percent <= 100
    assert found.range_km == 300 * found.percent // 100
    if all(start > hours + more or start + length < 0 for start, length, _driven in lengths):
        assert expected(percent, hours + more, *stretches, kw=kw).percent >= found.percent
    assert expected(percent, hours, *stretches, kw=kw + 1).percent >= found.percent
