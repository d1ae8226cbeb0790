"""The price table of walk-ins: what every model at a station costs from each half hour, by the real pricing engine.

A walk-in that is made without a network begins at the next half hour: the tablet reads its price from here, and the
server comes to the same amount, because it asks the same engine about the same period.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache

from accounts.kyc.eligibility import MINIMUM_AGE, VehicleDemand, classes_for
from accounts.kyc.enums import LicenceClass
from rentals.contracts.content import in_both_languages
from rentals.contracts.texts.plain import Agreement, text_sha256
from rentals.handovers.walk_in import choices_of
from rentals.policies.selectors import policy_on
from rentals.pricing.engine import Terms, included_km
from rentals.pricing.errors import NoTariff
from rentals.pricing.lookups import terms_of
from rentals.pricing.selectors import PriceList, price_list
from rentals.sync.walk_in_text import open_text, wording_on
from rentals.tablet.moments import iso
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.hours import SLOT_MINUTES, Opening
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.clock import Period

Json = dict[str, Any]
SLOT = timedelta(minutes=SLOT_MINUTES)
# Rises with the shape of the table, so that nobody reads one of another version.
SHAPE = 2
CACHED_SECONDS = 600


def walk_in_prices(
    station: Station, vehicles: Iterable[Vehicle], opening: Opening, *, at: datetime, until: datetime
) -> Json:
    """Return the table from the next half hour to a moment; kept for ten minutes, because prices change by the day."""
    models = {row.model_id: row.model for row in vehicles}
    first = next_slot(at)
    key = f"tablet-prices:{SHAPE}:{station.code}:{iso(first)}:{_key(models)}"
    found: Json | None = cache.get(key)
    if found is None:
        found = _table(station, models, opening, first, until)
        cache.set(key, found, CACHED_SECONDS)
    return found


def next_slot(at: datetime) -> datetime:
    """Return the half hour that begins now or next, on Vietnam's clock."""
    midnight, _end = clock.day_bounds(clock.local(at).date())
    return midnight - (midnight - at) // SLOT * SLOT


def _key(models: dict[int, VehicleModel]) -> str:
    return hashlib.sha256(repr(sorted(models)).encode()).hexdigest()[:12]


def _table(
    station: Station, models: dict[int, VehicleModel], opening: Opening, first: datetime, until: datetime
) -> Json:
    slots: list[Json] = []
    table: Json = {
        "from": iso(first),
        "until": iso(until),
        "slots": slots,
        "models": {row.slug: _model(row) for row in models.values()},
    }
    texts = Texts(clock.local(first).date())
    table |= {"template": texts.template, "texts": {}}
    lists: dict[Any, PriceList | None] = {}
    moment = first
    while moment <= until:
        prices = _prices_on(lists, moment)
        if prices is not None and opening.is_open_at(moment):
            _add_slot(table, station, models, opening, prices, moment, texts)
        moment += SLOT
    prices_only = {name: value for name, value in table.items() if name != "texts"}
    text = json.dumps(prices_only, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {"table": hashlib.sha256(text.encode()).hexdigest()[:12], **table}


def _prices_on(lists: dict[Any, PriceList | None], moment: datetime) -> PriceList | None:
    day = clock.local(moment).date()
    if day not in lists:
        try:
            lists[day] = price_list(day)
        except NoTariff:
            lists[day] = None
    return lists[day]


def _add_slot(
    table: Json,
    station: Station,
    models: dict[int, VehicleModel],
    opening: Opening,
    prices: PriceList,
    moment: datetime,
    texts: "Texts",
) -> None:
    choices = choices_of(opening, moment)
    if not choices:
        return
    number = len(table["slots"])
    # Minutes instead of moments: one of five characters for one of twenty.
    ends = [[choice.key, int((choice.ends_at - moment) / timedelta(minutes=1))] for choice in choices]
    table["slots"].append({"at": iso(moment), "ends": ends})
    for model in models.values():
        periods = [Period(moment, choice.ends_at) for choice in choices]
        asked = [prices.price(model.pk, station.city_id, period, station.pk) for period in periods]
        entry = table["models"][model.slug]
        if any(priced is None for priced in asked):
            continue
        totals = [priced.total for priced in asked if priced is not None]
        entry["totals"][str(number)] = totals
        entry["deposit"] = asked[0].deposit if asked[0] is not None else 0
        tariff = prices.tariff(model.pk, station.city_id, station.pk)
        if tariff is None or not _names_text(table, entry, terms_of(tariff), texts):
            # Another tariff begins at midnight: its agreement comes with the snapshot of that day.
            entry["totals"].pop(str(number), None)
            continue
        terms = prices.terms(tariff, station.city_id, periods[0])
        entry["km"] = {str(choice[1]): included_km(period, terms) for choice, period in zip(ends, periods, strict=True)} | entry["km"]  # fmt: skip
        _add_young(entry, terms)


def _add_young(entry: Json, terms: Terms) -> None:
    """Say what a young driver pays besides for each started day; the engine adds exactly this line."""
    if terms.young_driver_day_amount:
        entry["young"] = {"below_age": terms.young_driver_age, "day_amount": terms.young_driver_day_amount}


def _names_text(table: Json, entry: Json, terms: Terms, texts: "Texts") -> bool:
    """Name the agreement of a model's tariff, and put it into the table; False if it has another one already."""
    name = texts.name(terms)
    if name is None:
        return True
    entry.setdefault("text", name)
    if entry["text"] != name:
        return False
    table["texts"].setdefault(name, texts.text(name))
    return True


class Texts:
    """The agreements for some tariffs, each made once and named by its hash."""

    def __init__(self, day: date) -> None:
        self.template, self._articles = wording_on(day)
        self._policy = policy_on(day)
        self._names: dict[Terms, str] = {}
        self._texts: dict[str, Agreement] = {}

    def name(self, terms: Terms) -> str | None:
        if not self._articles:
            return None
        if terms not in self._names:
            text = open_text(self._articles, terms=terms, policy=self._policy)
            self._names[terms] = text_sha256(text)[:12]
            self._texts[self._names[terms]] = text
        return self._names[terms]

    def text(self, name: str) -> Agreement:
        return self._texts[name]


def _model(model: VehicleModel) -> Json:
    """Return what the law asks of the driver of a model, for the tablet to compare with the original licence."""
    demand = VehicleDemand(category=model.category, power_kw=model.power_kw, seats=model.seats)
    classes = classes_for(demand)
    wanted = None if classes is None else [name for name in LicenceClass if name in classes]
    return {
        "name": str(model),
        "kind": model.kind,
        "minimum_age": MINIMUM_AGE[model.category],
        "classes": None if wanted is None else [{"code": str(name), "label": str(name.label)} for name in wanted],
        "category": in_both_languages(model.get_category_display),
        "deposit": 0,
        "totals": {},
        "km": {},
    }  # fmt: skip
