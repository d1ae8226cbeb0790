"""Settlement files and bank statements as tests need them, and a provider that answers from memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any
from unittest import mock

from payments.gateways import registry, settlement_file
from payments.gateways.base import (
    Capabilities,
    GatewayDefaults,
    LineKind,
    ProviderFact,
    QueryRequest,
    Redirect,
    RefundRequest,
    SettledLine,
    StartRequest,
    Transfer,
)
from payments.gateways.vietqr import memo_of
from payments.intents.models import Payment, Refund
from payments.reconciliation import services
from payments.reconciliation.services import Imported
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.clock import LOCAL_ZONE

DAY = date(2026, 11, 21)
NOON = datetime.combine(DAY, time(12), LOCAL_ZONE)


class FileGateway(GatewayDefaults):
    """A provider whose files have our own layout and that answers what a test tells it to."""

    def __init__(self, code: str = "vnpay", merchant: str = "VOLTGO01") -> None:
        self.code = self.label = code
        self.merchant = merchant
        self.hint = ""
        self.capabilities = Capabilities(1, 10**12, settlement_file=True)
        self.known: dict[str, ProviderFact] = {}
        self.asked: list[str] = []

    def start(self, request: StartRequest) -> Redirect | Transfer:
        return Redirect(f"https://pay.example/{request.merchant_ref}")

    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        self.asked.append(request.merchant_ref)
        fact = self.known.get(request.merchant_ref)
        return (fact,) if fact else ()

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        self.asked.append(request.request_id)
        return self.known[request.request_id]

    def parse_settlement(self, content: bytes) -> Sequence[SettledLine]:
        return settlement_file.parse(content)


class TransferGateway(FileGateway):
    """payOS as far as reconciliation asks it."""

    def __init__(self) -> None:
        super().__init__("payos", "voltgo-local")
        self.capabilities = Capabilities(
            1,
            10**12,
            refund=False,
            exact_amount=False,
            transfer=True,
            calls_to_start=True,
            numeric_ref=True,
        )

    def start(self, request: StartRequest) -> Transfer:
        memo = memo_of(request.merchant_ref)
        return Transfer("QR", "970436", "VCB", "1234567890", "VOLTGO", memo, session_ref=request.merchant_ref)


@contextmanager
def served_by(gateway: Any) -> Iterator[None]:
    """Let a fake stand for a provider."""
    factories = {**registry._factories, gateway.code: lambda: gateway}
    with mock.patch.object(registry, "_factories", factories):
        yield


def line_of(payment: Payment, **fields: Any) -> SettledLine:
    """Return what a provider's file says about one payment."""
    values: dict[str, Any] = {
        "kind": LineKind.PAYMENT,
        "provider_ref": payment.provider_ref,
        "merchant_ref": payment.merchant_ref,
        "amount": payment.amount,
        "fee": 0,
        "occurred_at": payment.paid_at,
        **fields,
    }
    return SettledLine(**values)


def refund_line(refund: Refund, **fields: Any) -> SettledLine:
    """Return what a provider's file says about one refund."""
    values: dict[str, Any] = {
        "kind": LineKind.REFUND,
        "provider_ref": refund.provider_ref or "R-1",
        "merchant_ref": refund.request_id,
        "amount": -refund.amount,
        "fee": 0,
        "occurred_at": refund.succeeded_at or NOON,
        **fields,
    }
    return SettledLine(**values)


def take_in(lines: Sequence[SettledLine], *, source: str = "vnpay", day: date | None = DAY) -> Imported:
    """Import a file with these lines."""
    return services.import_settlement(
        source=source, name="file.csv", content=settlement_file.write(lines), day=day, by=SYSTEM
    )


def statement(*rows: tuple[str, str, int, str]) -> bytes:
    """Return a bank's statement; each row is (bank number, moment "21/11/2026 09:30", amount, memo)."""
    lines = ["Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Nội dung,Tên đối ứng,Số tài khoản đối ứng"]
    for number, moment, amount, memo in rows:
        credit, debit = (amount, "") if amount > 0 else ("", -amount)
        lines.append(f"{moment},{number},{debit},{credit},{memo},NGUYEN VAN A,0011223344")
    return "\n".join(lines).encode()


def take_in_statement(*rows: tuple[str, str, int, str], by: Actor = SYSTEM) -> Imported:
    """Import a statement with these rows."""
    return services.import_statement(name="statement.csv", content=statement(*rows), by=by)


def noon_of(day: date) -> datetime:
    return clock.day_bounds(day)[0].replace(hour=12)
