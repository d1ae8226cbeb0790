"""The quote engine: pure functions over whole dong, no database and no clock.

Time is bought in tickets: months of 30 days, weeks, days of 24 hours, started hours. The price is that of
the cheapest bundle of tickets that is long enough. A minute in a weekend, in busy hours or on a holiday
adds its share of an hour's or a day's ticket, times its multiplier less one; a week and a month are caps,
so whatever they cover adds nothing, and they cover the dearest minutes first.

The cheapest bundle of a whole is never dearer than the bundles of its parts together, and what is long
enough for a longer rental is long enough for a shorter one: splitting never gains, and a longer rental is
never cheaper (docs/adr/0012-the-cheapest-bundle.md).
"""

from rentals.pricing.extras import NOTHING, Extras, extra_lines, promotion_line
from rentals.pricing.lines import Line, Priced
from rentals.pricing.returns import (
    ENERGY_STEP_PERCENT,
    LATE_FEE_CAP_BP,
    DamageFact,
    ReturnFacts,
    charges_at_return,
    included_km,
    late_fee,
)
from rentals.pricing.terms import Terms
from rentals.pricing.tickets import cheapest, ticket_lines
from voltgo.core.clock import Period
from voltgo.core.money import Dong

__all__ = [
    "ENERGY_STEP_PERCENT",
    "LATE_FEE_CAP_BP",
    "NOTHING",
    "DamageFact",
    "Extras",
    "Line",
    "Priced",
    "ReturnFacts",
    "Terms",
    "charges_at_return",
    "included_km",
    "late_fee",
    "price_rental",
    "retaxed",
    "time_price",
]


def time_price(period: Period, terms: Terms) -> Dong:
    """Return what the time alone costs, with the multipliers and every cap."""
    return cheapest(period, terms).total


def price_rental(period: Period, terms: Terms, vat_bp: int, extras: Extras = NOTHING) -> Priced:
    """Price a period in lines that people can check: tickets, what dear minutes add, then what is chosen."""
    time = [*ticket_lines(cheapest(period, terms), terms, vat_bp)]
    rest = [*extra_lines(period, terms, vat_bp, extras)]
    return _with_promotion(time, rest, terms, extras)


def _with_promotion(time: list[Line], rest: list[Line], terms: Terms, extras: Extras) -> Priced:
    off = promotion_line(extras.promotion, time, rest) if extras.promotion else None
    return Priced((*time, *rest, *((off,) if off else ())), terms.deposit_amount)


def retaxed(
    period: Period, terms: Terms, extras: Extras, *, paid: Dong, paid_vat_bp: int, vat_bp: int
) -> Priced:
    """Price a period of which `paid` dong were collected, and taxed, under an earlier VAT rate.

    The rate belongs to the day of collection: the first `paid` dong of the lines keep theirs, what comes
    on top has today's. The line on the border is told in two.
    """
    if paid_vat_bp == vat_bp:
        return price_rental(period, terms, vat_bp, extras)
    before = price_rental(period, terms, paid_vat_bp, extras)
    time: list[Line] = []
    rest: list[Line] = []
    # A promotion is taken off what it was taken off before.
    off = sum(line.gross for line in before.lines if line.gross < 0)
    left = paid - off
    for line in before.lines:
        if line.gross < 0:
            continue
        side = rest if line.code in {"add_on", "young_driver", "one_way"} else time
        old = min(line.gross, max(0, left))
        left -= old
        if old or not line.gross:
            side.append(Line(line.code, line.kind, old, paid_vat_bp, line.params | _part(old, line)))
        if line.gross > old:
            new = line.gross - old
            side.append(Line(line.code, line.kind, new, vat_bp, line.params | _part(new, line)))
    return _with_promotion(time, rest, terms, extras)


def _part(gross: Dong, line: Line) -> dict[str, Dong]:
    """Mark what is only a part of its line, so that its words say so."""
    return {} if gross == line.gross else {"part_of": line.gross}
