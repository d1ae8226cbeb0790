"""The interface of a payment provider and the plain values that cross it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
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


REFUND_KINDS = frozenset(
    {FactKind.REFUND_PENDING, FactKind.REFUND_SUCCEEDED, FactKind.REFUND_FAILED, FactKind.REFUND_NOT_FOUND}
)


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
    # Ours: the attempt's reference, or the request id of a refund.
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


@dataclass(frozen=True, slots=True)
class FactResult:
    outcome: FactOutcome
    intent_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the payer's browser here."""

    url: str


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


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A question about one attempt."""

    merchant_ref: str
    created_at: datetime


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


@dataclass(frozen=True, slots=True)
class Capabilities:
    min_amount: Dong
    max_amount: Dong
    hold: bool = False
    partial_refund: bool = True
    query: bool = True


class Gateway(Protocol):
    """One provider. No method touches the database; calls over the network never run in a transaction."""

    @property
    def code(self) -> str:
        """The provider's name in rows and keys."""

    @property
    def label(self) -> str:
        """The provider's name for people."""

    @property
    def merchant(self) -> str:
        """Who we are at the provider."""

    @property
    def capabilities(self) -> Capabilities:
        """What the provider can do."""

    def start(self, request: StartRequest) -> Redirect:
        """Build the address to which the payer is sent."""

    def parse_event(self, parameters: Mapping[str, str]) -> ProviderFact:
        """Read a notification; raises SignatureInvalid."""

    def dedup_key(self, parameters: Mapping[str, str]) -> str:
        """Name a notification so that its repetition is recognised."""

    def parse_return(self, parameters: Mapping[str, str]) -> ProviderFact:
        """Read what the payer's browser brought back. For display only; raises SignatureInvalid."""

    def fetch(self, request: QueryRequest) -> ProviderFact:
        """Ask for the state of a payment; raises GatewayUnavailable or OutcomeUnknown."""

    def refund(self, request: RefundRequest) -> ProviderFact:
        """Ask to return money; raises GatewayUnavailable or OutcomeUnknown."""

    def fetch_refund(self, request: RefundRequest) -> ProviderFact:
        """Ask for the state of a refund; raises GatewayUnavailable or OutcomeUnknown."""

    def ack(self, outcome: FactOutcome | None) -> HttpResponse:
        """Answer a notification; None means that we failed and want it again."""

    def refuse(self) -> HttpResponse:
        """Answer a notification without a valid signature."""
