"""What some dates would cost under two tariffs, line by line. Writes nothing."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from rentals.pricing.engine import Line, price_rental
from rentals.pricing.lookups import frozen_terms, vat_bp_on
from rentals.pricing.models import Tariff
from rentals.pricing.wording import describe
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong

# The order in which lines stand in a price.
ORDER = ("rent_month", "rent_week", "rent_day", "rent_hours", "holiday", "weekend", "peak")
# A general tariff is tried with the busy hours that hold everywhere.
NO_CITY = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """One line under both tariffs; words are empty where a tariff does not have it."""

    before_words: str
    before: Dong
    after_words: str
    after: Dong


def compare(tariff: Tariff, successor: Tariff, period: Period) -> list[Compared]:
    """Return the lines of a period under two tariffs side by side, the total and the deposit last."""
    vat_bp = vat_bp_on(clock.today())
    city_id = (tariff.station.city_id if tariff.station else tariff.city_id) or NO_CITY
    before, after = (
        price_rental(period, frozen_terms(each, city_id, period), vat_bp) for each in (tariff, successor)
    )
    old, new = ({line.code: line for line in priced.lines} for priced in (before, after))
    rows = [
        Compared(_words(old.get(code)), _gross(old.get(code)), _words(new.get(code)), _gross(new.get(code)))
        for code in ORDER
        if code in old or code in new
    ]
    total, deposit = _("Tổng cộng"), _("Tiền cọc")
    return [
        *rows,
        Compared(total, before.total, total, after.total),
        Compared(deposit, before.deposit, deposit, after.deposit),
    ]


def _words(line: Line | None) -> str:
    return describe(line.code, line.params) if line else ""


def _gross(line: Line | None) -> Dong:
    return line.gross if line else 0
