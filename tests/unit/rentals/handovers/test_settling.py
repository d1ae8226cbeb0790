import json

from hypothesis import given
from hypothesis import strategies as st

from rentals.handovers.settling import Outcome, captures
from rentals.pricing.engine import Line
from rentals.pricing.lines import lines_from

amounts = st.integers(min_value=1, max_value=50_000_000)


def line(gross: int) -> Line:
    return Line("late_fee", "fee", gross, 800)


@given(rent=amounts, extra=st.lists(amounts, max_size=6), deposit=st.integers(0, 20_000_000))
def test_every_dong_has_its_place(rent: int, extra: list[int], deposit: int) -> None:
    outcome = Outcome((line(rent),), tuple(line(gross) for gross in extra), deposit)
    assert outcome.total == rent + sum(extra)
    assert outcome.captured + outcome.debt == outcome.extra_amount
    assert outcome.captured + outcome.released == deposit
    assert 0 <= outcome.captured <= deposit
    assert outcome.debt == 0 or outcome.released == 0


@given(extra=st.lists(amounts, max_size=6), deposit=st.integers(0, 20_000_000))
def test_the_deposit_pays_the_lines_in_order(extra: list[int], deposit: int) -> None:
    parts = captures(enumerate(extra, start=2), deposit)
    assert sum(amount for _, amount in parts) == min(sum(extra), deposit)
    assert [position for position, _ in parts] == list(range(2, 2 + len(parts)))
    assert all(amount == extra[position - 2] for position, amount in parts[:-1])


def test_a_frozen_quote_reads_back_as_its_lines() -> None:
    lines = (
        Line("rent_day", "rental", 600_000, 800, {"count": 1, "unit_amount": 600_000, "gross": 600_000}),
    )
    frozen = json.loads(json.dumps([each.as_json() for each in lines]))
    assert lines_from(frozen) == lines
