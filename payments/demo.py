"""What the demo needs of payments: money without a payer, and a local VNPay that remembers it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.urls import reverse

from payments.gateways import registry
from payments.gateways.base import FactKind, FactResult, ProviderFact, StartRequest
from payments.gateways.vnpay import protocol
from payments.gateways.vnpay.sandbox.store import PaidElsewhere, ReturnedElsewhere, Store, store_path
from payments.intents.enums import RefundState, RefundWay
from payments.intents.models import Payment, PaymentIntent, Refund
from payments.intents.services import apply_fact, start_payment
from voltgo.core.actors import Actor
from voltgo.core.money import Dong

VNPAY = "vnpay"
ADDRESS = "127.0.0.1"
METHOD = "ATM NCB"
VISIT = timedelta(minutes=13)


@dataclass(frozen=True, slots=True)
class DemoRefund:
    """Money that has gone back to a payment, as the provider's files must show it."""

    request_id: str
    provider_ref: str
    amount: Dong
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class DemoPayment:
    """One successful payment as the provider must know it, so that its files and ours say the same."""

    merchant_ref: str
    provider_ref: str
    amount: Dong
    description: str
    language: str
    created_at: datetime
    paid_at: datetime
    refunds: tuple[DemoRefund, ...] = ()


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
    """Return every payment, with the refunds that arrived; one under way is still asked for."""
    back: dict[int, list[DemoRefund]] = defaultdict(list)
    arrived = Refund.objects.filter(
        payment__provider=VNPAY, way=RefundWay.ORIGINAL, state=RefundState.SUCCEEDED
    )
    for refund in arrived.order_by("succeeded_at", "pk"):
        back[refund.payment_id].append(
            DemoRefund(
                request_id=refund.request_id,
                provider_ref=refund.provider_ref,
                amount=refund.amount,
                arrived_at=refund.succeeded_at or refund.created_at,
            )
        )
    return [
        DemoPayment(
            merchant_ref=row.merchant_ref,
            provider_ref=row.provider_ref,
            amount=row.amount,
            description=row.intent.description,
            language=row.intent.language,
            created_at=row.provider_created_at,
            paid_at=row.paid_at,
            refunds=tuple(back[row.pk]),
        )
        for row in Payment.objects.filter(provider=VNPAY).select_related("intent").order_by("pk")
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
                refunds=tuple(_told(refund, payment) for refund in payment.refunds),
            )
            for payment in payments
        )
    finally:
        store.close()


def _told(refund: DemoRefund, payment: DemoPayment) -> ReturnedElsewhere:
    is_full = refund.amount == payment.amount
    return ReturnedElsewhere(
        number=refund.provider_ref,
        request_id=refund.request_id,
        amount=int(protocol.to_wire_amount(refund.amount)),
        kind=protocol.FULL_REFUND if is_full else protocol.PARTIAL_REFUND,
        arrived_at=refund.arrived_at,
    )


def _return_url() -> str:
    return f"{settings.SITE_URL.rstrip('/')}{reverse('payments:return', args=[VNPAY])}"


def _parameters(url: str) -> dict[str, str]:
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if name != "vnp_SecureHash"}
