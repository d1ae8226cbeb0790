"""What a reference stands for, told by the app that owns it.

Payments knows a reference such as `booking:VG-7K2M4Q` only as text. The owner registers its prefix: where
the payer goes after paying, how its row is locked first, and what people call it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

# From when until when a deposit is needed.
Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Target:
    """The owner's answers for one prefix; each function gets the part after the colon."""

    url_for: Callable[[str], str]
    # Locks the owner's row inside the caller's transaction; keeps one lock order for everybody.
    lock: Callable[[str], object] | None = None
    label_for: Callable[[str], str] | None = None
    # None once no deposit is needed any more.
    window_for: Callable[[str], Window | None] | None = None


_targets: dict[str, Target] = {}
# Those who may still ask for money out of a deposit that is kept back; each gets the whole reference.
_claims: list[Callable[[str], bool]] = []


def register(
    prefix: str,
    *,
    url_for: Callable[[str], str],
    lock: Callable[[str], object] | None = None,
    label_for: Callable[[str], str] | None = None,
    window_for: Callable[[str], Window | None] | None = None,
) -> None:
    """Register the owner of references that start with `prefix:`; the last registration counts."""
    _targets[prefix] = Target(url_for, lock, label_for, window_for)


def register_claims(has_open_claim: Callable[[str], bool]) -> None:
    """Register who knows of claims, such as fines, that a deposit kept back still has to answer for."""
    if has_open_claim not in _claims:
        _claims.append(has_open_claim)


def references_of(code: str) -> list[str]:
    """Return every reference that a code may stand for, one for each owner, such as `booking:VG-7K2M4Q`."""
    return [f"{prefix}:{code}" for prefix in _targets]


def url_for(reference: str) -> str | None:
    """Return the page of what was paid for, or None if nobody registered the prefix."""
    target, name = _find(reference)
    return target.url_for(name) if target else None


def label_for(reference: str) -> str:
    """Return what people call the reference: the owner's words, or the part after the colon."""
    target, name = _find(reference)
    return target.label_for(name) if target and target.label_for else name


def window_for(reference: str) -> Window | None:
    """Return from when until when a deposit is needed; None if that is over, or nobody says."""
    target, name = _find(reference)
    return target.window_for(name) if target and target.window_for else None


def needs_deposit(reference: str) -> bool:
    """Say whether a deposit is still needed. Where nobody knows, it is until it is released."""
    target, _name = _find(reference)
    return target is None or target.window_for is None or window_for(reference) is not None


def has_open_claim(reference: str) -> bool:
    """Say whether somebody may still ask for money out of the deposit of a reference."""
    return any(claim(reference) for claim in _claims)


def lock(reference: str) -> None:
    """Lock the owner's row, if its owner wants that. First of all locks in a money transaction."""
    target, name = _find(reference)
    if target and target.lock:
        target.lock(name)


def _find(reference: str) -> tuple[Target | None, str]:
    prefix, _, name = reference.partition(":")
    return _targets.get(prefix), name or reference
