"""How the lines of a day stand against our books, decided without a database."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.base import LineKind
from payments.reconciliation.comparing import (
    External,
    FeeTerms,
    Internal,
    Item,
    Standing,
    compare,
    fingerprint,
    newest,
)

DAY, DAY_AFTER = date(2026, 11, 20), date(2026, 11, 21)


def theirs(number: int = 1, **fields: Any) -> External:
    values: dict[str, Any] = {
        "line_id": number,
        "kind": LineKind.PAYMENT,
        "provider_ref": f"P{number}",
        "merchant_ref": f"M{number}",
        "occurrence": 1,
        "amount": 1_000_000,
        "fee": 11_000,
        "day": DAY,
        "file_day": DAY,
        **fields,
    }
    return External(**values)


def ours(number: int = 1, **fields: Any) -> Internal:
    values: dict[str, Any] = {
        "subject": f"payment:{number}",
        "kind": LineKind.PAYMENT,
        "provider_refs": (f"P{number}",),
        "merchant_refs": (f"M{number}",),
        "amount": 1_000_000,
        "day": DAY,
        "reference": f"booking:{number}",
        **fields,
    }
    return Internal(**values)


def refund(number: int = 1, **fields: Any) -> Internal:
    values: dict[str, Any] = {
        "subject": f"refund:{number}",
        "kind": LineKind.REFUND,
        "provider_refs": (f"R{number}",),
        "merchant_refs": (f"Q{number}",),
        "amount": -400_000,
        "payment_ref": f"M{number}",
        **fields,
    }
    return ours(number, **values)


def told(lines: list[External], rows: list[Internal], **options: Any) -> list[tuple[str, int, int]]:
    items = compare(day=options.pop("day", DAY), lines=lines, internals=rows, **options)
    return [(item.status.value, item.external_amount, item.internal_amount) for item in items]


def test_equal_sides_match() -> None:
    assert told([theirs()], [ours()]) == [("matched", 1_000_000, 1_000_000)]


def test_our_own_number_matches_where_theirs_is_another() -> None:
    assert told([theirs(provider_ref="X")], [ours()]) == [("matched", 1_000_000, 1_000_000)]


def test_another_amount_is_named() -> None:
    assert told([theirs(amount=999_999)], [ours()]) == [("amount_mismatch", 999_999, 1_000_000)]


def test_money_without_a_record_is_named() -> None:
    assert told([theirs()], []) == [("missing_internal", 1_000_000, 0)]


def test_a_record_without_their_line_is_named() -> None:
    assert told([], [ours()]) == [("missing_external", 0, 1_000_000)]


def test_the_same_line_twice_is_a_duplicate() -> None:
    lines = [theirs(), theirs(line_id=2, occurrence=2)]

    assert told(lines, [ours()]) == [
        ("matched", 1_000_000, 1_000_000),
        ("duplicate_external", 1_000_000, 0),
    ]


def test_a_line_that_comes_again_the_next_day_is_a_duplicate_there() -> None:
    lines = [theirs(), theirs(line_id=2, file_day=DAY_AFTER)]

    assert told(lines, [ours()]) == [("matched", 1_000_000, 1_000_000)]
    assert told(lines, [ours()], day=DAY_AFTER) == [("duplicate_external", 1_000_000, 0)]


def test_a_payment_at_midnight_counts_on_each_sides_own_day() -> None:
    line, row = theirs(day=DAY_AFTER, file_day=DAY_AFTER), ours()

    assert told([line], [row]) == [("matched_late", 0, 1_000_000)]
    assert told([line], [row], day=DAY_AFTER) == [("matched_late", 1_000_000, 0)]


def test_a_fee_that_the_contract_does_not_know_is_named() -> None:
    terms = FeeTerms(basis_points=110)

    assert told([theirs()], [ours()], fees=terms) == [("matched", 1_000_000, 1_000_000)]
    assert told([theirs(fee=12_000)], [ours()], fees=terms) == [("fee_mismatch", 1_000_000, 1_000_000)]
    assert told([theirs(fee=12_000)], [ours()]) == [("matched", 1_000_000, 1_000_000)]


def test_what_we_believe_failed_and_they_took_is_another_status() -> None:
    line = theirs(kind=LineKind.REFUND, provider_ref="R1", merchant_ref="Q1", amount=-400_000)

    assert told([line], [refund(standing=Standing.NOT_DONE)]) == [("status_mismatch", -400_000, 0)]
    assert told([line], [refund(standing=Standing.UNDER_WAY)]) == [("refund_pending", -400_000, 0)]
    assert told([line], [refund()]) == [("matched", -400_000, -400_000)]


def test_a_refund_is_found_by_its_payment_and_exact_amount() -> None:
    line = theirs(kind=LineKind.REFUND, provider_ref="", merchant_ref="M1", amount=-400_000)

    assert told([line], [refund(provider_refs=("",))]) == [("matched", -400_000, -400_000)]
    assert told([replace(line, amount=-1)], [refund(standing=Standing.UNDER_WAY)]) == [
        ("refund_pending", 0, 0),
        ("unknown_ref", -1, 0),
    ]


def test_a_refund_that_they_do_not_show_is_missing() -> None:
    assert told([], [refund()]) == [("refund_missing", 0, -400_000)]


def test_a_chargeback_that_nobody_told_us_of_is_named() -> None:
    line = theirs(kind=LineKind.CHARGEBACK, amount=-1_000_000)

    assert told([line], []) == [("chargeback", -1_000_000, 0)]


def test_fees_and_transfers_of_their_own_are_no_difference() -> None:
    lines = [
        theirs(1, kind=LineKind.FEE, amount=-22_000, fee=0),
        theirs(2, kind=LineKind.PAYOUT, amount=-5_000_000, fee=0),
    ]

    assert told(lines, []) == [("matched", -22_000, -22_000), ("matched", 0, 0)]


def test_an_equal_amount_nearby_is_only_suggested() -> None:
    items = compare(day=DAY, lines=[theirs(1)], internals=[ours(2)])
    by_status = {item.status.value: item for item in items}

    assert by_status.keys() == {"missing_internal", "missing_external"}
    assert by_status["missing_internal"].suggestion == "payment:2"


def test_a_correction_of_a_line_counts_instead_of_it() -> None:
    lines = [theirs(), theirs(line_id=9, amount=900_000)]

    assert told(lines, [ours(amount=900_000)]) == [("matched", 900_000, 900_000)]


def _some_day() -> st.SearchStrategy[tuple[list[External], list[Internal]]]:
    numbers = st.integers(min_value=1, max_value=5)
    amounts = st.sampled_from([500_000, 1_000_000])
    days = st.sampled_from([DAY, DAY_AFTER])
    line = st.builds(
        lambda number, amount, day, nth, bare: theirs(
            number, amount=amount, day=day, file_day=day, occurrence=nth,
            **({"provider_ref": ""} if bare else {}),
        ),
        numbers, amounts, days, st.sampled_from([1, 1, 2]), st.booleans(),
    )  # fmt: skip
    row = st.builds(
        lambda number, amount, day, standing: ours(number, amount=amount, day=day, standing=standing),
        numbers, amounts, days, st.sampled_from(list(Standing)),
    )  # fmt: skip
    lines = st.lists(line, max_size=8).map(
        lambda found: [replace(each, line_id=index) for index, each in enumerate(found)]
    )
    return st.tuples(lines, st.lists(row, max_size=5, unique_by=lambda each: each.subject))


@pytest.mark.parametrize("day", [DAY, DAY_AFTER])
@given(_some_day(), st.randoms(use_true_random=False))
def test_every_difference_is_named_and_order_does_not_matter(
    day: date, sides: tuple[list[External], list[Internal]], random: Any
) -> None:
    lines, rows = sides
    items: list[Item] = compare(day=day, lines=lines, internals=rows)
    their_sum = sum(line.amount for line in newest(lines) if line.file_day == day)
    our_sum = sum(row.amount for row in rows if row.day == day and row.standing is Standing.DONE)

    assert sum(item.difference for item in items) == their_sum - our_sum
    assert len({item.key for item in items}) == len(items)

    shuffled = list(lines), list(rows)
    for side in shuffled:
        random.shuffle(side)
    again = compare(day=day, lines=shuffled[0], internals=shuffled[1])
    assert fingerprint(again) == fingerprint(items)
