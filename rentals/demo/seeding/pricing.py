"""Prices of the past: the real engine over the real tariffs, asked once for each kind of period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from payments.invoices.enums import Activity
from payments.invoices.tax_models import TaxRule
from rentals.pricing.engine import Priced, Terms, price_rental
from rentals.pricing.lookups import CALENDAR_REACH, calendar_between, needs_calendar, with_calendar
from rentals.pricing.models import Tariff
from rentals.pricing.services import terms_of
from stations.fleet.models import VehicleModel
from voltgo.core.clock import Period, local

SATURDAY = 5
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
YEARS = timedelta(days=3 * 365) + CALENDAR_REACH


class PriceList:
    """Tariffs and tax rates in memory; read once."""

    def __init__(self, tariffs: Sequence[Tariff]) -> None:
        self._tariffs = {
            model_id: sorted((t for t in tariffs if t.model_id == model_id), key=lambda t: t.valid_from)
            for model_id in {tariff.model_id for tariff in tariffs}
        }
        self._terms = {tariff.pk: terms_of(tariff) for tariff in tariffs}
        minding = [tariff.valid_from for tariff in tariffs if needs_calendar(tariff)]
        self._calendar = calendar_between(min(minding), max(minding) + YEARS) if minding else None
        rules = TaxRule.objects.filter(activity=Activity.VEHICLE_RENTAL)
        self._rates = list(rules.order_by("-valid_from"))
        self._vat: dict[date, int] = {}
        self._priced: dict[tuple[object, ...], Priced] = {}

    def vat_bp(self, day: date) -> int:
        """Return the VAT rate of a tax point."""
        if day not in self._vat:
            self._vat[day] = next(rate.vat_bp or 0 for rate in self._rates if rate.valid_from <= day)
        return self._vat[day]

    def price(
        self, model: VehicleModel, city_id: int, period: Period, tax_point: date
    ) -> tuple[Priced, Terms, int, int]:
        """Return (price, terms, tariff id, VAT rate) of a period in a city."""
        pickup_day = local(period.starts_at).date()
        tariff = next(t for t in reversed(self._tariffs[model.pk]) if t.valid_from <= pickup_day)
        terms, vat_bp = self._terms[tariff.pk], self.vat_bp(tax_point)
        if self._calendar is not None and needs_calendar(tariff):
            # What a day costs depends on the date: nothing to keep for the next trip.
            terms = with_calendar(terms, self._calendar, city_id, period)
            return price_rental(period, terms, vat_bp), terms, tariff.pk, vat_bp
        key = (tariff.pk, vat_bp, *_shape(period))
        if key not in self._priced:
            self._priced[key] = price_rental(period, terms, vat_bp)
        return self._priced[key], terms, tariff.pk, vat_bp


def _shape(period: Period) -> tuple[object, ...]:
    """Return what of a period its price depends on: days and started hours, and where it meets a weekend."""
    days, rest = divmod(period.duration, DAY)
    hours = -(-rest // HOUR)
    start = local(period.starts_at)
    # The price of a started day is capped by that of the whole day, so the whole day counts.
    whole = timedelta(hours=start.hour, minutes=start.minute, days=days + bool(hours))
    if start.weekday() + whole.days < SATURDAY:
        return (days, hours)
    return (days, hours, start.weekday(), start.hour, start.minute)
