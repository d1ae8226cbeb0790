"""Stripe's itemised payout reconciliation report, as CSV.

The columns are those of the report type `payout_reconciliation.itemized.5`, in any order, others ignored:

    balance_transaction_id, created_utc, currency, gross, fee, net, reporting_category, source_id,
    charge_id, payment_intent_id, payment_metadata[merchant_ref], refund_metadata[request_id]

The last two come only when they are asked for in the report's settings. Amounts are in the currency in which
Stripe settles; only dong can be matched with ours.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.errors import SettlementUnreadable
from voltgo.core.money import Dong

COLUMNS = (
    "balance_transaction_id",
    "created_utc",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "charge_id",
    "payment_intent_id",
)
MERCHANT_REF = "payment_metadata[merchant_ref]"
REQUEST_ID = "refund_metadata[request_id]"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"

_KINDS = {
    "charge": LineKind.PAYMENT,
    "partial_capture_reversal": LineKind.PAYMENT,
    "refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "dispute": LineKind.CHARGEBACK,
    "dispute_reversal": LineKind.CHARGEBACK,
    "payout": LineKind.PAYOUT,
    "payout_reversal": LineKind.PAYOUT,
}
REVERSAL = "partial_capture_reversal"


def parse(content: bytes) -> Sequence[SettledLine]:
    """Read a report; raises SettlementUnreadable.

    A hold of which a part was taken stands there twice, as the whole and as what went back: that is one payment
    here. Whatever is no payment, refund, dispute or payout is something Stripe keeps or gives by itself, a FEE.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SettlementUnreadable(line=1) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    lines: list[SettledLine] = []
    payments: dict[str, int] = {}
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise SettlementUnreadable(missing=missing)
        for row in reader:
            line = _line(row)
            at = payments.get(line.provider_ref) if line.kind is LineKind.PAYMENT else None
            if at is not None and REVERSAL in {row["reporting_category"], _category(lines[at])}:
                lines[at] = _joined(lines[at], line)
                continue
            if line.kind is LineKind.PAYMENT:
                payments[line.provider_ref] = len(lines)
            lines.append(line)
    except (csv.Error, AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
        raise SettlementUnreadable(line=reader.line_num) from error
    return lines


def _line(row: dict[str, str]) -> SettledLine:
    if row["currency"].lower() != "vnd":
        raise SettlementUnreadable(currency=row["currency"][:8])
    kind = _KINDS.get(row["reporting_category"], LineKind.FEE)
    amount, fee, net = (_dong(row[name]) for name in ("gross", "fee", "net"))
    if amount - fee != net:
        raise ValueError("gross, fee and net do not agree")
    provider_ref, merchant_ref = row["source_id"], ""
    if kind is LineKind.PAYMENT:
        provider_ref = row["payment_intent_id"] or row["charge_id"]
        merchant_ref = row.get(MERCHANT_REF) or ""
    elif kind is LineKind.REFUND:
        merchant_ref = row.get(REQUEST_ID) or ""
    elif kind is LineKind.CHARGEBACK:
        merchant_ref = row.get(MERCHANT_REF) or ""
    return SettledLine(
        kind=kind,
        provider_ref=provider_ref or row["balance_transaction_id"],
        merchant_ref=merchant_ref,
        amount=amount,
        fee=fee,
        occurred_at=datetime.strptime(row["created_utc"], TIME_FORMAT).replace(tzinfo=UTC),
        raw=f"{row['reporting_category']} {row['balance_transaction_id']}",
    )


def _category(line: SettledLine) -> str:
    return line.raw.split(" ", 1)[0]


def _joined(first: SettledLine, second: SettledLine) -> SettledLine:
    """Return the payment that a whole charge and the reversal of its untaken part leave."""
    return replace(
        first,
        merchant_ref=first.merchant_ref or second.merchant_ref,
        amount=first.amount + second.amount,
        fee=first.fee + second.fee,
        raw=f"{first.raw} + {second.raw}",
    )


def _dong(text: str) -> Dong:
    """Return whole dong; the report may write them with decimals, which are then zero."""
    value = Decimal(text)
    if value != value.to_integral_value():
        raise ValueError("dong have no decimals")
    return int(value)


# --- Writing, as the local sandbox does ---------------------------------------------------------
_CATEGORIES = {
    LineKind.PAYMENT: "charge",
    LineKind.REFUND: "refund",
    LineKind.FEE: "fee",
    LineKind.CHARGEBACK: "dispute",
    LineKind.PAYOUT: "payout",
}


def write(lines: Sequence[SettledLine]) -> bytes:
    """Write a report; `raw` of a line is its category and the number of its balance transaction, if it has one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS, MERCHANT_REF, REQUEST_ID], restval="", lineterminator="\n")
    writer.writeheader()
    for index, line in enumerate(lines):
        category, _, number = line.raw.partition(" ")
        is_payment, is_refund = line.kind is LineKind.PAYMENT, line.kind is LineKind.REFUND
        writer.writerow(
            {
                "balance_transaction_id": number or f"txn_unknown_{index}",
                "created_utc": line.occurred_at.astimezone(UTC).strftime(TIME_FORMAT),
                "currency": "vnd",
                "gross": line.amount,
                "fee": line.fee,
                "net": line.amount - line.fee,
                "reporting_category": category or _CATEGORIES[line.kind],
                "source_id": "" if is_payment else line.provider_ref,
                "payment_intent_id": line.provider_ref if is_payment else "",
                MERCHANT_REF: "" if is_refund else line.merchant_ref,
                REQUEST_ID: line.merchant_ref if is_refund else "",
            }
        )
    return text.getvalue().encode()
