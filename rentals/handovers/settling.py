"""The arithmetic of a settlement: pure functions over the quote's lines and what was found at return."""

from collections.abc import Iterable
from dataclasses import dataclass

from rentals.pricing.engine import Line
from voltgo.core.money import Dong


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rental comes to: the prepaid lines, what came on top, and who pays it from where."""

    prepaid: tuple[Line, ...]
    extra: tuple[Line, ...]
    deposit: Dong
    # What the policy keeps back of the deposit for fines.
    retention: Dong = 0

    @property
    def prepaid_amount(self) -> Dong:
        return sum(line.gross for line in self.prepaid)

    @property
    def extra_amount(self) -> Dong:
        return sum(line.gross for line in self.extra)

    @property
    def total(self) -> Dong:
        return self.prepaid_amount + self.extra_amount

    @property
    def captured(self) -> Dong:
        """What the deposit pays."""
        return min(self.extra_amount, self.deposit)

    @property
    def released(self) -> Dong:
        """What of the deposit goes back."""
        return self.deposit - self.captured

    @property
    def retained(self) -> Dong:
        """What of that waits for fines first."""
        return min(self.released, self.retention)

    @property
    def debt(self) -> Dong:
        """What the deposit does not cover."""
        return self.extra_amount - self.captured


def captures(extra: Iterable[tuple[int, Dong]], deposit: Dong) -> list[tuple[int, Dong]]:
    """Say which part of the deposit pays which line: in the lines' order, until nothing is left.

    Takes and returns (position, amount).
    """
    parts: list[tuple[int, Dong]] = []
    for position, gross in extra:
        part = min(gross, deposit)
        if part:
            parts.append((position, part))
        deposit -= part
    return parts
