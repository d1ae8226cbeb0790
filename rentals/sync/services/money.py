"""Money in a drawer that belongs to nothing here: a case for finance."""

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from rentals.sync.models import SyncCommand, SyncConflict


def open_case_of(conflict: SyncConflict) -> None:
    """Say to finance what was taken and is not booked, in the transaction in which the conflict is opened."""
    command = conflict.command
    cases.open_case(
        kind=CaseKind.OTHER,
        key=f"sync:{command.pk}",
        reference=command.subject if command.subject.startswith("booking:") else f"sync:{command.pk}",
        amount=amount_of(command),
        details={"command": str(command.pk), "code": conflict.code, "station": command.station.code},
    )


def amount_of(command: SyncCommand) -> int:
    """Return the cash that a command says was taken; 0 if it says nothing that could be an amount."""
    payload = command.body.get("payload")
    cash = payload.get("cash", payload) if isinstance(payload, dict) else None
    amount = cash.get("amount") if isinstance(cash, dict) else None
    return amount if type(amount) is int and 0 < amount < 2_000_000_000 else 0
