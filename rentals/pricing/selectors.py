"""Prices for reading: what a whole list of models costs for one period, without a query per model."""

from dataclasses import dataclass, field
from datetime import date

from django.db.models import Subquery

from rentals.pricing.engine import Priced, price_rental
from rentals.pricing.errors import NoTariff
from rentals.pricing.models import Tariff, TaxRate
from rentals.pricing.services import terms_of, valid_on
from stations.fleet.models import VehicleModel
from voltgo.core import clock
from voltgo.core.clock import Period


@dataclass(slots=True)
class PriceList:
    """Every tariff of one pickup day with its model, and the VAT rate: prices come from memory."""

    vat_bp: int
    # City None is the general tariff, for cities without one of their own.
    tariffs: dict[tuple[int | None, int], Tariff]
    _priced: dict[tuple[int, Period], Priced] = field(default_factory=dict)

    def tariff(self, model_id: int, city_id: int) -> Tariff | None:
        return self.tariffs.get((city_id, model_id)) or self.tariffs.get((None, model_id))

    def model(self, model_id: int, city_id: int) -> VehicleModel | None:
        """Return the model if it can be rented in the city at all."""
        tariff = self.tariff(model_id, city_id)
        return tariff.model if tariff else None

    def price(self, model_id: int, city_id: int, period: Period) -> Priced | None:
        """Return the whole price of a period; each tariff is priced once, however many stations ask."""
        tariff = self.tariff(model_id, city_id)
        if tariff is None:
            return None
        key = (tariff.pk, period)
        if key not in self._priced:
            self._priced[key] = price_rental(period, terms_of(tariff), self.vat_bp)
        return self._priced[key]


def price_list(day: date) -> PriceList:
    """Load the prices for pickups on a day, in one query.

    VAT is that of today, when the money is collected.

    Raises:
        NoTariff: no VAT rate is set for today.
    """
    vat_today = TaxRate.objects.filter(valid_on(clock.today())).values("vat_bp")[:1]
    rows = list(
        Tariff.objects.filter(valid_on(day)).select_related("model").annotate(vat_bp=Subquery(vat_today))
    )
    vat_bp = rows[0].vat_bp if rows else 0
    if vat_bp is None:
        raise NoTariff
    return PriceList(vat_bp, {(row.city_id, row.model_id): row for row in rows})
