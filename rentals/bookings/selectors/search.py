"""The search: stations in reach, what is free there, and what each model costs for the whole period."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rentals.bookings.rules import SHORTEST
from rentals.bookings.selectors.availability import Place, StationInReach, stations_in_reach
from rentals.pricing.engine import Priced
from rentals.pricing.selectors import PriceList, price_list
from stations.fleet.models import VehicleModel
from stations.network.hours import Opening
from stations.network.models import Station
from stations.network.selectors import openings_of
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong

# What is tried when nothing is free: the same length a little earlier or later, then the next day.
SHIFTS = tuple(timedelta(hours=hours) for hours in (1, -1, 2, -2, 3, -3, 24))
FURTHER_KM = 60.0


@dataclass(frozen=True, slots=True)
class Criteria:
    """What somebody looks for. Filters narrow the models; the place and the period narrow the stations."""

    place: Place
    period: Period
    kind: str = ""
    minimum_seats: int = 0
    minimum_range_km: int = 0
    by_price: bool = False

    def fits(self, model: VehicleModel) -> bool:
        return (
            self.kind in {"", model.kind}
            and model.seats >= self.minimum_seats
            and model.range_km >= self.minimum_range_km
        )

    def moved_to(self, period: Period) -> "Criteria":
        return replace(self, period=period)


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """One model that is free at a station for the whole period, and its price."""

    model: VehicleModel
    count: int
    # The best charge among the free ones now; the station charges before a later pickup.
    battery_percent: int
    price: Priced

    @property
    def range_now_km(self) -> int:
        return self.model.range_km * self.battery_percent // 100


@dataclass(frozen=True, slots=True)
class StationOffer:
    """A station that is open at both ends, with the models free there, cheapest first."""

    station: Station
    distance_km: float
    opening: Opening
    offers: list[ModelOffer]

    @property
    def free(self) -> int:
        return sum(offer.count for offer in self.offers)

    @property
    def cheapest(self) -> Dong | None:
        return self.offers[0].price.total if self.offers else None


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
    def free(self) -> int:
        return sum(found.free for found in self.open)


def search(criteria: Criteria) -> SearchResult:
    """Find what can be rented: stations nearest first (or cheapest first), in three queries."""
    moment = clock.now()
    reach = stations_in_reach(criteria.place, criteria.period, moment=moment)
    openings = openings_of([near.station.pk for near in reach], criteria.period)
    prices = price_list(clock.local(criteria.period.starts_at).date())
    found, closed = [], []
    for near in reach:
        opening = openings[near.station.pk]
        if opening.is_open_for(criteria.period):
            offers = offers_at(near, criteria, prices)
            found.append(StationOffer(near.station, near.distance_km, opening, offers))
        else:
            closed.append(_closed(near, opening, criteria.period, moment))
    if criteria.by_price:
        found.sort(key=lambda offer: (offer.cheapest is None, offer.cheapest or 0, offer.distance_km))
    return SearchResult(criteria, found, closed)


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


def offers_at(near: StationInReach, criteria: Criteria, prices: PriceList) -> list[ModelOffer]:
    """Return the free models of a station that fit the filters and have a price, cheapest first."""
    city = near.station.city_id
    offers = []
    for free in near.free:
        model = prices.model(free.model_id, city)
        price = prices.price(free.model_id, city, criteria.period)
        if model is not None and price is not None and criteria.fits(model):
            offers.append(ModelOffer(model, free.count, free.battery_percent, price))
    return sorted(offers, key=lambda offer: (offer.price.total, offer.model.pk))


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


def shifted(period: Period, moment: datetime) -> Iterable[Period]:
    """Yield periods of the same length around the wanted one that are not past, nearest first."""
    for shift in SHIFTS:
        if period.starts_at + shift >= moment:
            yield Period(period.starts_at + shift, period.ends_at + shift)


@dataclass(frozen=True, slots=True)
class Instead:
    """What to offer when nothing is free as wanted."""

    periods: list[Period]
    stations: list[StationOffer]


def instead_of(criteria: Criteria, *, at_most: int = 3) -> Instead:
    """Look for other times in the same place and for places further away at the same time.

    For the page of an empty result only: it searches again up to eight times.
    """
    periods: list[Period] = []
    for period in shifted(criteria.period, clock.now()):
        if search(criteria.moved_to(period)).free:
            periods.append(period)
        if len(periods) == at_most:
            break
    further = replace(criteria, place=replace(criteria.place, radius_km=FURTHER_KM, city_id=None))
    return Instead(periods, search(further).with_vehicles[:at_most])
