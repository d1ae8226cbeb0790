"""Prices for reading: what a whole list of models costs for one period, without a query per model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from accounts.kyc.eligibility import age_on
from payments.invoices.enums import Activity
from payments.invoices.tax_models import TaxRule
from rentals.pricing.engine import Extras, Priced, Terms, price_rental
from rentals.pricing.errors import NoTariff
from rentals.pricing.lookups import (
    NO_CALENDAR,
    Calendar,
    calendar_between,
    needs_calendar,
    terms_of,
    with_calendar,
)
from rentals.pricing.models import Tariff
from stations.fleet.models import VehicleModel
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.prepared import rows_of

# Every search asks this: prepared, it costs a fifth of what the ORM takes to build it anew.
TARIFF_FIELDS = [column.attname for column in Tariff._meta.concrete_fields]
MODEL_FIELDS = [column.attname for column in VehicleModel._meta.concrete_fields]
TARIFFS = """
    SELECT {tariff}, {model}, (
        SELECT coalesce(r.vat_bp, 0) FROM {rules} r
        WHERE r.activity = '{rental}' AND r.valid_from <= %(today)s AND (r.valid_until IS NULL OR r.valid_until >= %(today)s) LIMIT 1)
    FROM {tariffs} t JOIN {models} m ON m.id = t.model_id
    WHERE t.valid_from <= %(day)s AND (t.valid_until IS NULL OR t.valid_until >= %(day)s)
""".format(  # noqa: S608 (constants)
    tariff=", ".join(f"t.{name}" for name in TARIFF_FIELDS),
    model=", ".join(f"m.{name}" for name in MODEL_FIELDS),
    tariffs=Tariff._meta.db_table,
    models=VehicleModel._meta.db_table,
    rules=TaxRule._meta.db_table,
    rental=Activity.VEHICLE_RENTAL.value,
)
# As far as the calendar is read for a list: the longest rental that any policy has allowed.
LONGEST = timedelta(days=90)
NOT_PAST_THE_END = timedelta(0)


@dataclass(slots=True)
class PriceList:
    """Every tariff of one pickup day with its model, and the VAT rate: prices come from memory."""

    vat_bp: int
    # {(city, station, model): tariff}; (None, None) is the general one, a station's own has no city.
    tariffs: dict[tuple[int | None, int | None, int], Tariff]
    calendar: Calendar = NO_CALENDAR
    # The stations that have tariffs of their own.
    own: frozenset[int] = frozenset()
    _priced: dict[tuple[int, int, Period, bool], Priced] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own = frozenset(station for _city, station, _model in self.tariffs if station)

    def tariff(self, model_id: int, city_id: int, station_id: int | None = None) -> Tariff | None:
        """Return the tariff that counts: the station's own, its city's, the general one."""
        return (
            (self.tariffs.get((None, station_id, model_id)) if station_id else None)
            or self.tariffs.get((city_id, None, model_id))
            or self.tariffs.get((None, None, model_id))
        )

    def model(self, model_id: int, city_id: int, station_id: int | None = None) -> VehicleModel | None:
        """Return the model if it can be rented there at all."""
        tariff = self.tariff(model_id, city_id, station_id)
        return tariff.model if tariff else None

    def price(
        self,
        model_id: int,
        city_id: int,
        period: Period,
        station_id: int | None = None,
        *,
        born_on: date | None = None,
    ) -> Priced | None:
        """Return the price of a period without options; each is worked out once, however many stations ask.

        With a renter's day of birth it holds what a young driver pays.
        """
        tariff = self.tariff(model_id, city_id, station_id)
        if tariff is None:
            return None
        # Busy hours differ by city.
        age = age_on(born_on, clock.local(period.starts_at).date()) if born_on else None
        is_young = age is not None and age < tariff.young_driver_age
        key = (tariff.pk, city_id, period, is_young)
        if key not in self._priced:
            terms = self.terms(tariff, city_id, period)
            self._priced[key] = price_rental(period, terms, self.vat_bp, Extras(is_young=is_young))
        return self._priced[key]

    def terms(self, tariff: Tariff, city_id: int, period: Period) -> Terms:
        """Return the rules with the part of the calendar that the period itself meets."""
        terms = terms_of(tariff)
        if not needs_calendar(tariff):
            return terms
        return with_calendar(terms, self.calendar, city_id, period, reach=NOT_PAST_THE_END)


def price_list(day: date) -> PriceList:
    """Load the prices for pickups on a day: one query, and one more if some tariff minds the calendar.

    VAT is that of today, when the money is collected.

    Raises:
        NoTariff: no VAT rate is set for today.
    """
    rows = rows_of(TARIFFS, {"day": day, "today": clock.today()})
    tariffs = [_tariff(columns) for *columns, _vat_bp in rows]
    vat_bp = rows[0][-1] if rows else 0
    if vat_bp is None:
        raise NoTariff
    calendar = NO_CALENDAR
    if any(needs_calendar(row) for row in tariffs):
        calendar = calendar_between(day, day + LONGEST)
    return PriceList(vat_bp, {(row.city_id, row.station_id, row.model_id): row for row in tariffs}, calendar)


def _tariff(columns: Sequence[Any]) -> Tariff:
    """Return a tariff with its model of what TARIFFS has read."""
    tariff = Tariff.from_db("default", TARIFF_FIELDS, columns[: len(TARIFF_FIELDS)])
    tariff.model = VehicleModel.from_db("default", MODEL_FIELDS, columns[len(TARIFF_FIELDS) :])
    return tariff
