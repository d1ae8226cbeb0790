"""Which gateways there are."""

from collections.abc import Callable

from django.conf import settings

from payments.gateways.base import Capabilities, Gateway
from payments.gateways.momo.gateway import MoMoGateway
from payments.gateways.payos.gateway import PayOSGateway
from payments.gateways.stripe.gateway import StripeGateway
from payments.gateways.vnpay.gateway import VNPayGateway
from voltgo.core.money import Dong

# By the code that stands in rows. Only gateways that are spoken to over the network; cash and credit are ours.
_factories: dict[str, Callable[[], Gateway]] = {
    "vnpay": VNPayGateway.from_settings,
    "momo": MoMoGateway.from_settings,
    "payos": PayOSGateway.from_settings,
    "stripe": StripeGateway.from_settings,
}
# What needs no provider: the counter, the payer's own credit, and transfers that only a statement tells of.
OURS = {
    "cash": Capabilities(min_amount=1, max_amount=10**12, refund=False, query=False, online=False),
    "credit": Capabilities(min_amount=1, max_amount=10**12, query=False, online=False),
    "bank": Capabilities(
        min_amount=1, max_amount=10**12, refund=False, query=False, exact_amount=False, online=False
    ),
}


def get(code: str) -> Gateway:
    """Return the gateway of a provider, configured from the settings as they are now."""
    return _factories[code]()


def codes() -> list[str]:
    return sorted(_factories)


def has(code: str) -> bool:
    """Return whether a provider is spoken to over the network."""
    return code in _factories


def merchant_of(code: str) -> str:
    """Return who we are at a provider; "" where there is no provider."""
    return get(code).merchant if has(code) else ""


def label_of(code: str) -> str:
    """Return the provider's name for people; the code itself for what is ours."""
    return get(code).label if has(code) else code


def capabilities_of(code: str) -> Capabilities:
    return get(code).capabilities if has(code) else OURS[code]


def online() -> list[Gateway]:
    """Return the gateways that payers may choose, in the order of PAYMENT_METHODS."""
    gateways = [get(code) for code in settings.PAYMENT_METHODS if has(code)]
    return [gateway for gateway in gateways if gateway.capabilities.online]


def takes(gateway: Gateway, amount: Dong) -> bool:
    """Return whether an amount lies within the limits of a gateway."""
    return gateway.capabilities.min_amount <= amount <= gateway.capabilities.max_amount
