"""Which sandboxes there are, in the order of their ports, for `manage.py payment_sandboxes`.

Each provider has `payments/gateways/<provider>/sandbox/server.py` with a function
`from_settings(*, webhook_url: str, port: int, store: Store, interval_seconds: float) -> Sandbox`. A provider
whose memory needs tables of its own names its class there as `Store`.
"""

import importlib
import importlib.util
from typing import Any

from payments.gateways.sandbox.server import Sandbox
from payments.gateways.sandbox.store import Store, store_path

# The offset from the base port.
OFFSETS = {"vnpay": 0, "momo": 1, "payos": 2, "stripe": 3}


def has(provider: str) -> bool:
    """Return whether a provider has a sandbox."""
    try:
        return importlib.util.find_spec(_module_of(provider)) is not None
    except ModuleNotFoundError:
        return False


def make(
    provider: str, *, webhook_url: str, port: int, path: str | None, interval_seconds: float
) -> Sandbox | None:
    """Make a provider's sandbox, not yet serving; None as long as there is none.

    `path` is the file of its memory, None for the one of this installation. Raises OSError if the port is taken.
    """
    if not has(provider):
        return None
    module: Any = importlib.import_module(_module_of(provider))
    store: Store = getattr(module, "Store", Store)(path or str(store_path(provider)))
    sandbox: Sandbox = module.from_settings(
        webhook_url=webhook_url, port=port, store=store, interval_seconds=interval_seconds
    )
    return sandbox


def _module_of(provider: str) -> str:
    return f"payments.gateways.{provider}.sandbox.server"
