"""Who still needs a person's papers. Rentals stand right of accounts: they lend their readers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django_stubs_ext import StrOrPromise

from accounts.users.models import User


@dataclass(frozen=True, slots=True)
class Need:
    """One reason to keep somebody's papers for now, in words for their owner."""

    code: str
    words: StrOrPromise


Needs = Callable[[User], Iterable[Need]]
LastUse = Callable[[User], datetime | None]

_needs: dict[str, Needs] = {}
_uses: dict[str, LastUse] = {}


def register(name: str, *, needs: Needs, last_use: LastUse) -> None:
    """Set who says what a person's papers are needed for, and when they were of use last."""
    _needs[name], _uses[name] = needs, last_use


def needs_of(user: User) -> list[Need]:
    """Return everything that somebody's papers are still needed for; empty when nothing holds them."""
    return [need for read in _needs.values() for need in read(user)]


def last_use_of(user: User) -> datetime | None:
    """Return when somebody's papers were of use last, e.g. the end of the last rental; None if they never were."""
    return max((at for read in _uses.values() if (at := read(user))), default=None)
