"""The lines of a settlement in words, for pages."""

from collections.abc import Iterable
from datetime import date
from typing import TypedDict

from rentals.handovers.models import Settlement
from rentals.handovers.settling import Outcome
from rentals.pricing.engine import Line
from rentals.pricing.wording import describe
from voltgo.core.money import Dong


class PriceLine(TypedDict):
    """One line as components/price_lines.html takes it."""

    label: str
    amount: Dong


class Sums(TypedDict):
    """What station/_settlement.html adds up."""

    prepaid_amount: Dong
    extra_amount: Dong
    deposit: Dong
    captured: Dong
    released: Dong
    debt: Dong
    retained: Dong
    retained_until: date | None


def outcome_lines(outcome: Outcome) -> tuple[list[PriceLine], list[PriceLine]]:
    """Return (prepaid, extra) of a preview."""
    return _worded(outcome.prepaid), _worded(outcome.extra)


def settlement_lines(settlement: Settlement) -> tuple[list[PriceLine], list[PriceLine]]:
    """Return (prepaid, extra) of a written settlement."""
    prepaid: list[PriceLine] = []
    extra: list[PriceLine] = []
    for line in settlement.lines.order_by("position"):
        side = prepaid if line.is_prepaid else extra
        side.append(PriceLine(label=describe(line.code, line.params), amount=line.gross_amount))
    return prepaid, extra


def sums_of(settlement: Settlement) -> Sums:
    """Return a settlement's sums under the names that a preview's Outcome has."""
    return Sums(
        prepaid_amount=settlement.prepaid_amount,
        extra_amount=settlement.extra_amount,
        deposit=settlement.deposit_amount,
        captured=settlement.captured_amount,
        released=settlement.released_amount,
        debt=settlement.debt_amount,
        retained=settlement.retained_amount,
        retained_until=settlement.retained_until,
    )


def _worded(lines: Iterable[Line]) -> list[PriceLine]:
    return [PriceLine(label=describe(line.code, line.params), amount=line.gross) for line in lines]
