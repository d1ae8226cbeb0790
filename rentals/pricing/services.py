"""From tariffs to quotes: choose the rows that apply, price, freeze; and how prices may change at all."""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from rentals.pricing.engine import Priced, Terms, price_rental
from rentals.pricing.errors import NoTariff, PriceBackdated, PricesOverlap
from rentals.pricing.models import Quote, Tariff, TaxRate
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import City, Station
from voltgo.core import clock, locks
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.clock import Period

Dated = TypeVar("Dated", Tariff, TaxRate)


def vat_bp_on(day: date) -> int:
    """Return the VAT rate of a tax point in basis points.

    Raises:
        NoTariff: no rate is set for the day; an operator must add one.
    """
    rate = TaxRate.objects.filter(valid_on(day)).values_list("vat_bp", flat=True).first()
    if rate is None:
        raise NoTariff(_("Chưa có thuế suất cho ngày này. Hãy báo cho VoltGo."))
    return rate


def valid_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gte=day))


def tariffs_on(day: date, city: City, models: Iterable[VehicleModel]) -> dict[int, Tariff]:
    """Return {model id: tariff} for a day in a city, in one query; the city's own tariff beats the general one."""
    rows: QuerySet[Tariff] = Tariff.objects.filter(
        valid_on(day), Q(city=None) | Q(city=city), model__in=list(models)
    ).order_by(F("city").asc(nulls_first=True))
    return {row.model_id: row for row in rows}


def terms_of(tariff: Tariff) -> Terms:
    """Return a tariff's rules as plain values."""
    return Terms(
        hour_amount=tariff.hour_amount,
        day_amount=tariff.day_amount,
        week_amount=tariff.week_amount,
        month_amount=tariff.month_amount,
        weekend_bp=tariff.weekend_bp,
        deposit_amount=tariff.deposit_amount,
        included_km_per_day=tariff.included_km_per_day,
        extra_km_amount=tariff.extra_km_amount,
        late_grace_minutes=tariff.late_grace_minutes,
        late_first_hour_amount=tariff.late_first_hour_amount,
        late_next_hour_amount=tariff.late_next_hour_amount,
        return_battery_percent=tariff.return_battery_percent,
        energy_fee_amount=tariff.energy_fee_amount,
    )


def prices_for(*, models: Iterable[VehicleModel], city: City, period: Period) -> dict[int, Priced]:
    """Price one period for several models in a city in two queries: {model id: price}.

    The tariff is that of the pickup day; VAT that of today, when the money is collected
    (Decree 254/2026 art. 9: the tax point of a prepaid service is its collection).
    A model without a tariff is left out.
    """
    tariffs = tariffs_on(clock.local(period.starts_at).date(), city, models)
    vat_bp = vat_bp_on(clock.today())
    return {model_id: price_rental(period, terms_of(tariff), vat_bp) for model_id, tariff in tariffs.items()}


def price_for(*, model: VehicleModel, station: Station, period: Period) -> Priced:
    """Price one period of a model at a station without writing anything.

    Raises:
        NoTariff: the model has no price on that day.
    """
    price = prices_for(models=[model], city=station.city, period=period).get(model.pk)
    if price is None:
        raise NoTariff
    return price


def make_quote(
    *, model: VehicleModel, station: Station, period: Period, vehicle: Vehicle | None = None
) -> Quote:
    """Freeze the price of a period with every rule that made it; valid for QUOTE_MINUTES.

    Raises:
        NoTariff: the model has no price on that day.
    """
    tariff = tariffs_on(clock.local(period.starts_at).date(), station.city, [model]).get(model.pk)
    if tariff is None:
        raise NoTariff
    terms = terms_of(tariff)
    priced = price_rental(period, terms, vat_bp_on(clock.today()))
    lines = [line.as_json() for line in priced.lines]
    quote = Quote(
        model=model,
        vehicle=vehicle,
        pickup_station=station,
        return_station=station,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        tariff=tariff,
        lines=lines,
        terms=terms.as_json(),
        total_amount=priced.total,
        net_amount=priced.net,
        vat_amount=priced.vat,
        deposit_amount=priced.deposit,
        expires_at=clock.now() + timedelta(minutes=settings.QUOTE_MINUTES),
    )
    quote.sha256 = quote_hash(quote)
    quote.save(force_insert=True)
    return quote


def quote_hash(quote: Quote) -> str:
    """Return the SHA-256 over everything that the price depends on; equal for equal quotes."""
    content: dict[str, Any] = {
        "id": str(quote.pk),
        "model": quote.model_id,
        "vehicle": quote.vehicle_id,
        "pickup_station": quote.pickup_station_id,
        "return_station": quote.return_station_id,
        "starts_at": _utc(quote.starts_at),
        "ends_at": _utc(quote.ends_at),
        "tariff": quote.tariff_id,
        "lines": quote.lines,
        "terms": quote.terms,
        "total": quote.total_amount,
        "net": quote.net_amount,
        "vat": quote.vat_amount,
        "deposit": quote.deposit_amount,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _utc(moment: datetime) -> str:
    return str(int(moment.timestamp()))


# --- Changing prices ----------------------------------------------------------------------------------


def check_start(valid_from: date) -> None:
    """Refuse a price that would apply to days that are over.

    Raises:
        PriceBackdated: it starts before today.
    """
    if valid_from < clock.today():
        raise PriceBackdated


def is_in_use(row: Tariff | TaxRate) -> bool:
    """Say whether people may have been shown this price already: it has started, or a quote names it."""
    if row.valid_from <= clock.today():
        return True
    return isinstance(row, Tariff) and Quote.objects.filter(tariff=row).exists()


def meeting(rows: QuerySet[Dated], first: date, last: date | None) -> QuerySet[Dated]:
    """Return the rows that are valid on a day of the stretch; without an end it lasts for ever."""
    reaching = rows.filter(Q(valid_until=None) | Q(valid_until__gte=first))
    return reaching.filter(valid_from__lte=last) if last else reaching


@transaction.atomic
def end_price(*, row: Tariff | TaxRate, last_day: date, by: Actor) -> None:
    """Let a price apply up to a day, today at the earliest; quotes that were made keep it. Locks the row.

    Raises:
        PriceBackdated: the day is over, or before the price starts.
        PricesOverlap: it would last into another one.
    """
    current = locks.lock_row(row)
    is_over = current.valid_until is not None and current.valid_until < clock.today()
    if is_over or last_day < max(clock.today(), current.valid_from):
        raise PriceBackdated
    changes = [current.valid_until and current.valid_until.isoformat(), last_day.isoformat()]
    record(f"{row._meta.model_name}.ended", f"{row._meta.model_name}:{row.pk}", by=by, valid_until=changes)
    row.valid_until = last_day
    _write_price(row, update_fields=["valid_until"])


@transaction.atomic
def succeed_tariff(*, tariff: Tariff, successor: Tariff, by: Actor) -> Tariff:
    """Replace a tariff from a day on: the old one ends the day before. Locks the old one.

    `successor` is a new row with its amounts; model and city are taken from the old one.

    Raises:
        PriceBackdated: the new one would start before tomorrow, or not after the old one.
        PricesOverlap: another tariff follows already.
    """
    if successor.valid_from <= max(clock.today(), tariff.valid_from):
        raise PriceBackdated
    end_price(row=tariff, last_day=successor.valid_from - timedelta(days=1), by=by)
    successor.model, successor.city = tariff.model, tariff.city
    _write_price(successor, force_insert=True)
    record("tariff.succeeded", f"tariff:{successor.pk}", by=by, before=tariff.pk)
    return successor


def _write_price(row: Tariff | TaxRate, **how: Any) -> None:
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as clash:
        raise PricesOverlap from clash
