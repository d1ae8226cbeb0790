"""Money that came by other ways than an online provider, and refunds that wait for people."""

from itertools import count
from typing import Any

from payments.gateways.base import BankParty, FactKind, FactResult, ProviderFact
from payments.intents import services
from payments.intents.enums import AttemptOutcome, RefundReason
from payments.intents.models import PaymentAttempt, PaymentIntent, Refund
from payments.ledger.models import LedgerLine
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor, ActorKind

OPERATOR = Actor(ActorKind.OPERATOR, "U-OPER", "Thu Hà")
SECOND_OPERATOR = Actor(ActorKind.OPERATOR, "U-OPER2", "Bảo Ngọc")
STAFF = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")
SENDER = BankParty(bank="Vietcombank", number="0071001234567", name="NGUYEN MINH ANH")
DRAWER = "BTH-1"

_numbers = count(1)


def receive(intent: PaymentIntent, provider: str, amount: int | None = None, **fields: Any) -> FactResult:
    """Let money come through a provider that needs no page: the counter, a bank statement, a transfer."""
    number = next(_numbers)
    wanted = amount or intent.amount - intent.received_amount
    attempt = PaymentAttempt.objects.create(
        intent=intent,
        number=intent.attempts.count() + 1,
        provider=provider,
        merchant_ref=f"{provider}-{number}",
        amount=wanted,
        outcome=AttemptOutcome.STARTED,
        provider_created_at=clock.now(),
        expires_at=intent.expires_at,
    )
    if provider == "cash":
        fields.setdefault("account_ref", DRAWER)
    result = services.apply_fact(
        ProviderFact(
            provider=provider,
            kind=FactKind.SUCCEEDED,
            merchant_ref=attempt.merchant_ref,
            provider_ref=f"{provider.upper()}{number:06d}",
            amount=wanted,
            **fields,
        )
    )
    intent.refresh_from_db()
    return result


def give_back(intent: PaymentIntent, rent: int, deposit: int = 0, **fields: Any) -> Refund:
    values: dict[str, Any] = {
        "reason": RefundReason.CANCELLATION,
        "idempotency_key": f"back:{next(_numbers)}",
        "by": SYSTEM,
        **fields,
    }
    refund = services.refund(
        reference=intent.reference, prepayment_amount=rent, deposit_amount=deposit, **values
    )
    refund.refresh_from_db()
    return refund


def lines_of(key: str) -> list[tuple[str, int]]:
    """Return the lines of a ledger entry by its key."""
    lines = LedgerLine.objects.filter(entry__idempotency_key=key)
    return sorted(lines.values_list("account__code", "amount"))
