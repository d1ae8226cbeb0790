"""The search: stations in reach, what is free there, and what each model costs for the whole period."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter

from rentals.bookings.rules import SHORTEST
from rentals.bookings.selectors.availability import Place, StationInReach, stations_in_reach
from rentals.bookings.selectors.battery import away_of, battery_of
from rentals.bookings.selectors.licences import EVERYBODY, Licences
from rentals.pricing.engine import Priced
from rentals.pricing.selectors import PriceList, price_list
from stations.fleet.battery import Charge, expected_battery
from stations.fleet.models import VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.supply.rules import Supply, is_guarded
from stations.supply.selectors import supplies_at
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong

# How the found stations are ordered; the nearest first unless told.
BY_PRICE, BY_RANGE = "price", "range"


@dataclass(frozen=True, slots=True)
class Criteria:
    """What somebody looks for. Filters narrow the models; the place and the period narrow the stations.

    The range is the one to expect at the pickup, not the one of a full battery.
    """

    place: Place
    period: Period
    kind: str = ""
    minimum_seats: int = 0
    minimum_range_km: int = 0
    sort: str = ""
    licences: Licences = EVERYBODY

    def fits(self, model: VehicleModel) -> bool:
        """Say whether a model as such is wanted; whether it is charged enough then is another question."""
        return (
            self.kind in {"", model.kind}
            and model.seats >= self.minimum_seats
            and model.range_km >= self.minimum_range_km
            and self.licences.allow(model, self.period)
        )

    @property
    def asks_for_range(self) -> bool:
        return self.minimum_range_km > 0 or self.sort == BY_RANGE

    def moved_to(self, period: Period) -> "Criteria":
        return replace(self, period=period)


# Not frozen, as a search makes dozens: a frozen one takes three times as long to put together.
@dataclass(slots=True)
class ModelOffer:
    """One model that is free at a station for the whole period, and its price."""

    model: VehicleModel
    count: int
    # The best charge among the free ones now, and at the pickup if it was asked for.
    battery_percent: int
    price: Priced
    at_pickup: Charge | None = None

    @property
    def range_now_km(self) -> int:
        return self.model.range_km * self.battery_percent // 100

    @property
    def charge_percent(self) -> int:
        """The charge to go by: at the pickup if it is known."""
        return self.at_pickup.percent if self.at_pickup else self.battery_percent

    @property
    def range_km(self) -> int:
        """The range to go by: at the pickup if it is known."""
        return self.at_pickup.range_km if self.at_pickup else self.range_now_km


@dataclass(slots=True)
class StationOffer:
    """A station that is open at both ends, with the models free there, cheapest first.

    `limits` are the classes in which the supply guard narrows or stops bookings for this pickup.
    """

    station: Station
    distance_km: float
    opening: Opening
    offers: list[ModelOffer]
    limits: Mapping[str, Supply] = field(default_factory=dict)
    # Vehicles are there, but the guard keeps all of them for whoever walks in.
    is_paused: bool = False

    @property
    def free(self) -> int:
        return sum(offer.count for offer in self.offers)

    @property
    def cheapest(self) -> Dong | None:
        return self.offers[0].price.total if self.offers else None

    @property
    def furthest_km(self) -> int:
        return max((offer.range_km for offer in self.offers), default=0)

    @property
    def is_narrow(self) -> bool:
        """Say whether what is shown is less than what stands there."""
        return bool(self.limits) and not self.is_paused


@dataclass(frozen=True, slots=True)
class ClosedStation:
    """A station that is closed at one end of the period, and the nearest period at which it is open."""

    station: Station
    distance_km: float
    is_closed_at_pickup: bool
    nearest: Period | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, in the order in which people should read it."""

    criteria: Criteria
    open: list[StationOffer]
    closed: list[ClosedStation]

    @property
    def with_vehicles(self) -> list[StationOffer]:
        return [found for found in self.open if found.offers]

    @property
    def empty(self) -> list[StationOffer]:
        return [found for found in self.open if not found.offers and not found.is_paused]

    @property
    def paused(self) -> list[StationOffer]:
        return [found for found in self.open if found.is_paused]

    @property
    def free(self) -> int:
        return sum(found.free for found in self.open)


def search(criteria: Criteria) -> SearchResult:
    """Find what can be rented: stations nearest first, or cheapest, or with the longest range.

    Three queries; a fourth where the pickup is so soon that the supply guard has a say.
    """
    moment = clock.now()
    reach = stations_in_reach(
        criteria.place, criteria.period, moment=moment, one_by_one=criteria.asks_for_range
    )
    ids = [near.station.pk for near in reach]
    openings = openings_of(ids, criteria.period)
    prices = price_list(clock.local(criteria.period.starts_at).date())
    limits = limits_of(ids, criteria, moment, openings)
    offers_of = Offers(criteria, prices, moment)
    found, closed = [], []
    for near in reach:
        opening = openings[near.station.pk]
        if opening.is_open_for(criteria.period):
            found.append(_station_offer(near, opening, offers_of.at(near), limits.get(near.station.pk)))
        else:
            closed.append(_closed(near, opening, criteria.period, moment))
    if criteria.sort == BY_PRICE:
        found.sort(key=lambda offer: (offer.cheapest is None, offer.cheapest or 0, offer.distance_km))
    elif criteria.sort == BY_RANGE:
        found.sort(key=lambda offer: (-offer.furthest_km, offer.distance_km))
    return SearchResult(criteria, found, closed)


Limits = Mapping[int, Mapping[str, Supply]]


def limits_of(
    station_ids: Iterable[int], criteria: Criteria, moment: datetime, openings: Mapping[int, Opening]
) -> Limits:
    """Return {station id: {kind: supply}} where the supply guard limits bookings. No query for a later pickup."""
    if not is_guarded(criteria.period.starts_at, moment):
        return {}
    limits: dict[int, dict[str, Supply]] = {}
    supplies = supplies_at(station_ids, kind=criteria.kind, moment=moment, openings=openings)
    for (station_id, kind), supply in supplies.items():
        if not supply.is_normal:
            limits.setdefault(station_id, {})[kind] = supply
    return limits


def _station_offer(
    near: StationInReach, opening: Opening, offers: list[ModelOffer], limits: Mapping[str, Supply] | None
) -> StationOffer:
    if not limits:
        return StationOffer(near.station, near.distance_km, opening, offers)
    left = within_limits(offers, limits)
    met = {offer.model.kind for offer in offers} & limits.keys()
    return StationOffer(
        near.station,
        near.distance_km,
        opening,
        left,
        {kind: limits[kind] for kind in met},
        is_paused=bool(offers) and not left,
    )


def within_limits(offers: list[ModelOffer], limits: Mapping[str, Supply]) -> list[ModelOffer]:
    """Return what of some offers the supply guard lets be booked, with the numbers cut to it."""
    left = []
    for offer in offers:
        limit = limits.get(offer.model.kind)
        bookable = limit.bookable if limit else None
        if bookable is None:
            left.append(offer)
        elif bookable:
            left.append(replace(offer, count=min(offer.count, bookable)))
    return left


@dataclass(frozen=True, slots=True)
class OpenStation:
    """A station that is open at this moment, how many vehicles stand ready there, and until when it is open."""

    station: Station
    free: int
    closes_at: datetime | None


def open_now(place: Place) -> list[OpenStation]:
    """Return the stations of a place that are open now, those with most vehicles first. Two queries."""
    moment = clock.now()
    start = moment.replace(second=0, microsecond=0)
    period = Period(start, start + SHORTEST)
    reach = stations_in_reach(place, period, moment=moment)
    openings = openings_of([near.station.pk for near in reach], period)
    found = [
        OpenStation(
            near.station, sum(free.count for free in near.free), openings[near.station.pk].closes_at(moment)
        )
        for near in reach
        if openings[near.station.pk].is_open_at(moment)
    ]
    return sorted(found, key=lambda station: (-station.free, station.station.name))


# Cheapest first; of the same price always in the same order.
_Rank = tuple[Dong, int]
_Known = tuple[VehicleModel, Priced, _Rank]


class Offers:
    """Turns what is free at stations into offers; what is the same everywhere is worked out once."""

    def __init__(self, criteria: Criteria, prices: PriceList, moment: datetime) -> None:
        self._criteria = criteria
        self._prices = prices
        self._moment = moment
        # What a model costs; None where it is not wanted. A station counts only if it has tariffs of its own.
        self._known: dict[tuple[int, int, int | None], _Known | None] = {}

    def at(self, near: StationInReach) -> list[ModelOffer]:
        """Return the free models of a station that fit the filters and have a price, cheapest first."""
        charges = self._charges(near) if self._criteria.asks_for_range else None
        station_id = near.station.pk
        city_id, own = near.station.city_id, station_id if station_id in self._prices.own else None
        offers: list[tuple[_Rank, ModelOffer]] = []
        for free in near.free:
            key = (free.model_id, city_id, own)
            if key not in self._known:
                self._known[key] = self._judged(*key)
            known = self._known[key]
            if known is None:
                continue
            model, price, rank = known
            offer = ModelOffer(model, free.count, free.battery_percent, price)
            if charges is not None:
                enough = [
                    each for each in charges[model.pk] if each.range_km >= self._criteria.minimum_range_km
                ]
                if not enough:
                    continue
                best = max(enough, key=lambda each: each.percent)
                offer = replace(offer, count=len(enough), at_pickup=best)
            offers.append((rank, offer))
        offers.sort(key=itemgetter(0))
        return [offer for _rank, offer in offers]

    def _judged(self, model_id: int, city_id: int, station_id: int | None) -> _Known | None:
        """Return a model with its price and its place among others, if it can be rented there and fits."""
        model = self._prices.model(model_id, city_id, station_id)
        if model is None or not self._criteria.fits(model):
            return None
        price = self._prices.price(model_id, city_id, self._criteria.period, station_id)
        return (model, price, (price.total, model.pk)) if price else None

    def _charges(self, near: StationInReach) -> dict[int, list[Charge]]:
        """Return {model id: charges to expect at the pickup} of the free vehicles of a station."""
        charges: dict[int, list[Charge]] = {}
        for vehicle in near.vehicles:
            model = self._prices.model(vehicle.model_id, near.station.city_id, near.station.pk)
            if model is None:
                continue
            charge = expected_battery(
                percent=vehicle.battery_percent,
                battery=battery_of(model),
                charger_kw=float(near.station.charger_kw),
                now=self._moment,
                pickup=self._criteria.period.starts_at,
                away=away_of(vehicle.claims),
            )
            charges.setdefault(vehicle.model_id, []).append(charge)
        return charges


def _closed(near: StationInReach, opening: Opening, period: Period, moment: datetime) -> ClosedStation:
    return ClosedStation(
        near.station,
        near.distance_km,
        is_closed_at_pickup=not opening.is_open_at(period.starts_at),
        nearest=nearest_period(opening, period, moment),
    )


def nearest_period(opening: Opening, period: Period, moment: datetime) -> Period | None:
    """Return the period nearest to the wanted one with the station open at both ends."""
    start = opening.nearest_open(period.starts_at, not_before=moment)
    if start is None:
        return None
    end = opening.nearest_open(max(period.ends_at, start + SHORTEST), not_before=start + SHORTEST)
    return Period(start, end) if end else None
