"""What a price is made of: lines that each explain one amount, and their exact sums."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voltgo.core.money import Dong, split_vat


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


def as_shown(priced: Priced, total: Dong, deposit: Dong, *, vat_bp: int) -> Priced:
    """Return a price brought to what somebody was shown and has agreed to; unchanged where it is the same."""
    difference = total - priced.total
    lines = priced.lines
    if difference:
        vat = split_vat(abs(difference), vat_bp)[1]
        params = {"vat": vat if difference > 0 else -vat}
        lines = (*lines, Line("as_shown", lines[0].kind, difference, vat_bp, params))
    return Priced(lines, deposit)


def lines_from(frozen: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Read the lines of a frozen quote again."""
    return tuple(
        Line(line["code"], line["kind"], line["gross"], line["vat_bp"], line["params"]) for line in frozen
    )


def gross_of(lines: Sequence[Line]) -> Dong:
    return sum(line.gross for line in lines)
