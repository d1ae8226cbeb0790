"""What to offer somebody whose vehicle has just been taken."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from rentals.bookings.selectors.availability import Place
from rentals.bookings.selectors.instead import times_of
from rentals.bookings.selectors.search import Criteria, ModelOffer, SearchResult, StationOffer, search
from rentals.pricing.models import Quote
from stations.fleet.models import VehicleModel
from stations.network.models import Station
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.money import Dong

SHIFTS = tuple(timedelta(hours=hours) for hours in (1, -1, 2, -2, 3, -3))
VEHICLE, TIME, MODEL, STATION = "vehicle", "time", "model", "station"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One thing that can be had instead; `differs` says in what: vehicle, time, model or station."""

    differs: str
    station: Station
    model: VehicleModel
    period: Period
    total: Dong
    count: int
    distance_km: float = 0


def alternatives_for(quote: Quote, *, at_most: int = 3) -> list[Alternative]:
    """Return what can be had instead of a quote: one of each sort first, the closest of its sort each.

    If one vehicle was chosen, another of the same model; the same model at another time or at a station
    nearby; another model of the kind here. Runs only after a refusal, so it may ask often.
    """
    here = search(Criteria(Place.around(quote.pickup_station), quote.period, kind=quote.model.kind))
    sorts = [
        list(_as_another_vehicle(quote, here)),
        list(_at_other_times(quote, at_most)),
        list(_as_other_models(quote, here)),
        list(_at_other_stations(quote, here)),
    ]
    return list(_one_of_each_first(sorts))[:at_most]


def _as_another_vehicle(quote: Quote, here: SearchResult) -> Iterator[Alternative]:
    if quote.vehicle is None:
        return
    for found in here.open:
        offer = _offer_of(found, quote.model_id)
        if offer is not None and found.station.pk == quote.pickup_station_id:
            yield _instead(VEHICLE, quote, found.station, offer, 0)


def _at_other_times(quote: Quote, at_most: int) -> Iterator[Alternative]:
    station, model = quote.pickup_station, quote.model
    now = clock.now()
    shifted = [
        Period(quote.starts_at + shift, quote.ends_at + shift)
        for shift in SHIFTS
        if quote.starts_at + shift >= now
    ]
    for free in times_of(station, model, shifted)[:at_most]:
        if free.total is not None:
            yield Alternative(TIME, station, model, free.period, free.total, free.count)


def _as_other_models(quote: Quote, here: SearchResult) -> Iterator[Alternative]:
    offers = [
        offer
        for found in here.open
        if found.station.pk == quote.pickup_station_id
        for offer in found.offers
        if offer.model.pk != quote.model_id
    ]
    offers.sort(key=lambda offer: abs(offer.price.total - quote.total_amount))
    for offer in offers:
        yield _instead(MODEL, quote, quote.pickup_station, offer, 0)


def _at_other_stations(quote: Quote, here: SearchResult) -> Iterator[Alternative]:
    for found in here.open:
        offer = _offer_of(found, quote.model_id)
        if offer is not None and found.station.pk != quote.pickup_station_id:
            yield _instead(STATION, quote, found.station, offer, found.distance_km)


def _offer_of(found: StationOffer, model_id: int) -> ModelOffer | None:
    return next((offer for offer in found.offers if offer.model.pk == model_id), None)


def _instead(
    differs: str, quote: Quote, station: Station, offer: ModelOffer, distance_km: float
) -> Alternative:
    return Alternative(
        differs, station, offer.model, quote.period, offer.price.total, offer.count, distance_km
    )


def _one_of_each_first(sorts: Iterable[list[Alternative]]) -> Iterator[Alternative]:
    """Yield the first of each sort, then the second of each, and so on."""
    rest = [iter(sort) for sort in sorts]
    while rest:
        for source in list(rest):
            alternative = next(source, None)
            if alternative is None:
                rest.remove(source)
            else:
                yield alternative
