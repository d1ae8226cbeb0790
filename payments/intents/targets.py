"""What a reference stands for, told by the app that owns it.

Payments knows a reference such as `booking:VG-7K2M4Q` only as text. The owner registers its prefix: where
the payer goes after paying, how its row is locked first, and what people call it.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The owner's answers for one prefix; each function gets the part after the colon."""

    url_for: Callable[[str], str]
    # Locks the owner's row inside the caller's transaction; keeps one lock order for everybody.
    lock: Callable[[str], object] | None = None
    label_for: Callable[[str], str] | None = None


_targets: dict[str, Target] = {}


def register(
    prefix: str,
    *,
    url_for: Callable[[str], str],
    lock: Callable[[str], object] | None = None,
    label_for: Callable[[str], str] | None = None,
) -> None:
    """Register the owner of references that start with `prefix:`; the last registration counts."""
    _targets[prefix] = Target(url_for, lock, label_for)


def url_for(reference: str) -> str | None:
    """Return the page of what was paid for, or None if nobody registered the prefix."""
    target, name = _find(reference)
    return target.url_for(name) if target else None


def label_for(reference: str) -> str:
    """Return what people call the reference: the owner's words, or the part after the colon."""
    target, name = _find(reference)
    return target.label_for(name) if target and target.label_for else name


def lock(reference: str) -> None:
    """Lock the owner's row, if its owner wants that. First of all locks in a money transaction."""
    target, name = _find(reference)
    if target and target.lock:
        target.lock(name)


def _find(reference: str) -> tuple[Target | None, str]:
    prefix, _, name = reference.partition(":")
    return _targets.get(prefix), name or reference
