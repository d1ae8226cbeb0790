"""The arithmetic of e-invoices, and the files for the provider."""

from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.invoices.documents import ReceiptLine, by_rate
from payments.invoices.einvoice_content import (
    content,
    items_of,
    next_working_day,
    serial_of,
    taken_back,
    taxed_lines,
)
from payments.invoices.enums import EInvoiceKind
from payments.invoices.errors import AnswersUnreadable
from payments.invoices.providers import FileProvider

FROZEN: dict[str, Any] = {
    "company": {
        "name": "VoltGo",
        "tax_code": "0000000000",
        "address": "Quận 1",
        "phone": "1900",
        "email": "",
    },
    "payer_name": "Nguyễn An",
    "payer_email": "an@example.vn",
    "paid_by": [{"label": "VNPay"}, {"label": "VNPay"}, {"label": "Trừ vào tiền cọc"}],
    "buyer": None,
}
LINES = [
    ReceiptLine("Thuê xe 2 ngày", "Rental", 1_200_000, 800).as_data(),
    ReceiptLine("Thời gian trả trễ", "Late", 110_000, 1000).as_data(),
    ReceiptLine("Bồi thường vết xước", "Scratch", 500_000, None).as_data(),
]


def made(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "kind": EInvoiceKind.SALE,
        "day": date(2026, 11, 22),
        "items": items_of(taxed_lines(LINES), "VF 5, 51K-123.45"),
        "receipt_number": "BN-2026-000001",
        "frozen": FROZEN,
        "reference": "booking:VG-7K2M4Q",
    }
    return content(**values | changes)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 11, 23), date(2026, 11, 24)),
        # Friday, Saturday and Sunday are due on Monday.
        (date(2026, 11, 20), date(2026, 11, 23)),
        (date(2026, 11, 21), date(2026, 11, 23)),
        (date(2026, 11, 22), date(2026, 11, 23)),
        (date(2026, 12, 31), date(2027, 1, 1)),
    ],
)
def test_an_invoice_is_due_on_the_next_working_day(day: date, due: date) -> None:
    assert next_working_day(day) == due


def test_the_serial_names_the_year() -> None:
    assert (serial_of(date(2026, 12, 31)), serial_of(date(2027, 1, 1))) == ("C26TVG", "C27TVG")


def test_compensation_is_no_item_and_each_rate_is_summed() -> None:
    made_of = made()

    assert [(item["name"], item["gross"]) for item in made_of["items"]] == [
        ("Thuê xe 2 ngày (VF 5, 51K-123.45)", 1_200_000),
        ("Thời gian trả trễ (VF 5, 51K-123.45)", 110_000),
    ]
    assert [(row["vat_bp"], row["net"], row["vat"]) for row in made_of["rates"]] == [
        (1000, 100_000, 10_000),
        (800, 1_111_111, 88_889),
    ]
    assert (made_of["net"], made_of["vat"], made_of["total"]) == (1_211_111, 98_889, 1_310_000)
    assert made_of["in_words"] == "Một triệu ba trăm mười nghìn đồng"
    assert made_of["payment_method"] == "VNPay, Trừ vào tiền cọc"


@given(
    grosses=st.lists(st.integers(1, 50_000_000), min_size=1, max_size=3),
    parts=st.lists(st.integers(1, 10_000_000), max_size=6),
)
def test_refunds_in_any_steps_take_back_exactly_all_of_the_vat(grosses: list[int], parts: list[int]) -> None:
    lines = [
        ReceiptLine("Thuê xe", "Rental", gross, rate).as_data()
        for gross, rate in zip(grosses, (1000, 800, 500), strict=False)
    ]
    rates, total = by_rate(lines), sum(grosses)
    before = net = vat = 0
    for part in [*parts, total]:
        back = min(part, total - before)
        if not back:
            break
        items = taken_back(rates, before=before, back=back, name="Hoàn")
        assert sum(item.net + item.vat for item in items) == -back
        assert all(item.net <= 0 and item.vat <= 0 for item in items)
        before, net, vat = before + back, net + sum(i.net for i in items), vat + sum(i.vat for i in items)

    assert before == total
    assert (-net, -vat) == (sum(line["net"] for line in lines), sum(line["vat"] for line in lines))


def test_the_xml_carries_what_the_law_asks_for() -> None:
    buyer = {
        "kind": "company", "name": "Công ty Bình Minh", "tax_code": "0100109106", "person_number": "",
        "address": "Hà Nội", "email": "ke-toan@example.vn",
    }  # fmt: skip
    produced = FileProvider().produce([{**made(), "id": "one", "buyer": buyer}])
    tree = ET.fromstring(produced[0].content)

    def text(path: str) -> str | None:
        return tree.findtext(f".//{path}")

    assert [file.suffix for file in produced] == ["xml", "json"]
    assert (text("KHMSHDon"), text("KHHDon"), text("NLap"), text("DVTTe")) == (
        "1", "C26TVG", "2026-11-22", "VND",
    )  # fmt: skip
    assert (text("NBan/Ten"), text("NBan/MST")) == ("VoltGo", "0000000000")
    assert (text("NMua/Ten"), text("NMua/MST"), text("NMua/HVTNMHang")) == (
        "Công ty Bình Minh", "0100109106", None,
    )  # fmt: skip
    assert [item.findtext("THHDVu") for item in tree.iter("HHDVu")] == [
        "Thuê xe 2 ngày (VF 5, 51K-123.45)",
        "Thời gian trả trễ (VF 5, 51K-123.45)",
    ]
    assert [(row.findtext("TSuat"), row.findtext("TThue")) for row in tree.iter("LTSuat")] == [
        ("10%", "10000"),
        ("8%", "88889"),
    ]
    assert (text("TgTTTBSo"), text("TgTTTBChu")) == ("1310000", "Một triệu ba trăm mười nghìn đồng")
    assert FileProvider().produce([{**made(), "id": "one", "buyer": buyer}]) == produced


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"number,code\n1,2\n",
        b"id,state,number,authority_code\none,coded,,\n",
        b"id,state,number,authority_code,issued_on\none,coded,1,M1,yesterday\n",
    ],
)
def test_a_file_of_answers_that_is_none_is_refused(content: bytes) -> None:
    with pytest.raises(AnswersUnreadable):
        FileProvider().parse_answers(content)
