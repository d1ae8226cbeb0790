"""The interface of a payment provider and the plain values that cross it."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from django.http import HttpResponse

from voltgo.core.money import Dong


class FactKind(StrEnum):
    """What a provider states about a payment or a refund."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    # Money may have been taken, but a person must look.
    REVIEW = "review"
    PENDING = "pending"
    NOT_FOUND = "not_found"
    REFUND_PENDING = "refund_pending"
    REFUND_SUCCEEDED = "refund_succeeded"
    REFUND_FAILED = "refund_failed"
    REFUND_NOT_FOUND = "refund_not_found"
    # A card or a wallet holds the amount for us: it is promised, not received.
    AUTHORIZED = "authorized"
    HOLD_FAILED = "hold_failed"
    HOLD_PENDING = "hold_pending"
    # `amount` of what was held became ours; the rest is free again.
    HOLD_CAPTURED = "hold_captured"
    HOLD_ENDED = "hold_ended"
    HOLD_NOT_FOUND = "hold_not_found"
    # The payer's bank takes money back, gives it to us again, or keeps it.
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"


REFUND_KINDS = frozenset(
    {FactKind.REFUND_PENDING, FactKind.REFUND_SUCCEEDED, FactKind.REFUND_FAILED, FactKind.REFUND_NOT_FOUND}
)


HOLD_KINDS = frozenset(
    {
        FactKind.AUTHORIZED,
        FactKind.HOLD_FAILED,
        FactKind.HOLD_PENDING,
        FactKind.HOLD_CAPTURED,
        FactKind.HOLD_ENDED,
        FactKind.HOLD_NOT_FOUND,
    }
)
DISPUTE_KINDS = frozenset({FactKind.DISPUTE_OPENED, FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST})


class FailureReason(StrEnum):
    """Why a payment failed, as far as the payer can do something about it."""

    CANCELLED = "cancelled"
    NO_MONEY = "no_money"
    OVER_LIMIT = "over_limit"
    TIMED_OUT = "timed_out"
    WRONG_CODE = "wrong_code"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ProviderFact:
    """One statement of a provider, whatever way it came: notification, answer to a question, file."""

    provider: str
    kind: FactKind
    # Ours: the reference of an attempt or of a hold, or the request id of a refund.
    merchant_ref: str
    provider_ref: str = ""
    # None only where the provider did not name an amount, which a success always does.
    amount: Dong | None = None
    currency: str = "VND"
    merchant: str = ""
    code: str = ""
    occurred_at: datetime | None = None
    method: str = ""
    # Of a failure only; for the payer's eyes, decides nothing.
    reason: FailureReason | None = None
    # Of PENDING: the payer has done their part, and the provider is at it. For the payer's eyes, decides nothing.
    is_under_way: bool = False
    # Where the money lies when that is not with the provider: the code of a cash drawer or of an account.
    account_ref: str = ""
    # Of an authorisation: when the provider lets go by itself.
    capture_before: datetime | None = None
    # The means of payment that the provider keeps for us, if the payer agreed to that.
    instrument: "Instrument | None" = None
    # Of a bank transfer: who sent it, so that it can be sent back.
    sender: "BankParty | None" = None


@dataclass(frozen=True, slots=True)
class Instrument:
    """A card that the provider keeps under names of its own; never its number."""

    customer_ref: str
    method_ref: str
    # Such as "Visa •••• 4242".
    label: str


@dataclass(frozen=True, slots=True)
class BankParty:
    """The other side of a bank transfer, as far as the bank tells."""

    bank: str = ""
    number: str = ""
    name: str = ""


class FactOutcome(StrEnum):
    """What we made of a fact."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    SURPLUS = "surplus"
    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT_MISMATCH = "amount_mismatch"
    MERCHANT_MISMATCH = "merchant_mismatch"
    CONFLICT = "conflict"
    # The provider has not decided yet.
    UNDECIDED = "undecided"
    # A valid message that says nothing about money, such as a provider's test call.
    IGNORED = "ignored"
    # A part of the amount came; the rest is still to come.
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class FactResult:
    outcome: FactOutcome
    intent_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the payer's browser here."""

    url: str
    # The provider's own number of this attempt, where it gives one at once.
    session_ref: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Show the payer where to transfer the money: a VietQR code and the same in words."""

    qr_text: str
    bank_bin: str
    bank_name: str
    account_number: str
    account_name: str
    memo: str
    # The provider's own page with the same code, if it has one.
    url: str = ""
    session_ref: str = ""


@dataclass(frozen=True, slots=True)
class StartRequest:
    """One attempt to pay, as a gateway needs to know it."""

    merchant_ref: str
    amount: Dong
    description: str
    return_url: str
    ip_address: str
    language: str
    created_at: datetime
    expires_at: datetime
    # Where the payer goes after giving up; the return address where a provider knows only one.
    cancel_url: str = ""
    # Hold the amount instead of taking it. Only where `Capabilities.hold` says so.
    is_hold: bool = False
    # Keep the card, so that the deposit can be held on it later. Only where `Capabilities.reuse` says so.
    keeps_instrument: bool = False
    customer_ref: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A question about one attempt."""

    merchant_ref: str
    created_at: datetime
    session_ref: str = ""
    amount: Dong = 0
    is_hold: bool = False


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to be returned to one transaction of the provider."""

    request_id: str
    merchant_ref: str
    provider_ref: str
    paid_at_provider: datetime
    amount: Dong
    is_full: bool
    requested_by: str
    # The provider's own number of this refund, once it has told it.
    refund_ref: str = ""
    # Its numbers of other refunds of the same payment: an answer about one of them is not about this one.
    other_refund_refs: tuple[str, ...] = ()
    session_ref: str = ""


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """An amount to be held on a card that the provider keeps, without the payer present."""

    merchant_ref: str
    amount: Dong
    description: str
    customer_ref: str
    method_ref: str


@dataclass(frozen=True, slots=True)
class HoldAction:
    """Something to be done with a hold: take `amount` of it and free the rest, free it, or ask about it."""

    # Of the hold; `request_id` names the action, the same for every retry of it.
    merchant_ref: str
    provider_ref: str
    request_id: str
    held: Dong
    amount: Dong = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """A kept card that the provider shall keep no longer; `request_id` is the same for every retry."""

    customer_ref: str
    method_ref: str
    request_id: str


class LineKind(StrEnum):
    """What a line of a settlement file is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    FEE = "fee"
    CHARGEBACK = "chargeback"
    PAYOUT = "payout"


@dataclass(frozen=True, slots=True)
class SettledLine:
    """One line of a provider's settlement file.

    `amount` is gross and signed: what came to us is positive. `fee` is what the provider keeps of it, positive.
    """

    kind: LineKind
    provider_ref: str
    merchant_ref: str
    amount: Dong
    fee: Dong
    occurred_at: datetime
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do. Amounts in dong."""

    min_amount: Dong
    max_amount: Dong
    # Holds an amount without taking it: a true deposit.
    hold: bool = False
    # Takes a part of a hold; otherwise all is taken and the rest refunded.
    partial_capture: bool = False
    # Keeps the payer's card, so that a deposit can be held later without the payer; and forgets it when told to.
    reuse: bool = False
    # Returns money by a call; otherwise finance transfers it by hand.
    refund: bool = True
    partial_refund: bool = True
    query: bool = True
    # The provider lets nobody pay another amount than the one asked for. Transfers can be short or too much.
    exact_amount: bool = True
    # To start, the provider must be called before the payer is sent there.
    calls_to_start: bool = False
    # The payer sees a code to transfer by instead of being sent to a page.
    transfer: bool = False
    settlement_file: bool = False
    # Names an attempt by a whole number below 2**53: our reference is digits only.
    numeric_ref: bool = False
    # An attempt can be ended at the provider before its time, so that no money comes to it any more.
    cancel: bool = False
    # Chosen by the payer on the payment page; cash and credit have ways of their own.
    online: bool = True


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came over HTTP, unparsed: what a signature is computed over."""

    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, object]:
        """Return the body as a JSON object; an empty one when it is none."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


class Gateway(Protocol):
    """One provider. No method touches the database; calls over the network never run in a transaction.

    Whatever changes something at the provider is safe to repeat with the same reference or request id.
    A method that `capabilities` rules out raises NotImplementedError.
    """

    @property
    def code(self) -> str:
        """The provider's name in rows and keys."""

    @property
    def label(self) -> str:
        """The provider's name for people."""

    @property
    def hint(self) -> str:
        """What people pay with there, in a few translated words."""

    @property
    def merchant(self) -> str:
        """Who we are at the provider."""

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""

    def start(self, request: StartRequest) -> Redirect | Transfer:
        """Open an attempt and say where the payer goes.

        Calls the provider where `capabilities.calls_to_start`: raises GatewayUnavailable (nothing was opened)
        or OutcomeUnknown (call again with the same reference).
        """

    def parse_event(self, message: Incoming) -> tuple[ProviderFact, ...]:
        """Read a notification; raises SignatureInvalid. Empty when it says nothing about money."""

    def dedup_key(self, message: Incoming) -> str:
        """Name a notification so that its repetition is recognised."""

    def returned_ref(self, parameters: Mapping[str, str]) -> str:
        """Return the merchant reference that the payer's browser brought back, unchecked; "" if none."""

    def parse_return(self, parameters: Mapping[str, str]) -> ProviderFact:
        """Read what the payer's browser brought back. For display only; raises SignatureInvalid."""

    def fetch(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        """Ask for all that is known of an attempt; raises GatewayUnavailable or OutcomeUnknown."""

    def cancel(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        """End an attempt that the payer gave up, and tell all that is known of it then; raises as `fetch`."""

    def refund(self, request: RefundRequest) -> ProviderFact:
        """Ask to return money; raises GatewayUnavailable or OutcomeUnknown."""

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        """Ask for the state of a refund; raises GatewayUnavailable or OutcomeUnknown."""

    def hold(self, request: HoldRequest) -> ProviderFact:
        """Hold an amount on a kept card: AUTHORIZED or HOLD_FAILED; raises as `refund`."""

    def capture(self, action: HoldAction) -> ProviderFact:
        """Take a part or all of a hold: HOLD_CAPTURED with the amount taken, or HOLD_ENDED if too late."""

    def void(self, action: HoldAction) -> ProviderFact:
        """Free a hold: HOLD_ENDED."""

    def fetch_hold(self, action: HoldAction) -> ProviderFact:
        """Ask how a hold stands: any of HOLD_KINDS."""

    def forget(self, request: ForgetRequest) -> None:
        """Keep a card no longer, or find that it is kept no longer. Raises GatewayUnavailable, OutcomeUnknown."""

    def parse_settlement(self, content: bytes) -> Sequence[SettledLine]:
        """Read a settlement file; raises SettlementUnreadable."""

    def ack(self, outcome: FactOutcome | None) -> HttpResponse:
        """Answer a notification; None means that we failed and want it again."""

    def refuse(self) -> HttpResponse:
        """Answer a notification without a valid signature."""


class GatewayDefaults:
    """What a provider without holds, transfers and settlement files answers."""

    def cancel(self, request: QueryRequest) -> tuple[ProviderFact, ...]:
        raise NotImplementedError

    def hold(self, request: HoldRequest) -> ProviderFact:
        raise NotImplementedError

    def capture(self, action: HoldAction) -> ProviderFact:
        raise NotImplementedError

    def void(self, action: HoldAction) -> ProviderFact:
        raise NotImplementedError

    def fetch_hold(self, action: HoldAction) -> ProviderFact:
        raise NotImplementedError

    def forget(self, request: ForgetRequest) -> None:
        raise NotImplementedError

    def parse_settlement(self, content: bytes) -> Sequence[SettledLine]:
        raise NotImplementedError
