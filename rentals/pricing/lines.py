"""What a price is made of: lines that each explain one amount, and their exact sums."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from voltgo.core.money import Dong, split_vat


def vat_of_part(vat: Dong, gross: Dong, part: Dong) -> Dong:
    """Return the VAT inside the first `part` dong of an amount with its VAT.

    Refunds add up: the VAT of a refund is that of everything refunded so far less that of everything
    refunded before, so that a full refund gives back exactly all of it, in however many steps.
    """
    return vat * part // gross if gross else 0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a quote or settlement. `params` fill the words of `code` (pricing/wording.py).

    A line that is a share of others (a promotion) brings its VAT along as `params["vat"]`; the VAT of any
    other is inside its gross amount.
    """

    code: str
    kind: str
    gross: Dong
    vat_bp: int
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def net(self) -> Dong:
        return self.gross - self.vat

    @property
    def vat(self) -> Dong:
        if "vat" in self.params:
            return int(self.params["vat"])
        return split_vat(self.gross, self.vat_bp)[1]

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "params": self.params,
            "gross": self.gross,
            "vat_bp": self.vat_bp,
            "net": self.net,
            "vat": self.vat,
        }


@dataclass(frozen=True, slots=True)
class Priced:
    """The price of a period: its lines, their sums, and the deposit, which is no part of the price."""

    lines: tuple[Line, ...]
    deposit: Dong

    @property
    def total(self) -> Dong:
        return gross_of(self.lines)

    @property
    def net(self) -> Dong:
        return sum(line.net for line in self.lines)

    @property
    def vat(self) -> Dong:
        return sum(line.vat for line in self.lines)


def gross_of(lines: Sequence[Line]) -> Dong:
    return sum(line.gross for line in lines)
