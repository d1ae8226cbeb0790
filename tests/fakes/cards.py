"""A provider of cards in this process: it keeps cards, holds amounts, takes and frees them, and can be told to fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import override_settings

from payments.gateways import registry
from payments.gateways.base import (
    Capabilities,
    FactKind,
    ForgetRequest,
    GatewayDefaults,
    HoldAction,
    HoldRequest,
    Instrument,
    ProviderFact,
    QueryRequest,
    Redirect,
    RefundRequest,
    StartRequest,
)
from payments.gateways.errors import GatewayUnavailable, HoldRefused, OutcomeUnknown
from voltgo.core import clock

CODE = "stripe"
CARD = Instrument("cus_minh_anh", "pm_visa", "Visa •••• 4242")
KEEPS_FOR = timedelta(days=7)


@dataclass
class CardHold:
    """One hold as the provider's books know it."""

    amount: int
    state: str = "held"
    captured: int = 0
    capture_before: datetime | None = None
    placed: int = 1


@dataclass
class Cards(GatewayDefaults):
    """The gateway and the provider behind it in one; `failing` says what the next calls do instead of working.

    Each item of `failing` is (operation, how): away (not reached), lost (did not arrive), unheard (done, but no
    answer), declined.
    """

    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(
            min_amount=10_000,
            max_amount=10**9,
            hold=True,
            partial_capture=True,
            reuse=True,
            calls_to_start=True,
        )
    )
    code: str = CODE
    label: str = "Thẻ thử"
    hint: str = "Thẻ quốc tế"
    merchant: str = "acct_test"
    holds: dict[str, CardHold] = field(default_factory=dict)
    refunds: dict[str, int] = field(default_factory=dict)
    forgotten: list[str] = field(default_factory=list)
    failing: list[tuple[str, str]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)

    # --- The gateway -----------------------------------------------------------------------------
    def start(self, request: StartRequest) -> Redirect:
        return Redirect(f"https://cards.example/{request.merchant_ref}", f"cs_{request.merchant_ref}")

    def hold(self, request: HoldRequest) -> ProviderFact:
        how = self._enter("hold", request.merchant_ref)
        if how == "declined":
            self.holds[request.merchant_ref] = CardHold(request.amount, state="declined")
        known = self.holds.get(request.merchant_ref)
        if known is None:
            self.put_hold(request.merchant_ref, request.amount)
        self._leave(how)
        return self.tell(request.merchant_ref)

    def forget(self, request: ForgetRequest) -> None:
        how = self._enter("forget", request.method_ref)
        self.forgotten.append(request.method_ref)
        self._leave(how)

    def capture(self, action: HoldAction) -> ProviderFact:
        how = self._enter("capture", action.merchant_ref)
        hold = self.holds[action.merchant_ref]
        if hold.state == "captured" or hold.state == "ended":
            raise HoldRefused(hold=action.merchant_ref)
        assert action.amount == hold.amount or self.capabilities.partial_capture
        hold.state, hold.captured = "captured", action.amount
        self._leave(how)
        return self.tell(action.merchant_ref)

    def void(self, action: HoldAction) -> ProviderFact:
        how = self._enter("void", action.merchant_ref)
        hold = self.holds[action.merchant_ref]
        if hold.state == "captured":
            raise HoldRefused(hold=action.merchant_ref)
        hold.state = "ended"
        self._leave(how)
        return self.tell(action.merchant_ref)

    def fetch_hold(self, action: HoldAction) -> ProviderFact:
        self._leave(self._enter("fetch_hold", action.merchant_ref))
        return self.tell(action.merchant_ref)

    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        return (self.tell(request.merchant_ref),) if request.merchant_ref in self.holds else ()

    def refund(self, request: RefundRequest) -> ProviderFact:
        self._leave(self._enter("refund", request.merchant_ref))
        self.refunds[request.request_id] = request.amount
        return self._refunded(request)

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        if request.request_id in self.refunds:
            return self._refunded(request)
        return ProviderFact(self.code, FactKind.REFUND_NOT_FOUND, request.request_id)

    # --- The provider ----------------------------------------------------------------------------
    def put_hold(self, merchant_ref: str, amount: int) -> CardHold:
        """Hold an amount on the payer's card."""
        self.holds[merchant_ref] = CardHold(amount, capture_before=clock.now() + KEEPS_FOR)
        return self.holds[merchant_ref]

    def tell(self, merchant_ref: str) -> ProviderFact:
        """Say how a hold stands."""
        hold = self.holds.get(merchant_ref)
        fact = ProviderFact(
            self.code,
            FactKind.HOLD_NOT_FOUND,
            merchant_ref,
            provider_ref=f"pi_{merchant_ref}" if hold else "",
            merchant=self.merchant,
            code=hold.state if hold else "",
        )
        if hold is None:
            return fact
        match hold.state:
            case "held":
                return replace(
                    fact,
                    kind=FactKind.AUTHORIZED,
                    amount=hold.amount,
                    capture_before=hold.capture_before,
                    instrument=CARD,
                )
            case "captured":
                return replace(fact, kind=FactKind.HOLD_CAPTURED, amount=hold.captured)
            case "declined":
                return replace(fact, kind=FactKind.HOLD_FAILED)
            case _:
                return replace(fact, kind=FactKind.HOLD_ENDED)

    def _refunded(self, request: RefundRequest) -> ProviderFact:
        return ProviderFact(
            self.code,
            FactKind.REFUND_SUCCEEDED,
            request.request_id,
            provider_ref=f"re_{request.request_id}",
            amount=request.amount,
        )

    def _enter(self, operation: str, merchant_ref: str) -> str:
        self.calls.append((operation, merchant_ref))
        how = next((how for name, how in self.failing if name == operation), "")
        if how:
            self.failing.remove((operation, how))
        if how == "away":
            raise GatewayUnavailable(provider=self.code)
        if how == "lost":
            raise OutcomeUnknown(provider=self.code)
        return how

    @staticmethod
    def _leave(how: str) -> None:
        if how == "unheard":
            raise OutcomeUnknown(provider=CODE)

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ref in self.calls)


@contextmanager
def registered(cards: Cards) -> Iterator[Cards]:
    """Let the registry answer with these cards, and offer them to payers."""
    factories: dict[str, Any] = {**registry._factories, CODE: lambda: cards}
    methods = (
        [*settings.PAYMENT_METHODS, CODE]
        if CODE not in settings.PAYMENT_METHODS
        else settings.PAYMENT_METHODS
    )
    with patch.object(registry, "_factories", factories), override_settings(PAYMENT_METHODS=methods):
        yield cards
