"""What must hold for every tariff, every calendar and every period, tried on thousands of drawn ones."""

import itertools
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rentals.pricing.engine import (
    Extras,
    Terms,
    late_fee,
    price_rental,
    retaxed,
    time_price,
)
from rentals.pricing.extras import AddOnTerms, PromotionTerms
from rentals.pricing.returns import ReturnFacts, charges_at_return
from rentals.pricing.terms import dear_seconds
from voltgo.core.clock import LOCAL_ZONE, Period

# A year with Tết in it, so that holidays, weekends and busy hours meet.
FIRST = datetime(2027, 1, 15, tzinfo=LOCAL_ZONE)
PLAIN = Terms(30_000, 180_000, 1_080_000, 3_900_000, 10_000, 0, 120, 3_000, 29, 100_000, 200_000, 20, 20_000)
VAT_RATES = st.sampled_from([0, 500, 800, 1_000])
multipliers = st.sampled_from([10_000, 10_001, 11_000, 12_000, 13_333, 15_000, 20_000, 30_000])


@st.composite
def tariffs(draw: st.DrawFn) -> Terms:
    """Any tariff that the database accepts, with any calendar: each tier at least the one below."""
    hour = draw(st.integers(1, 500_000))
    day = hour + draw(st.integers(0, 3_000_000))
    week = day + draw(st.integers(0, 20_000_000))
    month = week + draw(st.integers(0, 60_000_000))
    days = draw(st.lists(st.integers(0, 100), max_size=12, unique=True))
    peaks = draw(
        st.lists(
            st.tuples(st.integers(0, 6), st.integers(0, 1_439), st.integers(1, 600)).map(
                lambda row: (row[0], row[1], min(1_440, row[1] + row[2]), "2020-01-01", "")
            ),
            max_size=6,
        )
    )
    return replace(
        PLAIN,
        hour_amount=hour,
        day_amount=day,
        week_amount=week,
        month_amount=month,
        weekend_bp=draw(multipliers),
        peak_bp=draw(multipliers),
        holiday_bp=draw(multipliers),
        holidays=tuple(sorted((date(2027, 1, 15) + timedelta(days=n)).isoformat() for n in days)),
        peaks=tuple(peaks),
        young_driver_day_amount=draw(st.integers(0, 200_000)),
        young_driver_age=23,
        late_grace_minutes=draw(st.integers(0, 90)),
        late_first_hour_amount=draw(st.integers(0, 200_000)),
        late_next_hour_amount=draw(st.integers(0, 300_000)),
        cleaning_fee_amount=draw(st.integers(0, 500_000)),
    )


moments = st.integers(0, 40 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
# Half of the lengths are of the kind that people book, the other half go over weeks and months.
lengths = st.one_of(st.integers(1, 72 * 60), st.integers(1, 75 * 24 * 60)).map(
    lambda minutes: timedelta(minutes=minutes)
)


@st.composite
def add_ons(draw: st.DrawFn) -> AddOnTerms:
    amount = draw(st.integers(0, 300_000))
    cap = draw(st.one_of(st.just(0), st.integers(amount, amount + 1_000_000)))
    unit = draw(st.sampled_from(["rental", "day"]))
    return AddOnTerms("thing", "equipment", "Thứ", "Thing", unit, amount, cap, draw(st.integers(1, 3)))


@st.composite
def promotions(draw: st.DrawFn) -> PromotionTerms:
    percent = draw(st.one_of(st.just(0), st.integers(1, 100)))
    amount = 0 if percent else draw(st.integers(1, 3_000_000))
    most = draw(st.one_of(st.just(0), st.integers(1, 1_000_000)))
    least = draw(st.one_of(st.just(0), st.integers(1, 3_000_000)))
    return PromotionTerms("MÃ", "Tên", "Name", percent, amount, most, least)


@st.composite
def choices(draw: st.DrawFn) -> Extras:
    return Extras(
        add_ons=tuple(draw(st.lists(add_ons(), max_size=3))),
        is_young=draw(st.booleans()),
        one_way_amount=draw(st.integers(0, 1_000_000)),
        promotion=draw(st.one_of(st.none(), promotions())),
    )


# --- Length -------------------------------------------------------------------------------------------


@given(tariffs(), moments, lengths, lengths, lengths)
def test_a_longer_rental_is_never_cheaper_at_either_end(terms, start, length, before, after):
    shorter = Period(start, start + length)
    longer = Period(start - before, start + length + after)
    assert time_price(shorter, terms) <= time_price(longer, terms)


@given(tariffs(), moments, lengths, lengths, choices())
def test_a_longer_rental_is_never_cheaper_with_everything_that_was_chosen(terms, start, length, more, extras):
    shorter = price_rental(Period(start, start + length), terms, 800, extras)
    longer = price_rental(Period(start, start + length + more), terms, 800, extras)
    assert shorter.total <= longer.total


# Blocks of 24 hours counted from pickup, each with its own cap, fail here: an hour that straddles the
# start of the weekend costs more than two halves that do not, and a month that ends inside a week
# breaks the week's cap.
@given(tariffs(), moments, lengths, lengths)
@example(
    terms=replace(PLAIN, weekend_bp=15_000),
    start=datetime(2027, 1, 15, 22, 30, tzinfo=LOCAL_ZONE),
    first=timedelta(minutes=30),
    second=timedelta(hours=1),
)
@example(
    terms=replace(PLAIN, month_amount=10_000_000),
    start=datetime(2027, 1, 18, 8, tzinfo=LOCAL_ZONE),
    first=timedelta(days=28),
    second=timedelta(days=7),
)
@settings(max_examples=300)
def test_splitting_never_gains(terms, start, first, second):
    middle, end = start + first, start + first + second
    parts = time_price(Period(start, middle), terms) + time_price(Period(middle, end), terms)
    assert parts >= time_price(Period(start, end), terms)


@given(tariffs(), moments, st.lists(st.integers(1, 3_000), min_size=2, max_size=6))
def test_splitting_into_many_never_gains(terms, start, minutes):
    ends = [start]
    for length in minutes:
        ends.append(ends[-1] + timedelta(minutes=length))
    parts = sum(time_price(Period(a, b), terms) for a, b in itertools.pairwise(ends))
    assert parts >= time_price(Period(start, ends[-1]), terms)


@given(tariffs(), moments, lengths, lengths, choices())
def test_splitting_never_gains_with_what_is_paid_per_day(terms, start, first, second, extras):
    without = replace(extras, promotion=None)
    middle, end = start + first, start + first + second
    parts = (
        price_rental(Period(start, middle), terms, 800, without).total
        + price_rental(Period(middle, end), terms, 800, without).total
    )
    assert parts >= price_rental(Period(start, end), terms, 800, without).total


@given(tariffs(), moments, lengths, lengths, choices())
def test_extending_costs_the_difference_and_never_less_than_nothing(terms, start, length, more, extras):
    booked = price_rental(Period(start, start + length), terms, 800, extras)
    whole = price_rental(Period(start, start + length + more), terms, 800, extras)
    extended = retaxed(
        Period(start, start + length + more), terms, extras, paid=booked.total, paid_vat_bp=800, vat_bp=800
    )
    assert extended.total == whole.total
    assert extended.total - booked.total >= 0


@given(tariffs(), moments, lengths, lengths, choices())
def test_an_extension_after_a_change_of_tax_costs_the_same_and_keeps_what_was_taxed(
    terms, start, length, more, extras
):
    booked = price_rental(Period(start, start + length), terms, 800, extras)
    period = Period(start, start + length + more)
    whole = price_rental(period, terms, 1_000, extras)
    extended = retaxed(period, terms, extras, paid=booked.total, paid_vat_bp=800, vat_bp=1_000)
    assert extended.total == whole.total
    assert extended.net + extended.vat == extended.total
    at_the_old_rate = sum(line.gross for line in extended.lines if line.vat_bp == 800 and line.gross > 0)
    paid_before_discount = booked.total - sum(line.gross for line in booked.lines if line.gross < 0)
    whole_before_discount = whole.total - sum(line.gross for line in whole.lines if line.gross < 0)
    growth = sum(line.gross for line in booked.lines if line.gross < 0) - sum(
        line.gross for line in whole.lines if line.gross < 0
    )
    assert at_the_old_rate == min(paid_before_discount + growth, whole_before_discount)


# --- Multipliers --------------------------------------------------------------------------------------


@given(tariffs(), moments, st.integers(1, 10 * 24 * 60))
@settings(max_examples=40)
def test_each_minute_has_its_highest_multiplier_alone(terms, start, minutes):
    expected = dict.fromkeys(("holiday", "weekend", "peak"), 0)
    for minute in range(minutes):
        here = start + timedelta(minutes=minute)
        day, clock_minute = here.date().isoformat(), here.hour * 60 + here.minute
        reasons = {
            "holiday": terms.holiday_bp if day in terms.holidays else 0,
            "weekend": terms.weekend_bp if here.weekday() >= 5 else 0,
            "peak": terms.peak_bp
            if any(w == here.weekday() and a <= clock_minute < b for w, a, b, _f, _u in terms.peaks)
            else 0,
        }
        best = max(reasons, key=lambda code: reasons[code])
        if reasons[best] > 10_000:
            expected[best] += 60
    assert dear_seconds(Period(start, start + timedelta(minutes=minutes)), terms) == expected


@given(tariffs(), moments, lengths)
def test_no_price_is_above_the_highest_multiplier_or_below_the_plain_one(terms, start, length):
    period = Period(start, start + length)
    plain = time_price(period, replace(terms, weekend_bp=10_000, peak_bp=10_000, holiday_bp=10_000))
    highest = max(terms.multipliers.values())
    assert plain <= time_price(period, terms) <= -(-plain * highest // 10_000)


def test_a_holiday_on_a_sunday_in_busy_hours_costs_the_holidays_share_once():
    sunday = datetime(2027, 1, 17, 8, tzinfo=LOCAL_ZONE)
    terms = replace(
        PLAIN,
        weekend_bp=12_000,
        peak_bp=13_000,
        holiday_bp=15_000,
        holidays=("2027-01-17",),
        peaks=((6, 420, 600, "2020-01-01", ""),),
    )
    priced = price_rental(Period(sunday, sunday + timedelta(hours=3)), terms, 800)
    assert [(line.code, line.gross) for line in priced.lines] == [("rent_hours", 90_000), ("holiday", 45_000)]


# --- Caps ---------------------------------------------------------------------------------------------


@given(tariffs(), moments, st.integers(1, 75))
def test_a_long_stay_is_cheaper_only_by_the_cap_of_the_next_tier(terms, start, days):
    period = Period(start, start + timedelta(days=days))
    price = time_price(period, replace(terms, weekend_bp=10_000, peak_bp=10_000, holiday_bp=10_000))
    day = min(terms.day_amount, 24 * terms.hour_amount)
    assert price <= days * day
    assert price <= -(-days // 7) * terms.week_amount
    assert price <= -(-days // 30) * terms.month_amount
    if days * day <= terms.week_amount:
        # No tier above is reached: every day costs a whole day, without any discount.
        assert price == days * day


@given(add_ons(), st.integers(1, 75))
def test_an_add_on_costs_per_rental_or_day_up_to_its_cap(add_on, days):
    amount = add_on.piece_amount(days)
    if add_on.unit == "rental":
        assert amount == add_on.unit_amount
    else:
        assert amount <= add_on.unit_amount * days
        assert not add_on.cap_amount or amount <= add_on.cap_amount
        assert add_on.piece_amount(days + 1) >= amount


# --- Tax and sums -------------------------------------------------------------------------------------


@given(tariffs(), moments, lengths, VAT_RATES, choices())
def test_net_and_vat_are_gross_in_every_line_and_in_the_sums(terms, start, length, vat_bp, extras):
    priced = price_rental(Period(start, start + length), terms, vat_bp, extras)
    assert all(line.net + line.vat == line.gross for line in priced.lines)
    assert priced.total == sum(line.gross for line in priced.lines)
    assert priced.net + priced.vat == priced.total
    assert (priced.total, priced.net, priced.vat) >= (0, 0, 0)
    assert {type(amount) for line in priced.lines for amount in (line.gross, line.net)} <= {int}


@given(tariffs(), moments, lengths, choices(), promotions())
def test_a_promotion_is_one_negative_line_that_never_brings_a_price_below_zero(
    terms, start, length, extras, promotion
):
    period = Period(start, start + length)
    without = price_rental(period, terms, 800, replace(extras, promotion=None))
    priced = price_rental(period, terms, 800, replace(extras, promotion=promotion))
    off = [line.gross for line in priced.lines if line.code == "promotion"]
    assert len(off) <= 1
    assert priced.total == without.total + sum(off)
    assert priced.total >= min(without.total, promotion.least_total)
    assert min(priced.total, priced.net, priced.vat) >= 0
    assert -sum(off) <= (promotion.most_amount or without.total)


@given(st.integers(0, 10**9), VAT_RATES, st.lists(st.integers(0, 10**8), max_size=8))
def test_refunds_in_parts_give_back_exactly_all_of_the_vat(gross, vat_bp, parts):
    from voltgo.core.money import split_vat, vat_of_part

    vat = split_vat(gross, vat_bp)[1]
    refunded, vat_back, kept_vat = 0, 0, vat
    for part in [*parts, gross]:
        upto = min(gross, refunded + part)
        left = vat_of_part(gross - upto, gross=gross, vat=vat) if gross else 0
        step = kept_vat - left
        assert 0 <= step <= upto - refunded
        refunded, vat_back, kept_vat = upto, vat_back + step, left
    assert (refunded, vat_back) == (gross, vat)


# --- Return -------------------------------------------------------------------------------------------


@given(tariffs(), st.integers(0, 5_000), st.integers(0, 5_000))
def test_the_late_fee_grows_from_the_grace_to_its_cap(terms, minutes, more):
    fee = late_fee(minutes, terms)
    assert fee <= late_fee(minutes + more, terms) <= terms.day_amount * 3 // 2
    if minutes <= terms.late_grace_minutes:
        assert fee == 0


@given(tariffs(), moments, lengths, st.integers(0, 2_000), st.integers(0, 2_000))
def test_coming_back_later_never_costs_less(terms, start, length, minutes, more):
    booked = Period(start, start + length)

    def extra(late: int) -> int:
        facts = ReturnFacts(booked, booked.ends_at + timedelta(minutes=late), 0, 100)
        return sum(line.gross for line in charges_at_return(terms, facts, 800))

    assert 0 <= extra(minutes) <= extra(minutes + more)


@pytest.mark.parametrize(("is_dirty", "expected"), [(False, []), (True, [("cleaning", 80_000, 5_926)])])
def test_a_dirty_vehicle_costs_the_cleaning_fee_with_vat(is_dirty, expected):
    booked = Period(FIRST, FIRST + timedelta(hours=4))
    terms = replace(PLAIN, cleaning_fee_amount=80_000)
    facts = ReturnFacts(booked, booked.ends_at, 0, 100, is_dirty=is_dirty)
    assert [(line.code, line.gross, line.vat) for line in charges_at_return(terms, facts, 800)] == expected


@given(tariffs())
def test_terms_survive_being_frozen_and_written_as_json(terms):
    import json

    assert Terms.from_json(json.loads(json.dumps(terms.as_json()))) == terms


def test_terms_of_a_quote_made_before_the_newer_rules_are_read_as_they_were_meant():
    old = {name: value for name, value in PLAIN.as_json().items() if name in Terms.__slots__[:13]}
    assert Terms.from_json(old) == PLAIN
