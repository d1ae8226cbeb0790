"""One station: which vehicles are free there for a period, as models with their price and one by one."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from rentals.bookings.selectors.battery import charges_at
from rentals.bookings.selectors.room import has_room
from rentals.bookings.selectors.search import ModelOffer, within_limits
from rentals.pricing.engine import Priced
from rentals.pricing.models import Tariff
from rentals.pricing.selectors import price_list
from stations.fleet.battery import Charge
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.supply.rules import UNGUARDED, Supply, is_guarded
from stations.supply.selectors import supplies_at, supply_for
from stations.timeline.services import with_turnaround
from voltgo.core import clock
from voltgo.core.clock import Period


@dataclass(frozen=True, slots=True)
class VehicleHere:
    """One free vehicle and the charge to expect of it at the pickup."""

    vehicle: Vehicle
    at_pickup: Charge


@dataclass(frozen=True, slots=True)
class ModelHere:
    """One model at one station: its tariff and price, and its vehicles that are free, best charged first.

    `can_make_room` says that no single vehicle is free for the whole period, and yet one can be had when
    other bookings of the model are moved to equal vehicles. `supply` is what the supply guard says.
    """

    model: VehicleModel
    tariff: Tariff
    price: Priced
    vehicles: list[VehicleHere]
    supply: Supply = UNGUARDED
    can_make_room: bool = False

    @property
    def count(self) -> int:
        """How many may be booked: all that are free, unless the guard keeps some for whoever walks in."""
        bookable = self.supply.bookable
        return len(self.vehicles) if bookable is None else min(len(self.vehicles), bookable)

    @property
    def is_paused(self) -> bool:
        return self.supply.is_closed

    @property
    def is_bookable(self) -> bool:
        return not self.is_paused and (bool(self.vehicles) or self.can_make_room)

    @property
    def best(self) -> Charge | None:
        return self.vehicles[0].at_pickup if self.vehicles else None

    def has(self, vehicle: Vehicle) -> bool:
        return any(here.vehicle == vehicle for here in self.vehicles)

    def charge_of(self, vehicle: Vehicle) -> Charge | None:
        return next((here.at_pickup for here in self.vehicles if here.vehicle == vehicle), None)


@dataclass(frozen=True, slots=True)
class StationHere:
    """What is free at a station, cheapest first, and the classes that the supply guard limits."""

    offers: list[ModelOffer]
    limits: Mapping[str, Supply] = field(default_factory=dict)
    paused_kinds: frozenset[str] = frozenset()

    @property
    def free(self) -> int:
        return sum(offer.count for offer in self.offers)


def free_vehicles(station: Station, period: Period) -> list[Vehicle]:
    """Return the vehicles that a renter could hold at a station for a period, best charged first. One query."""
    claim = with_turnaround(period)
    rows = Vehicle.objects.at(station).rentable(claim).free(claim).select_related("model")
    return list(rows.order_by("-battery_percent", "pk"))


def offers_here(station: Station, period: Period) -> StationHere:
    """Return the models that are free at a station with their whole price, cheapest first.

    Three queries; a fourth where the pickup is so soon that the supply guard has a say.
    """
    prices = price_list(clock.local(period.starts_at).date())
    vehicles = free_vehicles(station, period)
    charges = charges_at(station, vehicles, period.starts_at)
    by_model: dict[int, list[Vehicle]] = defaultdict(list)
    for vehicle in vehicles:
        by_model[vehicle.model_id].append(vehicle)
    offers = []
    for model_id, here in by_model.items():
        price = prices.price(model_id, station.city_id, period, station.pk)
        if price is not None:
            best = max((charges[vehicle.pk] for vehicle in here), key=lambda charge: charge.percent)
            offers.append(ModelOffer(here[0].model, len(here), here[0].battery_percent, price, best))
    offers.sort(key=lambda offer: (offer.price.total, offer.model.pk))
    limits = _limits(station, period)
    left = within_limits(offers, limits)
    paused = {offer.model.kind for offer in offers} - {offer.model.kind for offer in left}
    return StationHere(left, limits, frozenset(paused))


def _limits(station: Station, period: Period) -> dict[str, Supply]:
    now = clock.now()
    if not is_guarded(period.starts_at, now):
        return {}
    found = supplies_at([station.pk], moment=now)
    return {kind: supply for (_station_id, kind), supply in found.items() if not supply.is_normal}


def model_here(station: Station, model: VehicleModel, period: Period) -> ModelHere | None:
    """Return one model at a station with its free vehicles, or None if it has no price.

    Three queries; one more for the supply guard of a pickup soon, and two to look for room by moving others
    where no vehicle is free.
    """
    prices = price_list(clock.local(period.starts_at).date())
    tariff = prices.tariff(model.pk, station.city_id, station.pk)
    price = prices.price(model.pk, station.city_id, period, station.pk)
    if tariff is None or price is None:
        return None
    free = [vehicle for vehicle in free_vehicles(station, period) if vehicle.model_id == model.pk]
    charges = charges_at(station, free, period.starts_at)
    vehicles = [VehicleHere(vehicle, charges[vehicle.pk]) for vehicle in free]
    vehicles.sort(key=lambda here: (-here.at_pickup.percent, -here.vehicle.battery_percent, here.vehicle.pk))
    supply = supply_for(station, model.kind, period)
    can_make_room = not free and not supply.is_closed and has_room(station, model, period)
    return ModelHere(model, tariff, price, vehicles, supply, can_make_room)
