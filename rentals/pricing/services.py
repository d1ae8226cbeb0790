"""From tariffs to quotes: choose the rows that apply, price, freeze."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.kyc.eligibility import age_on
from accounts.users.models import User
from rentals.policies.selectors import policy_today
from rentals.pricing import promotions
from rentals.pricing.engine import Extras, Priced, Terms, price_rental, retaxed
from rentals.pricing.errors import QuoteForAnother
from rentals.pricing.extras import add_ons_of, has_line, one_way_of, promotion_of
from rentals.pricing.lines import as_shown
from rentals.pricing.lookups import (
    CALENDAR_REACH,
    NO_CALENDAR,
    Option,
    calendar_between,
    check_holiday,
    chosen_add_ons,
    frozen_terms,
    needs_calendar,
    one_way_amount,
    reaching_back,
    return_rates_on,
    tariff_at,
    tariffs_on,
    terms_of,
    valid_on,
    vat_bp_on,
    with_calendar,
)
from rentals.pricing.models import Quote
from rentals.pricing.price_changes import check_start, end_price, is_in_use, meeting, succeed_tariff
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import City, Station
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong

__all__ = [
    "Option",
    "check_renter",
    "check_start",
    "end_price",
    "is_in_use",
    "make_quote",
    "meeting",
    "price_for",
    "prices_for",
    "quote_hash",
    "requote",
    "return_rates_on",
    "succeed_tariff",
    "tariffs_on",
    "terms_of",
    "valid_on",
    "vat_bp_on",
]


def prices_for(*, models: Iterable[VehicleModel], city: City, period: Period) -> dict[int, Priced]:
    """Price one period for several models in a city in two or three queries: {model id: price}.

    The tariff is that of the pickup day; VAT that of today, when the money is collected
    (Decree 254/2026 art. 9: the tax point of a prepaid service is its collection).
    A model without a tariff is left out. A station's own tariff needs `price_for`.
    """
    first = clock.local(period.starts_at).date()
    tariffs = tariffs_on(first, city, models)
    vat_bp = vat_bp_on(clock.today())
    calendar = NO_CALENDAR
    if any(needs_calendar(tariff) for tariff in tariffs.values()):
        calendar = calendar_between(first, clock.local(period.ends_at).date() + CALENDAR_REACH)
    return {
        model_id: price_rental(period, with_calendar(terms_of(tariff), calendar, city.pk, period), vat_bp)
        for model_id, tariff in tariffs.items()
    }


def price_for(*, model: VehicleModel, station: Station, period: Period) -> Priced:
    """Price one period of a model at a station without writing anything, without anything added.

    Raises:
        NoTariff: the model has no price on that day.
    """
    tariff = tariff_at(_pickup_day(period), station, model)
    return price_rental(period, frozen_terms(tariff, station.city_id, period), vat_bp_on(clock.today()))


def make_quote(
    *,
    model: VehicleModel,
    station: Station,
    period: Period,
    vehicle: Vehicle | None = None,
    return_station: Station | None = None,
    options: Sequence[Option] = (),
    promotion_code: str = "",
    renter: User | None = None,
    shown: tuple[Dong, Dong] | None = None,
) -> Quote:
    """Freeze the price of a period with every rule that made it; valid for QUOTE_MINUTES.

    `shown` is the total and the deposit that somebody has agreed to and paid on a tablet without network: they
    stand, and a line of its own says by how much the price of today differs.

    The cancellation and no-show rules of today are frozen with it. A promotion is judged here and counted
    only when a vehicle is held. The quote names its renter if the price depends on the person.

    Raises:
        NoTariff: the model has no price on that day.
        TooShortForHoliday: the period touches a holiday that asks for more days.
        OptionNotOffered: there is no such add-on for this model, or not as many.
        OneWayNotOffered: the vehicle cannot be returned at that station.
        PromotionRefused: the code is unknown or its limits say no; `reason` says which.
    """
    check_holiday(period)
    day = _pickup_day(period)
    tariff = tariff_at(day, station, model)
    terms = frozen_terms(tariff, station.city_id, period)
    extras = Extras(
        add_ons=chosen_add_ons(options, model, day),
        is_young=terms.is_young(_age(renter, day)),
        one_way_amount=one_way_amount(model, station, return_station or station, day),
    )
    vat_bp = vat_bp_on(clock.today())
    promotion = None
    if promotion_code.strip():
        promotion = promotions.find(promotion_code, model=model, station=station, renter=renter)
        extras = replace(extras, promotion=promotions.terms_of(promotion))
    priced = price_rental(period, terms, vat_bp, extras)
    if promotion is not None:
        promotions.check_applied(promotion, priced)
    if shown is not None:
        priced = as_shown(priced, *shown, vat_bp=vat_bp)
    quote = Quote(
        model=model,
        vehicle=vehicle,
        pickup_station=station,
        return_station=return_station or station,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        tariff=tariff,
        promotion=promotion,
        renter=renter if promotion is not None or extras.is_young else None,
        policy=policy_today().as_json(),
    )
    return _freeze(quote, priced, terms)


def requote(
    *,
    quote: Quote,
    period: Period | None = None,
    station: Station | None = None,
    return_station: Station | None = None,
    model: VehicleModel | None = None,
    vehicle: Vehicle | None = None,
    options: Sequence[Option] | None = None,
    renter: User | None = None,
) -> Quote:
    """Freeze the price of a booking as it would be after a change; the new quote names the one it replaces.

    What is left out stays as it was, the promotion always. Where the rental only grows or shrinks on the
    same model and station, everything is priced by the OLD quote's frozen rules: what an extension costs is
    the price of the whole less what was paid. Days before the old pickup have the holidays and busy hours that
    stand now: nobody has promised other ones. Anything else is priced as a new rental of today, and
    without a `vehicle` it is for the model. Money that was collected under an earlier VAT rate keeps it.

    Raises:
        NoTariff, TooShortForHoliday, OptionNotOffered, OneWayNotOffered: as for a new quote.
    """
    old = quote.period
    new = period or old
    place, kind = station or quote.pickup_station, model or quote.model
    back = return_station or (quote.return_station if station is None else place)
    is_same = place == quote.pickup_station and kind == quote.model
    person = renter or quote.renter
    keeps_rules = is_same and _grows_or_shrinks(old, new)
    if not _contains(new, old):
        check_holiday(new)
    if keeps_rules:
        tariff = quote.tariff
        terms = reaching_back(
            Terms.from_json(quote.terms),
            place.city_id,
            first=_pickup_day(new),
            known_from=_pickup_day(old),
        )
        is_young = has_line(quote.lines, "young_driver")
    else:
        day = _pickup_day(new)
        tariff = tariff_at(day, place, kind)
        terms = frozen_terms(tariff, place.city_id, new)
        is_young = terms.is_young(_age(person, day))
    extras = Extras(
        add_ons=_kept_add_ons(quote, options, kind, _pickup_day(new), keeps_prices=keeps_rules),
        is_young=is_young,
        one_way_amount=_kept_one_way(quote, kind, place, back, _pickup_day(new), keeps_price=keeps_rules),
        promotion=_kept_promotion(quote),
    )
    paid, paid_vat_bp = _collected(quote)
    priced = retaxed(new, terms, extras, paid=paid, paid_vat_bp=paid_vat_bp, vat_bp=vat_bp_on(clock.today()))
    changed = Quote(
        model=kind,
        vehicle=vehicle or (quote.vehicle if is_same else None),
        pickup_station=place,
        return_station=back,
        starts_at=new.starts_at,
        ends_at=new.ends_at,
        tariff=tariff,
        promotion=quote.promotion,
        renter=person if quote.renter_id or is_young else None,
        policy=quote.policy if keeps_rules and quote.policy else policy_today().as_json(),
        replaces=quote,
    )
    return _freeze(changed, priced, terms)


def _grows_or_shrinks(old: Period, new: Period) -> bool:
    return _contains(new, old) or _contains(old, new)


def _contains(outer: Period, inner: Period) -> bool:
    return outer.starts_at <= inner.starts_at and inner.ends_at <= outer.ends_at


def _kept_add_ons(
    quote: Quote, options: Sequence[Option] | None, model: VehicleModel, day: date, *, keeps_prices: bool
) -> tuple[Any, ...]:
    """Return the add-ons after a change: those that stay at their frozen price, new ones at today's."""
    before = add_ons_of(quote.lines)
    wanted = (
        [Option(slug, row.quantity) for slug, row in before.items()] if options is None else list(options)
    )
    if not keeps_prices:
        return chosen_add_ons(wanted, model, day)
    # More pieces than before are not promised by the old quote: they are asked for as new ones are.
    kept = [w for w in wanted if w.slug in before and 1 <= w.quantity <= before[w.slug].quantity]
    added = chosen_add_ons([w for w in wanted if w not in kept], model, day)
    return (*(replace(before[w.slug], quantity=w.quantity) for w in kept), *added)


def _kept_one_way(
    quote: Quote, model: VehicleModel, origin: Station, back: Station, day: date, *, keeps_price: bool
) -> int:
    if keeps_price and back == quote.return_station:
        return one_way_of(quote.lines)
    return one_way_amount(model, origin, back, day)


def _kept_promotion(quote: Quote) -> Any:
    """Return a quote's promotion by its frozen rules; by its row if it took nothing off and left no line."""
    kept = promotion_of(quote.lines)
    if kept is None and quote.promotion is not None:
        kept = promotions.terms_of(quote.promotion)
    return kept


def _collected(quote: Quote) -> tuple[int, int]:
    """Return (dong, VAT rate) of what a quote has had taxed at the rate of its first line."""
    first = quote.lines[0]["vat_bp"]
    return sum(line["gross"] for line in quote.lines if line["vat_bp"] == first or line["gross"] < 0), first


def _freeze(quote: Quote, priced: Priced, terms: Terms) -> Quote:
    """Write a quote with its price, its rules and the hash over all of it."""
    quote.lines = [line.as_json() for line in priced.lines]
    quote.terms = json.loads(json.dumps(terms.as_json()))
    quote.options = [
        {"slug": slug, "quantity": add_on.quantity} for slug, add_on in add_ons_of(quote.lines).items()
    ]
    quote.total_amount = priced.total
    quote.net_amount = priced.net
    quote.vat_amount = priced.vat
    quote.deposit_amount = priced.deposit
    quote.expires_at = clock.now() + timedelta(minutes=settings.QUOTE_MINUTES)
    quote.sha256 = quote_hash(quote)
    quote.save(force_insert=True)
    return quote


def check_renter(quote: Quote, renter: User) -> None:
    """Refuse to let somebody use a quote whose price would be another one for them.

    Raises:
        QuoteForAnother: it was made for another person, or without knowing that this one is a young driver.
    """
    if quote.renter_id is not None and quote.renter_id != renter.pk:
        raise QuoteForAnother
    if not quote.terms.get("young_driver_day_amount"):
        return
    is_young = Terms.from_json(quote.terms).is_young(_age(renter, _pickup_day(quote.period)))
    if is_young != has_line(quote.lines, "young_driver"):
        raise QuoteForAnother


def _age(renter: User | None, day: date) -> int | None:
    """Return a person's age on a day if it is known: from papers that were approved."""
    return age_on(renter.born_on, day) if renter is not None and renter.born_on else None


def _pickup_day(period: Period) -> date:
    return clock.local(period.starts_at).date()


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
        "options": quote.options,
        "policy": quote.policy,
        "promotion": quote.promotion_id,
        "renter": quote.renter_id,
        "replaces": str(quote.replaces_id or ""),
        "total": quote.total_amount,
        "net": quote.net_amount,
        "vat": quote.vat_amount,
        "deposit": quote.deposit_amount,
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _utc(moment: datetime) -> str:
    return str(int(moment.timestamp()))
