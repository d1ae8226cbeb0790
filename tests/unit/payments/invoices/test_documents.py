"""VAT on a receipt's lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.invoices.documents import ReceiptLine, by_rate, rate_name

LINES = st.lists(
    st.builds(
        ReceiptLine,
        label=st.just("Thuê xe"),
        label_en=st.just("Rental"),
        gross=st.integers(-10_000_000, 100_000_000),
        vat_bp=st.sampled_from([None, 0, 500, 800, 1000]),
    ),
    min_size=1,
    max_size=12,
)


@pytest.mark.parametrize(
    ("gross", "vat_bp", "net", "vat"),
    [
        (1_000_000, 800, 925_926, 74_074),
        (1_000_000, 1000, 909_091, 90_909),
        (1_000_000, None, 1_000_000, 0),
        (1_000_000, 0, 1_000_000, 0),
        (1, 800, 1, 0),
    ],
)
def test_a_price_with_vat_is_split(gross: int, vat_bp: int | None, net: int, vat: int) -> None:
    line = ReceiptLine("Thuê xe", "Rental", gross, vat_bp).as_data()
    assert (line["net"], line["vat"], line["gross"]) == (net, vat, gross)


@given(LINES)
def test_net_and_vat_add_up_to_gross_for_every_rate_and_in_total(lines: list[ReceiptLine]) -> None:
    rates = by_rate(line.as_data() for line in lines)
    assert all(row["net"] + row["vat"] == row["gross"] for row in rates)
    assert sum(row["gross"] for row in rates) == sum(line.gross for line in lines)
    assert [row["vat_bp"] for row in rates] == sorted(
        {line.vat_bp for line in lines}, key=lambda bp: -1 if bp is None else bp, reverse=True
    )


def test_rates_are_written_as_people_read_them() -> None:
    assert [rate_name(bp) for bp in (800, 1000, 0, 850, 825, None)] == [
        "8%",
        "10%",
        "0%",
        "8,5%",
        "8,25%",
        "–",
    ]
