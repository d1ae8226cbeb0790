"""What stands beside the time in a price: add-ons, a young driver, going one way, a promotion."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from rentals.pricing.enums import AddOnUnit
from rentals.pricing.lines import Line, gross_of
from rentals.pricing.terms import Terms, started_days
from voltgo.core.clock import Period
from voltgo.core.money import Dong, share, vat_of_part

PERCENT = 100


@dataclass(frozen=True, slots=True)
class AddOnTerms:
    """One add-on as chosen, with its price as it stood."""

    slug: str
    kind: str
    name: str
    name_en: str
    unit: str
    unit_amount: Dong
    # Per piece and rental; 0: without a cap.
    cap_amount: Dong
    quantity: int
    # What is charged at most for one damage; 0: all of it.
    liability_amount: Dong = 0

    def piece_amount(self, days: int) -> Dong:
        """Return what one piece costs for so many started days."""
        if self.unit == AddOnUnit.RENTAL:
            return self.unit_amount
        amount = self.unit_amount * days
        return min(amount, self.cap_amount) if self.cap_amount else amount


@dataclass(frozen=True, slots=True)
class PromotionTerms:
    """One promotion with its rules as they stood: a share of the rent or an amount, and its bounds."""

    code: str
    name: str
    name_en: str
    percent: int
    amount: Dong
    # 0: without a cap.
    most_amount: Dong
    # The price is never brought under this, so that a longer rental is not cheaper for reaching it.
    least_total: Dong

    def discount(self, rent: Dong, total: Dong) -> Dong:
        """Return what is taken off: of the rent only, never more than it, never below the least total."""
        off = share(rent, self.percent * PERCENT) if self.percent else self.amount
        if self.most_amount:
            off = min(off, self.most_amount)
        return max(0, min(off, rent, total - self.least_total))


@dataclass(frozen=True, slots=True)
class Extras:
    """Everything that a renter adds to the time, at its price."""

    add_ons: tuple[AddOnTerms, ...] = ()
    is_young: bool = False
    one_way_amount: Dong = 0
    promotion: PromotionTerms | None = None


NOTHING = Extras()


def extra_lines(period: Period, terms: Terms, vat_bp: int, extras: Extras) -> Iterator[Line]:
    """Yield the lines of what a renter adds, but for the promotion."""
    days = started_days(period)
    for add_on in extras.add_ons:
        params = asdict(add_on) | {"days": days}
        gross = add_on.piece_amount(days) * add_on.quantity
        yield Line("add_on", "rental", gross, vat_bp, params)
    if extras.is_young and terms.young_driver_day_amount:
        unit = terms.young_driver_day_amount
        params = {"days": days, "unit_amount": unit, "age": terms.young_driver_age}
        yield Line("young_driver", "rental", unit * days, vat_bp, params)
    if extras.one_way_amount:
        yield Line("one_way", "rental", extras.one_way_amount, vat_bp)


def promotion_line(promotion: PromotionTerms, time: Sequence[Line], rest: Sequence[Line]) -> Line | None:
    """Return what a promotion takes off the lines of time, with exactly its share of their VAT."""
    rent = gross_of(time)
    off = promotion.discount(rent, rent + gross_of(rest))
    if not off:
        return None
    whole = sum(line.vat for line in time)
    vat = whole - vat_of_part(rent - off, gross=rent, vat=whole)
    return Line("promotion", "rental", -off, time[0].vat_bp, asdict(promotion) | {"vat": -vat})


def add_ons_of(lines: Sequence[Mapping[str, Any]]) -> dict[str, AddOnTerms]:
    """Read the add-ons of a frozen quote again: {slug: add-on}."""
    found = {}
    for line in lines:
        if line["code"] == "add_on":
            found[line["params"]["slug"]] = AddOnTerms(**_known(AddOnTerms, line["params"]))
    return found


def liability_of(lines: Sequence[Mapping[str, Any]]) -> Dong:
    """Read what a frozen quote charges at most for one damage; 0 if it is not limited."""
    return min(
        (row.liability_amount for row in add_ons_of(lines).values() if row.liability_amount), default=0
    )


def promotion_of(lines: Sequence[Mapping[str, Any]]) -> PromotionTerms | None:
    """Read the promotion of a frozen quote again."""
    for line in lines:
        if line["code"] == "promotion":
            return PromotionTerms(**_known(PromotionTerms, line["params"]))
    return None


def one_way_of(lines: Sequence[Mapping[str, Any]]) -> Dong:
    """Read a frozen quote's fee for going one way; 0 if there is none. Two VAT rates may share it."""
    return sum(line["gross"] for line in lines if line["code"] == "one_way")


def has_line(lines: Sequence[Mapping[str, Any]], code: str) -> bool:
    return any(line["code"] == code for line in lines)


def _known(kind: type[Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that were frozen; what was not yet known then takes its default."""
    return {field.name: params[field.name] for field in fields(kind) if field.name in params}
