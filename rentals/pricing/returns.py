"""What comes on top of the rent when a vehicle comes back, by the rules frozen in its quote."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from rentals.pricing.lines import Line
from rentals.pricing.terms import Terms
from rentals.pricing.tickets import cheapest
from voltgo.core.clock import Period
from voltgo.core.money import BASIS_POINTS, Dong

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
# domain.md: the late fee is capped at one and a half daily rates.
LATE_FEE_CAP_BP = 15_000
ENERGY_STEP_PERCENT = 10


@dataclass(frozen=True, slots=True)
class DamageFact:
    """One new damage that the renter is charged for; `reference` finds its mark and photo again."""

    part: str
    amount: Dong
    reference: int


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    """What was found at return. `booked` is the frozen period; distances in km, batteries in percent."""

    booked: Period
    presented_at: datetime
    distance_km: int
    battery_end_percent: int
    damages: tuple[DamageFact, ...] = ()
    is_dirty: bool = False
    # What the renter pays at most for one damage, by what they added to the trip; 0: all of it.
    liability_amount: Dong = 0


def included_km(period: Period, terms: Terms) -> int:
    """Return the kilometres in the price: per 24 hours, the started rest pro rata by started hour."""
    whole_days, rest = divmod(period.duration, DAY)
    hours = -(-rest // HOUR)
    return terms.included_km_per_day * whole_days + -(-terms.included_km_per_day * hours // 24)


def late_fee(minutes_late: int, terms: Terms) -> Dong:
    """Return the fee for lateness beyond the grace: the first hour, each further started hour, capped."""
    if minutes_late <= terms.late_grace_minutes:
        return 0
    further = max(0, -(-(minutes_late - 60) // 60))
    fee = terms.late_first_hour_amount + further * terms.late_next_hour_amount
    return min(fee, terms.day_amount * LATE_FEE_CAP_BP // BASIS_POINTS)


def charges_at_return(
    terms: Terms, facts: ReturnFacts, vat_bp: int, *, fee_bp: int | None = None, compensation_bp: int = 0
) -> list[Line]:
    """Return what comes on top of the prepaid rent, by the rules frozen in the quote.

    Lateness is used time and carries VAT like rent, and so does cleaning, a service: fees have the rate of
    rent unless `fee_bp` names another. Compensation for damage carries none (Circular 219/2013 art. 5).
    """
    fee_bp = vat_bp if fee_bp is None else fee_bp
    return [
        *_late_lines(terms, facts, vat_bp, fee_bp),
        *_use_lines(terms, facts, fee_bp),
        *_damage_lines(facts, compensation_bp),
    ]


def _late_lines(terms: Terms, facts: ReturnFacts, vat_bp: int, fee_bp: int) -> Iterable[Line]:
    late = facts.presented_at - facts.booked.ends_at
    minutes = int(late.total_seconds() // 60)
    if minutes <= terms.late_grace_minutes:
        return
    used = Period(facts.booked.starts_at, facts.presented_at.replace(microsecond=0))
    extra_time = cheapest(used, terms).total - cheapest(facts.booked, terms).total
    params = {"minutes": minutes}
    if extra_time:
        yield Line("late_time", "rental", extra_time, vat_bp, params)
    fee = late_fee(minutes, terms)
    if fee:
        yield Line("late_fee", "fee", fee, fee_bp, params)


def _use_lines(terms: Terms, facts: ReturnFacts, fee_bp: int) -> Iterable[Line]:
    extra_km = facts.distance_km - included_km(facts.booked, terms)
    if extra_km > 0 and terms.extra_km_amount:
        params = {"km": extra_km, "unit_amount": terms.extra_km_amount}
        yield Line("extra_km", "fee", extra_km * terms.extra_km_amount, fee_bp, params)
    missing = terms.return_battery_percent - facts.battery_end_percent
    if missing > 0 and terms.energy_fee_amount:
        steps = -(-missing // ENERGY_STEP_PERCENT)
        params = {"percent": missing, "unit_amount": terms.energy_fee_amount}
        yield Line("energy", "fee", steps * terms.energy_fee_amount, fee_bp, params)
    if facts.is_dirty and terms.cleaning_fee_amount:
        yield Line("cleaning", "fee", terms.cleaning_fee_amount, fee_bp)


def _damage_lines(facts: ReturnFacts, vat_bp: int) -> Iterable[Line]:
    for damage in facts.damages:
        if damage.amount:
            params: dict[str, Any] = {"part": damage.part, "reference": damage.reference}
            amount = damage.amount
            if 0 < facts.liability_amount < amount:
                params["full_amount"], amount = amount, facts.liability_amount
            yield Line("damage", "compensation", amount, vat_bp, params)
