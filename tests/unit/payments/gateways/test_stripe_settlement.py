"""Stripe's payout reconciliation report."""

from datetime import UTC, datetime

import pytest

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.errors import SettlementUnreadable
from payments.gateways.stripe import settlement

HEADING = (
    "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,"
    "charge_id,payment_intent_id,payment_metadata[merchant_ref],refund_metadata[request_id]\n"
)
REPORT = HEADING + (
    "po_1,txn_1,2026-11-22 05:05:00,vnd,1200000,40800,1159200,charge,ch_1,ch_1,pi_1,261122-A,\n"
    "po_1,txn_2,2026-11-22 06:00:00,vnd,3000000.00,102000.00,2898000.00,charge,ch_2,ch_2,pi_2,261122-B,\n"
    "po_1,txn_3,2026-11-22 06:00:00,vnd,-2500000,-85000,-2415000,partial_capture_reversal,ch_2,ch_2,pi_2,261122-B,\n"
    "po_1,txn_4,2026-11-22 07:00:00,vnd,-200000,0,-200000,refund,re_1,ch_1,pi_1,261122-A,R1\n"
    "po_1,txn_5,2026-11-22 08:00:00,vnd,-1200000,375000,-1575000,dispute,du_1,ch_1,pi_1,261122-A,\n"
    "po_1,txn_6,2026-11-22 09:00:00,vnd,-1000,0,-1000,fee,,,,,\n"
    "po_1,txn_7,2026-11-22 10:00:00,vnd,-1,0,-1,payout,po_1,,,,\n"
)


def test_a_report_is_read_line_by_line() -> None:
    lines = settlement.parse(REPORT.encode("utf-8-sig"))

    assert [(line.kind, line.provider_ref, line.merchant_ref, line.amount, line.fee) for line in lines] == [
        (LineKind.PAYMENT, "pi_1", "261122-A", 1_200_000, 40_800),
        # Held 3,000,000 and taken 500,000 of it: two lines of the report, one payment.
        (LineKind.PAYMENT, "pi_2", "261122-B", 500_000, 17_000),
        (LineKind.REFUND, "re_1", "R1", -200_000, 0),
        (LineKind.CHARGEBACK, "du_1", "261122-A", -1_200_000, 375_000),
        (LineKind.FEE, "txn_6", "", -1_000, 0),
        (LineKind.PAYOUT, "po_1", "", -1, 0),
    ]
    assert lines[0].occurred_at == datetime(2026, 11, 22, 5, 5, tzinfo=UTC)


def test_the_order_of_a_partial_capture_does_not_matter() -> None:
    rows = REPORT.splitlines(keepends=True)
    turned = "".join([rows[0], rows[3], rows[2]])

    (line,) = settlement.parse(turned.encode())

    assert (line.amount, line.fee) == (500_000, 17_000)


def test_the_same_charge_twice_stays_two_lines() -> None:
    rows = REPORT.splitlines(keepends=True)

    assert len(settlement.parse("".join([rows[0], rows[1], rows[1]]).encode())) == 2


@pytest.mark.parametrize(
    "report",
    [
        "",
        "kind,amount\npayment,5\n",
        HEADING + "po_1,txn_1,2026-11-22 05:05:00,usd,45.60,1.50,44.10,charge,ch_1,ch_1,pi_1,261122-A,\n",
        HEADING + "po_1,txn_1,2026-11-22 05:05:00,vnd,12.5,0,12.5,charge,ch_1,ch_1,pi_1,,\n",
        HEADING + "po_1,txn_1,2026-11-22 05:05:00,vnd,100,10,100,charge,ch_1,ch_1,pi_1,,\n",
        HEADING + "po_1,txn_1,22/11/2026,vnd,100,10,90,charge,ch_1,ch_1,pi_1,,\n",
        HEADING + "po_1,txn_1,2026-11-22 05:05:00,vnd,NaN,0,NaN,charge,ch_1,ch_1,pi_1,,\n",
        HEADING + "po_1,txn_1\n",
    ],
)
def test_another_layout_is_refused(report: str) -> None:
    with pytest.raises(SettlementUnreadable):
        settlement.parse(report.encode())


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(SettlementUnreadable):
        settlement.parse(b"\xff\xfe\x00P")


def test_a_written_report_is_read_again() -> None:
    at = datetime(2026, 11, 22, 5, 5, tzinfo=UTC)
    lines = [
        SettledLine(LineKind.PAYMENT, "pi_1", "A", 100_000, 3_400, at, "charge txn_1"),
        SettledLine(LineKind.REFUND, "re_1", "R1", -50_000, 0, at, "refund txn_2"),
        SettledLine(LineKind.CHARGEBACK, "du_1", "A", -100_000, 5, at, "dispute txn_3"),
        SettledLine(LineKind.PAYMENT, "900001", "UNKNOWN1", 123_000, 0, at),
    ]

    read = settlement.parse(settlement.write(lines))

    wanted = [(line.kind, line.provider_ref, line.merchant_ref, line.amount, line.fee) for line in lines]
    assert [
        (line.kind, line.provider_ref, line.merchant_ref, line.amount, line.fee) for line in read
    ] == wanted
