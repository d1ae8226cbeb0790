"""The switches by which a test or a demo makes a sandbox misbehave."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

_taking = threading.Lock()
_FALSE = frozenset({"", "0", "false", "off", "no"})


@dataclass(slots=True)
class Control:
    """How the sandbox behaves from now on; POST /_control changes any of it."""

    # Ends each payment like this without asking on the page; empty asks.
    outcome: str = ""
    # Waits before the first callback.
    delay_ms: int = 0
    # Sends the first callback this many times more, all at once.
    duplicate: int = 0
    # Loses this many tries of each callback on the way.
    drop: int = 0
    # Sends the payer back first and the callback afterwards.
    reorder: bool = False
    # Spoils the signature of this many callbacks to come.
    corrupt_signature: int = 0
    # Names another amount, correctly signed, in this many callbacks to come.
    wrong_amount: int = 0
    # Answers calls of the API with this HTTP status instead of doing them.
    http_status: int = 0
    # Does what calls of the API ask, but answers only after this time.
    api_delay_ms: int = 0
    # Lets the bank reject refunds.
    reject_refunds: bool = False
    # A refund is done after this time.
    refund_seconds: float = 10.0
    # Moves the sandbox's clock ahead.
    clock_offset_seconds: float = 0.0
    # What is wrong in each settlement file: so many lines left out, invented, changed or written twice.
    settlement_missing: int = 0
    settlement_extra: int = 0
    settlement_changed_amount: int = 0
    settlement_changed_fee: int = 0
    settlement_repeated: int = 0

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set the named switches; raises ValueError for a name or a value that does not exist."""
        kinds = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        read: dict[str, Any] = {}
        for name, value in wanted.items():
            if name not in kinds:
                raise ValueError(f"no switch {name}")
            is_text_of_flag = kinds[name] is bool and isinstance(value, str)
            read[name] = value.lower() not in _FALSE if is_text_of_flag else kinds[name](value)
        for name, value in read.items():
            setattr(self, name, value)

    def take(self, switch: str) -> bool:
        """Use up one of a counted switch; False if none is left."""
        with _taking:
            left = int(getattr(self, switch))
            if left:
                setattr(self, switch, left - 1)
            return left > 0

    def as_data(self) -> dict[str, Any]:
        return asdict(self)
