"""Which dated rows apply: tariff, tax, calendar, add-ons, one-way fees, the shortest rental over a holiday."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import BigIntegerField, F, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from payments.invoices import taxes
from payments.invoices.enums import Activity
from payments.invoices.errors import NoTaxRule
from rentals.pricing.calendar_models import Holiday, PeakHours
from rentals.pricing.errors import NoTariff, OneWayNotOffered, OptionNotOffered, TooShortForHoliday
from rentals.pricing.extras import AddOnTerms
from rentals.pricing.models import Tariff
from rentals.pricing.offer_models import AddOn, OneWayFee
from rentals.pricing.terms import Peak, Terms, started_days
from stations.fleet.models import VehicleModel
from stations.network.models import City, Station
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import BASIS_POINTS, Dong

# How far past its end a rental's calendar is frozen: it may be extended, and come back late.
CALENDAR_REACH = timedelta(days=90)
NO_WEEKDAY = -1


def valid_on(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_until=None) | Q(valid_until__gte=day))


def vat_bp_on(day: date) -> int:
    """Return the VAT rate of rent at a tax point in basis points (payments.invoices.taxes decides).

    Raises:
        NoTariff: no rule is set for the day; an operator must add one.
    """
    return _rates([Activity.VEHICLE_RENTAL], day)[0]


@dataclass(frozen=True, slots=True)
class ReturnRates:
    """The VAT rates of what comes on top at return; 0 where no VAT is due."""

    rental: int
    fee: int
    compensation: int


def return_rates_on(day: date) -> ReturnRates:
    """Return the rates of a return at its tax point: the use of the vehicle is done. One query.

    Raises:
        NoTariff: no rule is set for the day.
    """
    return ReturnRates(*_rates([Activity.VEHICLE_RENTAL, Activity.FEE, Activity.COMPENSATION], day))


def _rates(activities: Sequence[Activity], day: date) -> list[int]:
    try:
        return [rate or 0 for rate in taxes.rates_on(activities, day).values()]
    except NoTaxRule as unknown:
        raise NoTariff(unknown.message) from unknown


def tariffs_on(day: date, city: City, models: Iterable[VehicleModel]) -> dict[int, Tariff]:
    """Return {model id: tariff} for a day in a city, in one query; the city's own tariff beats the general one."""
    rows: QuerySet[Tariff] = Tariff.objects.filter(
        valid_on(day), Q(city=None) | Q(city=city), station=None, model__in=list(models)
    ).order_by(F("city").asc(nulls_first=True))
    return {row.model_id: row for row in rows}


def tariff_at(day: date, station: Station, model: VehicleModel) -> Tariff:
    """Return a model's tariff for a day at a station, in one query: the station's own, its city's, the general one.

    Raises:
        NoTariff: the model has no price on that day.
    """
    places = Q(station=station) | Q(station=None, city=station.city_id) | Q(station=None, city=None)
    rows = Tariff.objects.filter(valid_on(day), places, model=model)
    nearest = rows.order_by(F("station").asc(nulls_last=True), F("city").asc(nulls_last=True)).first()
    if nearest is None:
        raise NoTariff
    return nearest


# --- The calendar -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calendar:
    """The holidays and busy hours of some stretch of days."""

    holidays: Sequence[tuple[date, date]] = ()
    # (city or None for everywhere, busy hours)
    peaks: Sequence[tuple[int | None, Peak]] = ()

    def days(self, first: date, last: date) -> tuple[str, ...]:
        """Return the holidays between two days as ISO dates."""
        return tuple(
            (begin + timedelta(days=number)).isoformat()
            for begin, end in self.holidays
            for number in range((end - begin).days + 1)
            if first <= begin + timedelta(days=number) <= last
        )

    def hours(self, city_id: int, first: date, last: date) -> tuple[Peak, ...]:
        """Return a city's busy hours that apply on a day between two."""
        return tuple(
            peak
            for city, peak in self.peaks
            if city in {None, city_id}
            and peak[3] <= last.isoformat()
            and (not peak[4] or peak[4] >= first.isoformat())
        )


NO_CALENDAR = Calendar()


def calendar_between(first: date, last: date) -> Calendar:
    """Load the holidays and busy hours of a stretch of days, in one query."""
    no_city = Cast(Value(None), BigIntegerField())
    holidays = Holiday.objects.filter(last_day__gte=first, first_day__lte=last).values_list(
        no_city, Value(NO_WEEKDAY), Value(0), Value(0), "first_day", "last_day"
    )
    peaks = PeakHours.objects.filter(
        Q(valid_until=None) | Q(valid_until__gte=first), valid_from__lte=last
    ).values_list("city_id", "weekday", "starts_minute", "ends_minute", "valid_from", "valid_until")
    rows: list[Any] = sorted(peaks.union(holidays, all=True), key=lambda row: (row[4], row[1:4], row[0] or 0))
    return Calendar(
        holidays=[(row[4], row[5]) for row in rows if row[1] == NO_WEEKDAY],
        peaks=[
            (city, (weekday, starts, ends, since.isoformat(), until.isoformat() if until else ""))
            for city, weekday, starts, ends, since, until in rows
            if weekday != NO_WEEKDAY
        ],
    )


def needs_calendar(tariff: Tariff) -> bool:
    return max(tariff.holiday_bp, tariff.peak_bp) > BASIS_POINTS


def terms_of(tariff: Tariff) -> Terms:
    """Return a tariff's rules as plain values, without a calendar."""
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
        peak_bp=tariff.peak_bp,
        holiday_bp=tariff.holiday_bp,
        young_driver_day_amount=tariff.young_driver_day_amount,
        young_driver_age=tariff.young_driver_age,
        cleaning_fee_amount=tariff.cleaning_fee_amount,
    )


def with_calendar(
    terms: Terms, calendar: Calendar, city_id: int, period: Period, *, reach: timedelta = CALENDAR_REACH
) -> Terms:
    """Return terms with the days and hours that matter for a period, and for some time after it."""
    first = clock.local(period.starts_at).date()
    last = clock.local(period.ends_at).date() + reach
    holidays = calendar.days(first, last) if terms.holiday_bp > BASIS_POINTS else ()
    peaks = calendar.hours(city_id, first, last) if terms.peak_bp > BASIS_POINTS else ()
    return replace(terms, holidays=holidays, peaks=peaks)


def frozen_terms(tariff: Tariff, city_id: int, period: Period) -> Terms:
    """Return everything that a quote freezes of a tariff and its calendar; a query only if it has a use."""
    terms = terms_of(tariff)
    if not needs_calendar(tariff):
        return terms
    first = clock.local(period.starts_at).date()
    last = clock.local(period.ends_at).date() + CALENDAR_REACH
    return with_calendar(terms, calendar_between(first, last), city_id, period)


def reaching_back(terms: Terms, city_id: int, *, first: date, known_from: date) -> Terms:
    """Return frozen terms that also know the days before those that they were frozen for, as they stand now.

    What was frozen stays as it was promised; a query only if it has a use.
    """
    last = known_from - timedelta(days=1)
    if first > last or max(terms.holiday_bp, terms.peak_bp) <= BASIS_POINTS:
        return terms
    calendar = calendar_between(first, last)
    holidays = calendar.days(first, last) if terms.holiday_bp > BASIS_POINTS else ()
    hours = calendar.hours(city_id, first, last) if terms.peak_bp > BASIS_POINTS else ()
    # Only for the days before: later ones have been promised without.
    added = tuple(
        (weekday, starts, ends, since, min(until or last.isoformat(), last.isoformat()))
        for weekday, starts, ends, since, until in hours
        if (weekday, starts, ends, since, until) not in terms.peaks
    )
    return replace(
        terms,
        holidays=tuple(sorted({*terms.holidays, *holidays})),
        peaks=(*terms.peaks, *(row for row in added if row not in terms.peaks)),
    )


def check_holiday(period: Period) -> None:
    """Refuse a rental that touches a holiday and is shorter than the holiday asks for, in started days.

    Raises:
        TooShortForHoliday: names the holiday and the days.
    """
    first = clock.local(period.starts_at).date()
    # The end is no part of the period: back at midnight has not touched the day.
    last = clock.local(period.ends_at - timedelta(seconds=1)).date()
    touched = Holiday.objects.filter(first_day__lte=last, last_day__gte=first)
    strictest = touched.filter(minimum_days__gt=started_days(period)).order_by("-minimum_days").first()
    if strictest is not None:
        days = strictest.minimum_days
        words = ngettext(
            "Thuê xe dịp %(holiday)s ít nhất %(days)d ngày.",
            "Thuê xe dịp %(holiday)s ít nhất %(days)d ngày.",
            days,
        )
        raise TooShortForHoliday(words % {"holiday": strictest, "days": days}, days=days)


# --- What can be added --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """One add-on as somebody wants it."""

    slug: str
    quantity: int = 1


def add_ons_for(model: VehicleModel, day: date) -> list[AddOn]:
    """Return what can be added to a rental of a model that starts on a day. One query."""
    rows = AddOn.objects.filter(valid_on(day), vehicle_kind__in=["", model.kind])
    return list(rows.order_by("kind", "amount", "slug"))


def chosen_add_ons(options: Sequence[Option], model: VehicleModel, day: date) -> tuple[AddOnTerms, ...]:
    """Return what somebody wants with its prices. No query when nothing is wanted.

    Raises:
        OptionNotOffered: there is no such add-on for this model, or not as many.
    """
    wanted = {option.slug: option.quantity for option in options if option.quantity}
    if not wanted:
        return ()
    offered = {row.slug: row for row in add_ons_for(model, day)}
    for slug, quantity in wanted.items():
        if slug not in offered or not 1 <= quantity <= offered[slug].most:
            raise OptionNotOffered(_not_offered(slug), option=slug)
    return tuple(_terms_of(offered[slug], wanted[slug]) for slug in offered if slug in wanted)


def _not_offered(slug: str) -> str | None:
    """Name the add-on that a model does not take; one that nobody offers has no name to say."""
    row = AddOn.objects.filter(slug=slug).order_by("-valid_from").first()
    if row is None:
        return None
    words = _("Chuyến bạn chọn không kèm được: %(name)s. Hãy bỏ dịch vụ này rồi xem lại.")
    return words % {"name": row}


def _terms_of(row: AddOn, quantity: int) -> AddOnTerms:
    return AddOnTerms(
        slug=row.slug,
        kind=row.kind,
        name=row.name,
        name_en=row.name_en,
        unit=row.unit,
        unit_amount=row.amount,
        cap_amount=row.cap_amount,
        quantity=quantity,
        liability_amount=row.liability_amount,
    )


def one_way_fees(model: VehicleModel, origin: Station, day: date) -> list[OneWayFee]:
    """Return the fees for leaving a station with a model's kind on a day. One query."""
    rows = OneWayFee.objects.filter(valid_on(day), Q(origin=None) | Q(origin=origin), vehicle_kind=model.kind)
    return list(rows)


def fee_to(fees: Sequence[OneWayFee], station_id: int) -> Dong | None:
    """Return what it costs to return to a station, None where that is not offered."""
    exact = sorted(
        (fee for fee in fees if fee.destination_id in {None, station_id}),
        key=lambda fee: ((fee.origin_id is None) + (fee.destination_id is None), fee.origin_id is None),
    )
    return exact[0].amount if exact else None


def one_way_amount(model: VehicleModel, origin: Station, destination: Station, day: date) -> Dong:
    """Return what it costs to return elsewhere: the row for both stations, for one, the general one.

    Another city is reached by a row for both stations alone.

    Raises:
        OneWayNotOffered: no row applies.
    """
    if origin == destination:
        return 0
    fees = one_way_fees(model, origin, day)
    if origin.city_id != destination.city_id:
        fees = [fee for fee in fees if fee.origin_id and fee.destination_id]
    amount = fee_to(fees, destination.pk)
    if amount is None:
        raise OneWayNotOffered(station=destination.slug)
    return amount
