"""What each kind of command does, through the services of the areas that own the rows."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Protocol

from accounts.users.models import User
from rentals.sync.enums import CommandKind
from rentals.sync.handlers.outcome import Outcome
from rentals.sync.models import SyncCommand
from voltgo.core.actors import Actor

__all__ = ["Handler", "Outcome", "handler_of"]


class Handler(Protocol):
    """Applies one command inside the caller's transaction.

    `despite` holds the codes of rules.py that a person has decided to pass over.
    """

    def __call__(
        self,
        command: SyncCommand,
        *,
        actor: Actor,
        user: User,
        files: Mapping[str, bytes],
        despite: frozenset[str],
    ) -> Outcome: ...


Loader = Callable[[], Handler]
# One file per kind; `return` is a word of the language.
MODULES: Mapping[str, str] = {
    CommandKind.PICKUP: "pickup",
    CommandKind.RETURN: "return_",
    CommandKind.WALK_IN: "walk_in",
    CommandKind.CASH_OPEN: "cash_open",
    CommandKind.CASH_TAKE: "cash_take",
    CommandKind.CASH_DROP: "cash_drop",
    CommandKind.CASH_CLOSE: "cash_close",
    CommandKind.VEHICLE_READY: "vehicle_ready",
    CommandKind.CHARGE_START: "charge_start",
    CommandKind.CHARGE_END: "charge_end",
    CommandKind.FAULT: "fault",
    CommandKind.NOTE: "note",
}


@cache
def handler_of(kind: str) -> Handler:
    """Return the function that applies a kind of command."""
    module = import_module(f"rentals.sync.handlers.{MODULES[kind]}")
    handler: Handler = module.apply
    return handler
