"""The charges that a tablet shows at return are the server's, to the dong: seeded cases through both."""

import base64
import random
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from rentals.handovers.settling import Outcome
from rentals.pricing.engine import DamageFact, Line, ReturnFacts, Terms, charges_at_return, included_km
from rentals.pricing.lookups import ReturnRates
from voltgo.core.clock import LOCAL_ZONE, Period

CASES = 800
SOURCE = Path(settings.BASE_DIR) / "static/js/tablet/charges.js"
RUN = """async ([source, cases]) => {
    const { chargesAtReturn, includedKm, outcome } = await import(source);
    return cases.map(({ terms, facts, rates, money }) => {
        const found = outcome(chargesAtReturn(terms, facts, rates), money);
        return {
            lines: found.lines.map(({ code, kind, gross, net, vat, vat_bp }) => [code, kind, gross, net, vat, vat_bp]),
            sums: [found.extra, found.total, found.captured, found.released, found.retained, found.debt],
            km: includedKm(facts, terms),
        };
    });
}"""


def a_tariff(dice: random.Random) -> Terms:
    hour = dice.choice([35_000, 99_000, 100_001, 123_457])
    day = dice.choice([hour * 6, hour * 25, hour * 7 + 333])
    week = dice.choice([day * 6, day * 8, day * 5 + 77])
    first = date(2026, 11, 1)
    holidays = sorted({first + timedelta(days=dice.randrange(120)) for _each in range(dice.randrange(8))})
    peaks = tuple(
        (dice.randrange(7), starts, starts + dice.choice([45, 120, 300]), "2026-01-01", dice.choice(["", "2026-12-05"]))
        for starts in (dice.randrange(0, 1_100) for _each in range(dice.randrange(6)))
    )  # fmt: skip
    return Terms(
        hour_amount=hour,
        day_amount=day,
        week_amount=week,
        month_amount=dice.choice([week * 4, week * 3 + 1, week * 5]),
        weekend_bp=dice.choice([10_000, 11_000, 12_345]),
        deposit_amount=3_000_000,
        included_km_per_day=dice.choice([0, 150, 301]),
        extra_km_amount=dice.choice([0, 3_000, 4_999]),
        late_grace_minutes=dice.choice([0, 29]),
        late_first_hour_amount=dice.choice([0, 50_000, 99_999]),
        late_next_hour_amount=dice.choice([0, 70_001]),
        return_battery_percent=dice.choice([0, 20, 50]),
        energy_fee_amount=dice.choice([0, 49_999]),
        peak_bp=dice.choice([10_000, 11_500, 13_000]),
        holiday_bp=dice.choice([10_000, 12_345, 15_000]),
        cleaning_fee_amount=dice.choice([0, 150_000]),
        holidays=tuple(day.isoformat() for day in holidays),
        peaks=peaks,
    )


def a_return(dice: random.Random) -> ReturnFacts:
    starts_at = datetime(2026, 11, 20, tzinfo=LOCAL_ZONE) + timedelta(minutes=dice.randrange(20_000))
    length = dice.choice(
        [timedelta(hours=dice.randrange(1, 30)), timedelta(minutes=dice.randrange(60, 60_000))]
    )
    booked = Period(starts_at, starts_at + length)
    late = dice.choice(
        [
            timedelta(minutes=-dice.randrange(1, 500)),
            timedelta(seconds=dice.randrange(0, 4_000)),
            timedelta(seconds=dice.randrange(0, 100_000), milliseconds=dice.randrange(1000)),
            timedelta(minutes=dice.randrange(0, 30_000)),
        ]
    )
    presented_at = max(booked.ends_at + late, starts_at)
    return ReturnFacts(
        booked=booked,
        presented_at=presented_at,
        distance_km=dice.randrange(0, 2_500),
        battery_end_percent=dice.randrange(0, 101),
        damages=tuple(
            DamageFact("hood", dice.choice([0, 1, 333_333, 2_000_000]), number)
            for number in range(dice.randrange(4))
        ),
        is_dirty=dice.random() < 0.4,
        liability_amount=dice.choice([0, 500_000]),
    )


def as_tablet_has_it(terms: Terms, facts: ReturnFacts, rates: ReturnRates, money: dict[str, int]) -> Any:
    return {
        "terms": terms.as_json(),
        "facts": {
            "starts_at": facts.booked.starts_at.isoformat(),
            "ends_at": facts.booked.ends_at.isoformat(),
            "presented_at": facts.presented_at.isoformat(timespec="milliseconds"),
            "distance_km": facts.distance_km,
            "battery_end_percent": facts.battery_end_percent,
            "is_dirty": facts.is_dirty,
            "damages": [{"part": each.part, "amount": each.amount} for each in facts.damages],
            "liability_amount": facts.liability_amount,
        },
        "rates": {"rental": rates.rental, "fee": rates.fee, "compensation": rates.compensation},
        "money": money,
    }


def as_server_has_it(terms: Terms, facts: ReturnFacts, rates: ReturnRates, money: dict[str, int]) -> Any:
    lines = charges_at_return(
        terms, facts, rates.rental, fee_bp=rates.fee, compensation_bp=rates.compensation
    )
    prepaid = Line("rent_day", "rental", money["prepaid"], rates.rental)
    found = Outcome((prepaid,), tuple(lines), money["deposit"], money["retention"])
    sums = [found.extra_amount, found.total, found.captured, found.released, found.retained, found.debt]
    return {
        "lines": [[each.code, each.kind, each.gross, each.net, each.vat, each.vat_bp] for each in lines],
        "sums": sums,
        "km": included_km(facts.booked, terms),
    }


@pytest.mark.parametrize("seed", [20261122])
def test_the_tablet_charges_what_the_engine_charges(browser: Browser, seed: int) -> None:
    dice = random.Random(seed)
    cases = []
    for _number in range(CASES):
        rates = ReturnRates(dice.choice([800, 1_000]), dice.choice([800, 1_000]), dice.choice([0, 0, 1_000]))
        money = {
            "prepaid": dice.randrange(0, 9_000_000),
            "deposit": dice.choice([0, 500_000, 3_000_000]),
            "retention": dice.choice([0, 1_000_000]),
        }
        cases.append((a_tariff(dice), a_return(dice), rates, money))
    expected = [as_server_has_it(*case) for case in cases]
    source = "data:text/javascript;base64," + base64.b64encode(SOURCE.read_bytes()).decode()
    page = browser.new_page()
    found = page.evaluate(RUN, [source, [as_tablet_has_it(*case) for case in cases]])
    page.close()
    wrong = [number for number in range(CASES) if found[number] != expected[number]]
    assert wrong == [], (cases[wrong[0]], found[wrong[0]], expected[wrong[0]])
    # Every kind of charge is among them, and most returns cost something.
    codes = {line[0] for each in expected for line in each["lines"]}
    assert codes == {"late_time", "late_fee", "extra_km", "energy", "cleaning", "damage"}
