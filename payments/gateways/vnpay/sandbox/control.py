"""The switches by which a test or a demo makes the sandbox misbehave."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(slots=True)
class Control:
    """How the sandbox behaves from now on; POST /_control changes any of it."""

    # Ends each payment like this without asking on the page; empty asks.
    outcome: str = ""
    # Waits before the first notification.
    delay_ms: int = 0
    # Sends the first notification this many times more, all at once.
    duplicate: int = 0
    # Loses this many tries of each notification on the way.
    drop: int = 0
    # Sends the payer back first and the notification afterwards.
    reorder: bool = False
    # Spoils the signature of this many notifications to come.
    corrupt_signature: int = 0
    # Names another amount, correctly signed, in this many notifications to come.
    wrong_amount: int = 0
    # Answers queries and refunds with this HTTP status instead of doing them.
    http_status: int = 0
    # Does what queries and refunds ask, but answers only after this time.
    api_delay_ms: int = 0
    # Lets the bank reject refunds.
    reject_refunds: bool = False
    # A refund is "sent to the bank" after half of this time and done after all of it.
    refund_seconds: float = 10.0
    # Moves the sandbox's clock ahead.
    clock_offset_seconds: float = 0.0

    def change(self, wanted: dict[str, Any]) -> None:
        """Set the named switches; raises ValueError for a name or a type that does not exist."""
        kinds = {each.name: type(getattr(self, each.name)) for each in fields(self)}
        for name, value in wanted.items():
            if name not in kinds:
                raise ValueError(f"no switch {name}")
            setattr(self, name, kinds[name](value))

    def as_data(self) -> dict[str, Any]:
        return asdict(self)
