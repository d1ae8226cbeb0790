"""One station: which vehicles are free there for a period, as models with their price and one by one."""

from collections import defaultdict
from dataclasses import dataclass

from rentals.bookings.selectors.search import ModelOffer
from rentals.pricing.engine import Priced
from rentals.pricing.models import Tariff
from rentals.pricing.selectors import price_list
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period


@dataclass(frozen=True, slots=True)
class ModelHere:
    """One model at one station: its tariff and price, and its vehicles that are free, best charged first."""

    model: VehicleModel
    tariff: Tariff
    price: Priced
    vehicles: list[Vehicle]

    @property
    def count(self) -> int:
        return len(self.vehicles)


def free_vehicles(station: Station, period: Period) -> list[Vehicle]:
    """Return the vehicles that a renter could hold at a station for a period, best charged first. One query."""
    claim = with_turnaround(period)
    rows = Vehicle.objects.at(station).rentable(claim).free(claim).select_related("model")
    return list(rows.order_by("-battery_percent", "pk"))


def offers_here(station: Station, period: Period) -> list[ModelOffer]:
    """Return the models that are free at a station with their whole price, cheapest first. Two queries."""
    prices = price_list(clock.local(period.starts_at).date())
    by_model: dict[int, list[Vehicle]] = defaultdict(list)
    for vehicle in free_vehicles(station, period):
        by_model[vehicle.model_id].append(vehicle)
    offers = []
    for model_id, vehicles in by_model.items():
        price = prices.price(model_id, station.city_id, period)
        if price is not None:
            offers.append(ModelOffer(vehicles[0].model, len(vehicles), vehicles[0].battery_percent, price))
    return sorted(offers, key=lambda offer: (offer.price.total, offer.model.pk))


def model_here(station: Station, model: VehicleModel, period: Period) -> ModelHere | None:
    """Return one model at a station with its free vehicles, or None if it has no price. Two queries."""
    prices = price_list(clock.local(period.starts_at).date())
    tariff = prices.tariff(model.pk, station.city_id)
    price = prices.price(model.pk, station.city_id, period)
    if tariff is None or price is None:
        return None
    vehicles = [vehicle for vehicle in free_vehicles(station, period) if vehicle.model_id == model.pk]
    return ModelHere(model, tariff, price, vehicles)
