from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rentals.pricing.engine import (
    DamageFact,
    Line,
    ReturnFacts,
    Terms,
    charges_at_return,
    included_km,
    late_fee,
    price_rental,
    time_price,
)
from voltgo.core.clock import LOCAL_ZONE, Period

TERMS = Terms(
    hour_amount=30_000,
    day_amount=180_000,
    week_amount=1_080_000,
    month_amount=3_900_000,
    weekend_bp=12_000,
    deposit_amount=2_000_000,
    included_km_per_day=120,
    extra_km_amount=3_000,
    late_grace_minutes=29,
    late_first_hour_amount=100_000,
    late_next_hour_amount=200_000,
    return_battery_percent=20,
    energy_fee_amount=20_000,
)
# A Monday.
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=LOCAL_ZONE)
# Hypothesis draws naive times; the zone is put on them below.
NEW_YEAR = datetime(2026, 1, 1)  # noqa: DTZ001
SATURDAY = datetime(2026, 11, 28, 8, 0, tzinfo=LOCAL_ZONE)


def rental(start: datetime, **length: float) -> Period:
    return Period(start, start + timedelta(**length))


def lines(period: Period) -> list[tuple[str, int]]:
    return [(line.code, line.gross) for line in price_rental(period, TERMS, 800).lines]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ({"hours": 1}, [("rent_hours", 30_000)]),
        ({"hours": 3, "minutes": 1}, [("rent_hours", 120_000)]),
        ({"hours": 6}, [("rent_hours", 180_000)]),
        ({"hours": 10}, [("rent_hours", 180_000)]),
        ({"days": 1}, [("rent_day", 180_000)]),
        ({"days": 2, "hours": 2}, [("rent_day", 360_000), ("rent_hours", 60_000)]),
    ],
)
def test_weekday_time_is_charged_by_started_hour_up_to_the_day(length, expected):
    assert lines(rental(MONDAY, **length)) == expected


def test_seven_days_cost_at_most_a_week():
    priced = price_rental(rental(MONDAY, days=7), TERMS, 800)
    # Seven days would be 1.260.000 and more with the weekend; the week is the cap.
    assert [(line.code, line.gross) for line in priced.lines] == [("rent_week", 1_080_000)]


def test_an_unfinished_week_never_costs_more_than_the_week():
    assert time_price(rental(MONDAY, days=6, hours=23), TERMS) == 1_080_000


def test_thirty_days_cost_at_most_a_month():
    assert time_price(rental(MONDAY, days=30), TERMS) == 3_900_000
    assert time_price(rental(MONDAY, days=29), TERMS) == 3_900_000


def test_the_weekend_costs_a_fifth_more_and_stands_in_its_own_line():
    assert lines(rental(SATURDAY, hours=3)) == [("rent_hours", 90_000), ("weekend", 18_000)]


def test_only_the_minutes_inside_the_weekend_cost_more():
    # Friday 22:00 to Saturday 02:00: two hours of each.
    friday = datetime(2026, 11, 27, 22, 0, tzinfo=LOCAL_ZONE)
    assert lines(rental(friday, hours=4)) == [("rent_hours", 120_000), ("weekend", 12_000)]


def test_the_weekend_follows_vietnams_clock_not_the_servers():
    # Friday 18:00 UTC is Saturday 01:00 in Vietnam.
    from datetime import UTC

    start = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
    assert lines(rental(start, hours=1)) == [("rent_hours", 30_000), ("weekend", 6_000)]


def test_vat_is_inside_each_line():
    line = Line("rent_day", "rental", 1_000_000, 800)
    assert (line.net, line.vat) == (925_926, 74_074)
    line = Line("rent_day", "rental", 1_000_000, 1_000)
    assert (line.net, line.vat) == (909_091, 90_909)


def test_the_deposit_is_no_part_of_the_price():
    priced = price_rental(rental(MONDAY, days=1), TERMS, 800)
    assert (priced.total, priced.deposit) == (180_000, 2_000_000)


starts = st.datetimes(NEW_YEAR, NEW_YEAR + timedelta(days=730)).map(
    lambda moment: moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0, tzinfo=LOCAL_ZONE)
)
minutes = st.integers(30, 60 * 24 * 75)


@st.composite
def sound_terms(draw: st.DrawFn) -> Terms:
    """Any tariff that the database accepts: each tier at least the one below."""
    hour = draw(st.integers(1, 500_000))
    day = hour + draw(st.integers(0, 3_000_000))
    week = day + draw(st.integers(0, 20_000_000))
    month = week + draw(st.integers(0, 60_000_000))
    weekend = 10_000 + draw(st.integers(0, 10_000))
    return Terms(hour, day, week, month, weekend, 0, 120, 3_000, 29, 100_000, 200_000, 20, 20_000)


@given(sound_terms(), starts, minutes, st.integers(1, 60 * 24 * 8))
def test_a_longer_rental_is_never_cheaper(terms, start, length, more):
    shorter = time_price(Period(start, start + timedelta(minutes=length)), terms)
    longer = time_price(Period(start, start + timedelta(minutes=length + more)), terms)
    assert shorter <= longer


@given(sound_terms(), starts, minutes, st.sampled_from([0, 500, 800, 1_000]))
def test_lines_add_up_to_the_price_and_net_and_vat_to_the_lines(terms, start, length, vat_bp):
    period = Period(start, start + timedelta(minutes=length))
    priced = price_rental(period, terms, vat_bp)
    assert priced.total == time_price(period, terms)
    assert priced.net + priced.vat == priced.total
    assert all(line.gross > 0 and line.net + line.vat == line.gross for line in priced.lines)


@given(sound_terms(), starts, minutes)
def test_the_weekend_never_makes_a_price_lower(terms, start, length):
    period = Period(start, start + timedelta(minutes=length))
    plain = Terms(**{**terms.as_json(), "weekend_bp": 10_000})
    assert time_price(period, terms) >= time_price(period, plain)


@given(sound_terms())
def test_terms_survive_being_frozen(terms):
    assert Terms.from_json(terms.as_json()) == terms


def facts(booked: Period, **changes: Any) -> ReturnFacts:
    usual: dict[str, Any] = {"presented_at": booked.ends_at, "distance_km": 15, "battery_end_percent": 60}
    return ReturnFacts(booked=booked, **{**usual, **changes})


def charges(booked: Period, **changes: Any) -> list[tuple[str, int, int]]:
    return [
        (line.code, line.gross, line.vat) for line in charges_at_return(TERMS, facts(booked, **changes), 800)
    ]


BOOKED = rental(MONDAY, hours=4)


def test_a_clean_return_in_time_costs_nothing_more():
    assert charges(BOOKED) == []


def test_an_early_return_costs_nothing_more():
    assert charges(BOOKED, presented_at=BOOKED.ends_at - timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("minutes_late", "expected"),
    [
        (29, []),
        (30, [("late_time", 30_000), ("late_fee", 100_000)]),
        (60, [("late_time", 30_000), ("late_fee", 100_000)]),
        # The second hour would be 300.000; one and a half days' price is the cap. Time is capped by the day.
        (61, [("late_time", 60_000), ("late_fee", 270_000)]),
        (600, [("late_time", 60_000), ("late_fee", 270_000)]),
    ],
)
def test_lateness_is_time_used_and_a_fee_after_the_grace(minutes_late, expected):
    presented_at = BOOKED.ends_at + timedelta(minutes=minutes_late)
    assert [(code, gross) for code, gross, _vat in charges(BOOKED, presented_at=presented_at)] == expected


def test_the_late_fee_grows_by_started_hours():
    terms = Terms(**{**TERMS.as_json(), "day_amount": 1_000_000})
    assert [late_fee(m, terms) for m in (0, 29, 30, 60, 61, 120, 121)] == [
        0, 0, 100_000, 100_000, 300_000, 300_000, 500_000,
    ]  # fmt: skip


def test_kilometres_are_included_by_day_and_started_hour():
    assert included_km(rental(MONDAY, hours=4), TERMS) == 20
    assert included_km(rental(MONDAY, days=2, hours=1), TERMS) == 245


def test_extra_kilometres_are_charged_one_by_one():
    assert charges(BOOKED, distance_km=20) == []
    assert charges(BOOKED, distance_km=31) == [("extra_km", 33_000, 2_444)]


def test_a_low_battery_is_charged_by_started_ten_percent():
    assert charges(BOOKED, distance_km=0, battery_end_percent=20) == []
    assert charges(BOOKED, distance_km=0, battery_end_percent=19) == [("energy", 20_000, 1_481)]
    assert charges(BOOKED, distance_km=0, battery_end_percent=5) == [("energy", 40_000, 2_963)]


def test_damage_is_compensation_without_vat():
    damages = (DamageFact("front_bumper", 500_000, 7), DamageFact("mirror", 0, 8))
    assert charges(BOOKED, distance_km=0, damages=damages) == [("damage", 500_000, 0)]


def test_reduced_liability_limits_each_damage_by_itself():
    damages = (DamageFact("front_bumper", 3_000_000, 7), DamageFact("mirror", 500_000, 8))
    assert charges(BOOKED, distance_km=0, damages=damages, liability_amount=2_000_000) == [
        ("damage", 2_000_000, 0),
        ("damage", 500_000, 0),
    ]
