"""Payments as tests need them: real rows, made by the services themselves."""

from datetime import timedelta
from itertools import count
from typing import Any

from accounts.users.models import User
from payments.gateways.base import FactKind, FactResult, ProviderFact
from payments.intents import services
from payments.intents.models import PaymentIntent
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

# Not a prefix that rentals knows: payments stands alone here.
REFERENCE = "order:VG-7K2M4Q"
RENT = 1_200_000
DEPOSIT = 3_000_000

_numbers = count(1)


def make_intent(
    *,
    payer: User,
    reference: str = REFERENCE,
    prepayment_amount: int = RENT,
    deposit_amount: int = DEPOSIT,
    minutes: int = 15,
    **fields: Any,
) -> PaymentIntent:
    """Ask for 1,200,000 of rent and 3,000,000 of deposit, to be paid within 15 minutes."""
    values: dict[str, Any] = {
        "purpose": "booking",
        "expires_at": clock.now() + timedelta(minutes=minutes),
        "idempotency_key": f"test:{next(_numbers)}",
        "by": SYSTEM,
        **fields,
    }
    return services.create_intent(
        payer=payer,
        reference=reference,
        prepayment_amount=prepayment_amount,
        deposit_amount=deposit_amount,
        **values,
    )


def start(intent: PaymentIntent) -> str:
    """Open an attempt; return the address at the provider."""
    return services.start_payment(
        intent=intent,
        origin="http://127.0.0.1:8000",
        ip_address="127.0.0.1",
        language="vi",
        by=SYSTEM,
    ).url


def fact_of(
    intent: PaymentIntent,
    kind: FactKind = FactKind.SUCCEEDED,
    *,
    provider_ref: str = "14000001",
    **fields: Any,
) -> ProviderFact:
    """Return what the provider would say about the newest attempt of an intent."""
    assert intent.merchant_ref is not None
    values: dict[str, Any] = {
        "provider": "vnpay",
        "merchant_ref": intent.merchant_ref,
        "amount": intent.amount,
        "merchant": "VOLTGO01",
        "code": "00/00",
        **fields,
    }
    return ProviderFact(kind=kind, provider_ref=provider_ref, **values)


def settle(intent: PaymentIntent, *, provider_ref: str | None = None) -> FactResult:
    """Start and pay an intent, as the provider's success does."""
    start(intent)
    result = services.apply_fact(fact_of(intent, provider_ref=provider_ref or f"15{next(_numbers):06d}"))
    intent.refresh_from_db()
    return result


def make_paid_intent(**fields: Any) -> PaymentIntent:
    """Ask for money and receive it."""
    intent = make_intent(**fields)
    settle(intent)
    return intent
