"""Providers and a bank that keep true books of their own, and are careless about telling us."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from unittest.mock import patch

from payments.gateways import registry, settlement_file, vietqr
from payments.gateways.base import (
    BankParty,
    Capabilities,
    FactKind,
    GatewayDefaults,
    HoldAction,
    HoldRequest,
    Instrument,
    LineKind,
    ProviderFact,
    QueryRequest,
    Redirect,
    RefundRequest,
    SettledLine,
    StartRequest,
    Transfer,
)
from payments.gateways.errors import GatewayUnavailable, HoldRefused, OutcomeUnknown
from voltgo.core import clock
from voltgo.core.money import share

FEE_BP = {"vnpay": 110, "momo": 150, "stripe": 290}
CAN = {
    "vnpay": Capabilities(min_amount=1, max_amount=10**9, settlement_file=True),
    # Holds a deposit that is paid alone, and takes all of it or none.
    "momo": Capabilities(
        min_amount=1_000, max_amount=50_000_000, settlement_file=True, calls_to_start=True, hold=True
    ),
    "stripe": Capabilities(
        min_amount=10_000,
        max_amount=10**9,
        hold=True,
        partial_capture=True,
        reuse=True,
        calls_to_start=True,
        settlement_file=True,
    ),
    "payos": Capabilities(
        min_amount=2_000,
        max_amount=10**9,
        refund=False,
        partial_refund=False,
        exact_amount=False,
        calls_to_start=True,
        transfer=True,
        numeric_ref=True,
    ),
}
CARD = Instrument("cus_sim", "pm_sim", "Visa •••• 4242")


@dataclass
class Held:
    """One hold in the books of a provider."""

    ref: str
    amount: int
    state: str = "held"
    captured: int = 0


@dataclass
class SimGateway(GatewayDefaults):
    """A provider and the way to it in one. `trouble` is how likely a call fails, before or after it worked."""

    code: str
    rng: random.Random
    trouble: float
    label: str = ""
    hint: str = ""
    merchant: str = ""
    paid: dict[str, list[ProviderFact]] = field(default_factory=lambda: defaultdict(list))
    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    told_refunds: set[str] = field(default_factory=set)
    holds: dict[str, Held] = field(default_factory=dict)
    lines: dict[date, list[SettledLine]] = field(default_factory=lambda: defaultdict(list))
    number: int = 0

    @property
    def capabilities(self) -> Capabilities:
        return CAN[self.code]

    # --- What payers do --------------------------------------------------------------------------
    def pay(self, merchant_ref: str, amount: int, *, ref: str = "") -> ProviderFact:
        """Take money from a payer; returns the notification that may or may not reach us.

        `ref` is the number of a transfer, which is the bank's and not the provider's own.
        """
        fact = ProviderFact(
            self.code,
            FactKind.SUCCEEDED,
            merchant_ref,
            provider_ref=ref or self._next(),
            amount=amount,
            occurred_at=clock.now(),
            instrument=CARD if self.capabilities.reuse else None,
            sender=BankParty("VCB", "0011001", "NGUOI TRA") if self.capabilities.transfer else None,
        )
        self.paid[merchant_ref].append(fact)
        self._line(LineKind.PAYMENT, fact.provider_ref, merchant_ref, amount)
        return fact

    def authorize(self, merchant_ref: str, amount: int) -> ProviderFact:
        """Hold an amount that a payer lets be held; returns the notification."""
        self.holds.setdefault(merchant_ref, Held(self._next(), amount))
        return self._hold_fact(merchant_ref)

    def let_go(self, merchant_ref: str) -> ProviderFact:
        """End a hold because its time has run out; returns the notification."""
        held = self.holds[merchant_ref]
        if held.state == "held":
            held.state = "ended"
        return self._hold_fact(merchant_ref)

    def dispute(self, merchant_ref: str, kind: FactKind, number: str) -> ProviderFact:
        """Let a payer's bank take money back, or decide about it."""
        amount = self.paid[merchant_ref][0].amount or 0
        if kind is not FactKind.DISPUTE_LOST:
            sign = -1 if kind is FactKind.DISPUTE_OPENED else 1
            self._line(LineKind.CHARGEBACK, number, merchant_ref, sign * amount)
        return ProviderFact(
            self.code, kind, merchant_ref, provider_ref=number, amount=amount, occurred_at=clock.now()
        )

    # --- What we ask -----------------------------------------------------------------------------
    def start(self, request: StartRequest) -> Redirect | Transfer:
        if not self.capabilities.transfer:
            return Redirect(f"https://{self.code}.sim/{request.merchant_ref}", f"s_{request.merchant_ref}")
        return Transfer(
            qr_text="", bank_bin="970436", bank_name="", account_number="", account_name="",
            memo=vietqr.memo_of(request.merchant_ref), session_ref=f"s_{request.merchant_ref}",
        )  # fmt: skip

    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        self._away()
        if request.merchant_ref in self.holds:
            return (self._hold_fact(request.merchant_ref),)
        known = tuple(self.paid.get(request.merchant_ref, ()))
        return known or (ProviderFact(self.code, FactKind.NOT_FOUND, request.merchant_ref),)

    def refund(self, request: RefundRequest) -> ProviderFact:
        self._away()
        if request.request_id not in self.refunds:
            self.refunds[request.request_id] = (self._next(), request.amount)
            number = self.refunds[request.request_id][0]
            self._line(LineKind.REFUND, number, request.request_id, -request.amount)
        self._unheard()
        return replace(self._refund_fact(request), kind=FactKind.REFUND_PENDING)

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        self._away()
        return self._refund_fact(request)

    def _refund_fact(self, request: RefundRequest) -> ProviderFact:
        known = self.refunds.get(request.request_id)
        if known is None:
            return ProviderFact(self.code, FactKind.REFUND_NOT_FOUND, request.request_id)
        number, amount = known
        return ProviderFact(
            self.code, FactKind.REFUND_SUCCEEDED, request.request_id, provider_ref=number, amount=amount
        )

    def hold(self, request: HoldRequest) -> ProviderFact:
        self._away()
        if request.merchant_ref not in self.holds:
            self.holds[request.merchant_ref] = Held(self._next(), request.amount)
        self._unheard()
        return self._hold_fact(request.merchant_ref)

    def capture(self, action: HoldAction) -> ProviderFact:
        self._away()
        held = self.holds[action.merchant_ref]
        if held.state != "held":
            raise HoldRefused(hold=action.merchant_ref)
        held.state, held.captured = "captured", action.amount
        self._line(LineKind.PAYMENT, held.ref, action.merchant_ref, action.amount)
        self._unheard()
        return self._hold_fact(action.merchant_ref)

    def void(self, action: HoldAction) -> ProviderFact:
        self._away()
        held = self.holds[action.merchant_ref]
        if held.state == "captured":
            raise HoldRefused(hold=action.merchant_ref)
        held.state = "ended"
        self._unheard()
        return self._hold_fact(action.merchant_ref)

    def fetch_hold(self, action: HoldAction) -> ProviderFact:
        self._away()
        return self._hold_fact(action.merchant_ref)

    def _hold_fact(self, merchant_ref: str) -> ProviderFact:
        held = self.holds.get(merchant_ref)
        if held is None:
            return ProviderFact(self.code, FactKind.HOLD_NOT_FOUND, merchant_ref)
        kind = {"held": FactKind.AUTHORIZED, "captured": FactKind.HOLD_CAPTURED, "ended": FactKind.HOLD_ENDED}
        return ProviderFact(
            self.code,
            kind[held.state],
            merchant_ref,
            provider_ref=held.ref,
            amount=held.captured if held.state == "captured" else held.amount,
            occurred_at=clock.now(),
            capture_before=clock.now() + timedelta(days=30),
        )

    def parse_settlement(self, content: bytes) -> list[SettledLine]:
        return settlement_file.parse(content)

    # --- Its own side ----------------------------------------------------------------------------
    def _next(self) -> str:
        self.number += 1
        return f"{self.code[:2]}{self.number:08d}"

    def _line(self, kind: LineKind, ref: str, merchant_ref: str, amount: int) -> None:
        fee = share(amount, FEE_BP[self.code]) if kind is LineKind.PAYMENT and self.code in FEE_BP else 0
        day = clock.today()
        self.lines[day].append(SettledLine(kind, ref, merchant_ref, amount, fee, clock.now()))

    def _away(self) -> None:
        if self.rng.random() < self.trouble:
            raise GatewayUnavailable

    def _unheard(self) -> None:
        if self.rng.random() < self.trouble:
            raise OutcomeUnknown


@contextmanager
def providers(rng: random.Random, trouble: float) -> Iterator[Mapping[str, SimGateway]]:
    """Put simulated providers in the place of the real ones."""
    gateways = {code: SimGateway(code, rng, trouble, label=code) for code in CAN}
    factories = {code: (lambda gateway=gateway: gateway) for code, gateway in gateways.items()}
    with patch.object(registry, "_factories", factories):
        yield gateways


@dataclass
class Bank:
    """Our account: what came and went, day by day, as its statement tells."""

    rows: dict[date, list[tuple[datetime, int, str, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    number: int = 0

    def book(self, amount: int, memo: str, party: str = "") -> str:
        """Write a movement; returns the bank's number of it."""
        self.number += 1
        ref = f"FT{self.number:09d}"
        self.rows[clock.today()].append((clock.now(), amount, ref, memo, party))
        return ref

    def statement(self, day: date) -> bytes:
        lines = ["Ngày giao dịch,Số tiền,Số tham chiếu,Nội dung,Tên đối ứng"]
        for at, amount, ref, memo, party in self.rows[day]:
            lines.append(f"{clock.local(at):%d/%m/%Y %H:%M:%S},{amount},{ref},{memo},{party}")
        return ("\n".join(lines) + "\n").encode()
