"""The layout of settlement files where a provider's own is not public: ours, one CSV line for one movement.

UTF-8, with or without a byte order mark, separated by commas, with a heading. Columns, in any order:

    kind           payment, refund, fee, chargeback or payout
    provider_ref   the provider's number of the transaction or of the refund
    merchant_ref   ours: the reference of the attempt, or the request id of the refund
    amount         whole dong, signed: what came to us is positive, a refund is negative
    fee            whole dong that the provider keeps of it, positive
    occurred_at    ISO 8601 with its offset, or without one in Vietnam's time

Other columns are ignored. What the contract with a provider names differently is renamed before it is imported.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from payments.gateways.base import LineKind, SettledLine
from payments.gateways.errors import SettlementUnreadable
from voltgo.core.clock import LOCAL_ZONE

COLUMNS = ("kind", "provider_ref", "merchant_ref", "amount", "fee", "occurred_at")


def write(lines: Sequence[SettledLine]) -> bytes:
    """Write a file of this layout."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        at = line.occurred_at.astimezone(LOCAL_ZONE).isoformat(timespec="seconds")
        writer.writerow((line.kind.value, line.provider_ref, line.merchant_ref, line.amount, line.fee, at))
    return text.getvalue().encode()


def parse(content: bytes) -> list[SettledLine]:
    """Read a file of this layout; raises SettlementUnreadable. Equal lines stay as many as they are."""
    try:
        text = content.decode("utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        if not set(COLUMNS) <= set(reader.fieldnames or ()):
            raise SettlementUnreadable
        return [_line(row) for row in reader]
    except (ValueError, TypeError, AttributeError, csv.Error) as error:
        raise SettlementUnreadable from error


def _line(row: dict[str, str]) -> SettledLine:
    at = datetime.fromisoformat(row["occurred_at"].strip())
    line = SettledLine(
        kind=LineKind(row["kind"].strip()),
        provider_ref=row["provider_ref"].strip(),
        merchant_ref=row["merchant_ref"].strip(),
        amount=int(row["amount"]),
        fee=int(row["fee"] or 0),
        occurred_at=at if at.tzinfo else at.replace(tzinfo=LOCAL_ZONE),
        raw=",".join(row[name] for name in COLUMNS),
    )
    if line.fee < 0 or not (line.provider_ref or line.merchant_ref):
        raise ValueError("a line without a number, or with a negative fee")
    return line
