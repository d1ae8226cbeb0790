"""What stands on a receipt: the values a caller hands over, and the shapes frozen in the row."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TypedDict

from voltgo.core.money import BASIS_POINTS, Dong, split_vat

PER_PERCENT = BASIS_POINTS // 100


class LineData(TypedDict):
    """One line as frozen in Receipt.lines; amounts in dong."""

    label: str
    label_en: str
    quantity: str
    unit_price: Dong | None
    gross: Dong
    net: Dong
    vat: Dong
    vat_bp: int | None


class RateData(TypedDict):
    """The sums of one VAT rate."""

    vat_bp: int | None
    net: Dong
    vat: Dong
    gross: Dong


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line, its price with VAT. `vat_bp` is None where no VAT is due, as on compensation.

    `vat` is given where the VAT is known already and is not simply inside the price: the share of a
    promotion, the part of a prepayment that is kept. What was booked and what is printed are then the same.
    """

    label: str
    label_en: str
    gross: Dong
    vat_bp: int | None
    quantity: str = ""
    unit_price: Dong | None = None
    vat: Dong | None = None

    def as_data(self) -> LineData:
        vat = self.vat
        if vat is None:
            vat = 0 if self.vat_bp is None else split_vat(self.gross, self.vat_bp)[1]
        return LineData(
            label=self.label,
            label_en=self.label_en,
            quantity=self.quantity,
            unit_price=self.unit_price,
            gross=self.gross,
            net=self.gross - vat,
            vat=vat,
            vat_bp=self.vat_bp,
        )


@dataclass(frozen=True, slots=True)
class Detail:
    """One fact about what was rented, such as the vehicle or the period."""

    label: str
    label_en: str
    value: str


@dataclass(frozen=True, slots=True)
class PaidBy:
    """One way in which the total was paid."""

    label: str
    label_en: str
    amount: Dong
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DepositOutcome:
    """What became of the deposit: used, given back at once, and kept for camera fines until a day."""

    held: Dong = 0
    captured: Dong = 0
    returned: Dong = 0
    kept: Dong = 0
    kept_until: date | None = None

    def as_data(self) -> dict[str, Dong | str | None]:
        """Return it as frozen in Receipt.content."""
        until = self.kept_until.isoformat() if self.kept_until else None
        return {**asdict(self), "kept_until": until}


def by_rate(lines: Iterable[LineData]) -> list[RateData]:
    """Sum the lines of each VAT rate, the highest first, lines without VAT last."""
    sums: dict[int | None, RateData] = {}
    for line in lines:
        row = sums.setdefault(line["vat_bp"], RateData(vat_bp=line["vat_bp"], net=0, vat=0, gross=0))
        row["net"] += line["net"]
        row["vat"] += line["vat"]
        row["gross"] += line["gross"]
    return sorted(sums.values(), key=lambda row: -1 if row["vat_bp"] is None else row["vat_bp"], reverse=True)


def rate_name(vat_bp: int | None) -> str:
    """Write a VAT rate as printed: `8%`, `8,5%`, or a dash where none is due."""
    if vat_bp is None:
        return "–"
    whole, rest = divmod(vat_bp, PER_PERCENT)
    return f"{whole}%" if not rest else f"{vat_bp / PER_PERCENT:.2f}".rstrip("0").replace(".", ",") + "%"
