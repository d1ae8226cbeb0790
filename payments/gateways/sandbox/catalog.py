"""Which sandboxes there are, in the order of their ports, for `manage.py payment_sandboxes`.

Each provider has `payments/gateways/<provider>/sandbox/server.py` with a function
`from_settings(*, webhook_url: str, port: int, store: Store, interval_seconds: float) -> Sandbox`.
"""

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

from payments.gateways.sandbox.server import Sandbox

# The offset from the base port.
OFFSETS = {"vnpay": 0, "momo": 1, "payos": 2, "stripe": 3}


def builder_of(provider: str) -> Callable[..., Sandbox] | None:
    """Return what makes a provider's sandbox; None as long as there is none."""
    name = f"payments.gateways.{provider}.sandbox"
    try:
        if importlib.util.find_spec(f"{name}.server") is None:
            return None
    except ModuleNotFoundError:
        return None
    module: Any = importlib.import_module(f"{name}.server")
    return module.from_settings  # type: ignore[no-any-return]
