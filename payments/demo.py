"""What the demo needs of payments: money without a payer, and a local VNPay that remembers it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.urls import reverse

from payments.gateways import registry
from payments.gateways.base import FactKind, FactResult, ProviderFact, StartRequest
from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox.store import PaidElsewhere, Store, store_path
from payments.intents.enums import RefundState
from payments.intents.models import Payment, PaymentIntent
from payments.intents.services import apply_fact, start_payment
from voltgo.core.actors import Actor
from voltgo.core.money import Dong

VNPAY = "vnpay"
ADDRESS = "127.0.0.1"
METHOD = "ATM NCB"
VISIT = timedelta(minutes=13)


@dataclass(frozen=True, slots=True)
class DemoPayment:
    """One successful payment as the provider must know it, so that money can be returned to it."""

    merchant_ref: str
    provider_ref: str
    amount: Dong
    description: str
    language: str
    created_at: datetime
    paid_at: datetime


def pay_in_demo(*, intent: PaymentIntent, provider_ref: str, paid_at: datetime, by: Actor) -> FactResult:
    """Pay an intent as a payer and VNPay's notification would, without either; no network.

    Runs in the caller's transaction if there is one. Tell the local VNPay afterwards (`tell_sandbox`).
    """
    start_payment(
        intent=intent,
        origin=settings.SITE_URL,
        method=VNPAY,
        ip_address=ADDRESS,
        language=intent.language,
        by=by,
    )
    fact = ProviderFact(
        provider=VNPAY,
        kind=FactKind.SUCCEEDED,
        merchant_ref=intent.merchant_ref or "",
        provider_ref=provider_ref,
        amount=intent.amount,
        merchant=registry.get(VNPAY).merchant,
        code="00/00",
        occurred_at=paid_at,
        method=METHOD,
    )
    return apply_fact(fact)


def payments_to_tell() -> list[DemoPayment]:
    """Return the payments whose money may still go back: all but those that were refunded already."""
    rows = Payment.objects.filter(provider=VNPAY).exclude(refunds__state=RefundState.SUCCEEDED)
    return [
        DemoPayment(
            merchant_ref=row.merchant_ref,
            provider_ref=row.provider_ref,
            amount=row.amount,
            description=row.intent.description,
            language=row.intent.language,
            created_at=row.provider_created_at,
            paid_at=row.paid_at,
        )
        for row in rows.select_related("intent")
    ]


def tell_sandbox(payments: Iterable[DemoPayment]) -> int:
    """Let the local VNPay remember payments as if they had been made on its page; return how many were new.

    Writes its file directly, whether or not it runs. Payments that it knows already stay as they are.
    """
    gateway = registry.get(VNPAY)
    store = Store(str(store_path()))
    try:
        return store.take_over(
            PaidElsewhere(
                parameters=_parameters(
                    gateway.start(
                        StartRequest(
                            merchant_ref=payment.merchant_ref,
                            amount=payment.amount,
                            description=payment.description,
                            return_url=_return_url(),
                            ip_address=ADDRESS,
                            language=payment.language,
                            created_at=payment.created_at,
                            expires_at=payment.created_at + VISIT,
                        )
                    ).url
                ),
                transaction_no=payment.provider_ref,
                pay_date=protocol.to_wire_time(payment.paid_at),
            )
            for payment in payments
        )
    finally:
        store.close()


def _return_url() -> str:
    return f"{settings.SITE_URL.rstrip('/')}{reverse('payments:return', args=[VNPAY])}"


def _parameters(url: str) -> dict[str, str]:
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if name != "vnp_SecureHash"}
