"""What a handler gives back, and how it reads what the tablet has filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rentals.sync import moments
from rentals.sync.errors import SyncRejection
from rentals.sync.models import SyncCommand


@dataclass(slots=True)
class Outcome:
    """What was noticed while applying, and what the tablet should know of the result."""

    flags: list[str] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)

    def flag(self, code: str) -> None:
        if code not in self.flags:
            self.flags.append(code)


class Form:
    """A payload, read field by field; whatever is of another type than the protocol says is malformed."""

    def __init__(self, values: Any, command: SyncCommand) -> None:
        if not isinstance(values, Mapping):
            raise SyncRejection("malformed")
        self.values, self.command = values, command

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, *, longest: int = 2_000, default: str | None = None) -> str:
        value = self.values.get(name)
        if value is None and default is not None:
            return default
        found: str = _checked(value, str, len(value) <= longest if isinstance(value, str) else False)
        return found

    def number(self, name: str, *, least: int = 0, most: int = 2_000_000_000) -> int:
        value = self.values.get(name)
        # Exactly: True is no number.
        found: int = _checked(value, int, type(value) is int and least <= value <= most)
        return found

    def number_or_none(self, name: str, *, most: int = 2_000_000_000) -> int | None:
        return self.number(name, most=most) if self.has(name) else None

    def boolean(self, name: str, *, default: bool = False) -> bool:
        value = self.values.get(name, default)
        found: bool = _checked(value, bool, "whatever it says")
        return found

    def texts(self, name: str, *, most: int = 60) -> list[str]:
        value = self.values.get(name) or []
        found = _checked(value, list, isinstance(value, list) and len(value) <= most)
        return [_checked(item, str, isinstance(item, str) and len(item) <= 80) for item in found]

    def numbers(self, name: str, *, most: int = 60) -> list[int]:
        value = self.values.get(name) or []
        found = _checked(value, list, isinstance(value, list) and len(value) <= most)
        return [_checked(item, int, type(item) is int) for item in found]

    def counts(self, name: str) -> dict[str, int]:
        value = self.values.get(name)
        found: dict[str, int] = _checked(value, dict, isinstance(value, dict) and len(value) <= 20)
        return {str(note): _checked(number, int, type(number) is int) for note, number in found.items()}

    def form(self, name: str) -> "Form":
        return Form(self.values.get(name), self.command)

    def forms(self, name: str, *, most: int = 60) -> Iterable["Form"]:
        value = self.values.get(name) or []
        found = _checked(value, list, isinstance(value, list) and len(value) <= most)
        return [Form(item, self.command) for item in found]

    def moment(self, name: str) -> datetime:
        """Return a time of the device as it really was; of the command as a whole, if the step has none."""
        if not self.has(name):
            return self.command.occurred_at
        moment = moments.read(self.values.get(name))
        if moment is None:
            raise SyncRejection("malformed")
        return moments.corrected(moment, self.command.offset_ms, received_at=self.command.received_at)


def form_of(command: SyncCommand) -> Form:
    """Return what a command's body says."""
    return Form(command.body.get("payload"), command)


def _checked(value: Any, kind: type, is_right: object) -> Any:
    if not isinstance(value, kind) or not is_right:
        raise SyncRejection("malformed")
    return value
