"""Where the local payment providers run, and what tells the portal."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass

HOST = "127.0.0.1"
FIRST_PORT = 8001
# By provider, in the order of their ports: the variables that name its addresses, and their paths.
PROVIDERS: dict[str, dict[str, str]] = {
    "vnpay": {
        "VNPAY_PAY_URL": "/paymentv2/vpcpay.html",
        "VNPAY_API_URL": "/merchant_webapi/api/transaction",
    },
    "momo": {"MOMO_API_URL": ""},
    "payos": {"PAYOS_API_URL": ""},
    "stripe": {"STRIPE_API_URL": "", "STRIPE_PAGE_URL": ""},
}
LABELS = {"vnpay": "VNPay", "momo": "MoMo", "payos": "payOS", "stripe": "Stripe"}


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """The providers that are rehearsed here; one that the environment names already is left alone."""

    providers: tuple[str, ...]
    port: int

    @classmethod
    def planned(cls, environment: Mapping[str, str], *, but: int) -> "Sandboxes":
        """Find free ports in a row, none of them `but`."""
        providers = tuple(
            provider
            for provider, variables in PROVIDERS.items()
            if not any(name in environment for name in variables)
        )
        return cls(providers, free_row(len(PROVIDERS), but=but))

    def variables(self) -> dict[str, str]:
        """Return the environment that leads the portal here."""
        return {
            name: f"{self.url_of(provider)}{path}"
            for provider in self.providers
            for name, path in PROVIDERS[provider].items()
        }

    def command(self) -> list[str]:
        """Return the arguments of `manage.py`."""
        return ["payment_sandboxes", "--port", str(self.port), "--only", *self.providers]

    def lines(self) -> list[str]:
        """Say where the pages of the providers are: what happened, and switches for mishaps."""
        return [
            f"  {LABELS[provider] + ' (test)':<15} {self.url_of(provider)}/" for provider in self.providers
        ]

    def answer(self) -> bool:
        """Return whether each of them takes connections."""
        return all(_listens(self.port_of(provider)) for provider in self.providers)

    def port_of(self, provider: str) -> int:
        return self.port + list(PROVIDERS).index(provider)

    def url_of(self, provider: str) -> str:
        return f"http://{HOST}:{self.port_of(provider)}"


def free_row(count: int, *, but: int, first: int = FIRST_PORT) -> int:
    """Return the first of so many free ports in a row."""
    for start in range(first, 60_000, 50):
        row = range(start, start + count)
        if but not in row and all(_is_free(port) for port in row):
            return start
    raise OSError("no free ports in a row")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections of an earlier run that are only fading away are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=2).close()
    except OSError:
        return False
    return True
