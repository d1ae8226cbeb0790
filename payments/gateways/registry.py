"""Which gateways there are."""

from collections.abc import Callable

from payments.gateways.base import Gateway
from payments.gateways.vnpay.gateway import VNPayGateway

_factories: dict[str, Callable[[], Gateway]] = {"vnpay": VNPayGateway.from_settings}


def get(code: str) -> Gateway:
    """Return the gateway of a provider, configured from the settings as they are now."""
    return _factories[code]()


def codes() -> list[str]:
    return sorted(_factories)
