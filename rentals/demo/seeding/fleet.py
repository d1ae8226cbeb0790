"""Vehicle models, what they cost, and the vehicles of each station."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import accumulate

from payments.invoices.enums import Activity, RuleStatus
from payments.invoices.first_rules import FIRST_RULES
from payments.invoices.tax_models import TaxRule
from rentals.demo.places import STATIONS
from rentals.demo.seeding.scale import Scale
from rentals.demo.vehicles import MODELS, Kind, VehicleModelFact, plate_for
from rentals.pricing.models import Tariff
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station

# Before the first rules that VoltGo starts with: the demo's history may reach back so far.
OLD_RULE = (date(2009, 1, 1), date(2025, 6, 30), 1_000, "Luật Thuế GTGT 13/2008/QH12")
TAXED = (Activity.VEHICLE_RENTAL, Activity.FEE, Activity.CANCELLATION)
PRICES_FROM = date(2025, 7, 1)
NEW_PRICES_FROM = date(2026, 12, 1)
# The new price list of December raises cars only, by a twentieth, in round thousands.
RISE_PERCENT = 5
WEEKEND_BP = 12_000
# Busy hours and holidays cost more with the new price list; until then they did not.
PEAK_BP: dict[Kind, int] = {"scooter": 11_500, "car": 10_000}
HOLIDAY_BP: dict[Kind, int] = {"scooter": 13_000, "car": 15_000}
YOUNG_DRIVER: dict[Kind, int] = {"scooter": 0, "car": 60_000}
YOUNG_UNTIL = 23
CLEANING_FEE: dict[Kind, int] = {"scooter": 50_000, "car": 150_000}
KM_A_DAY: dict[Kind, int] = {"scooter": 120, "car": 300}
EXTRA_KM: dict[Kind, int] = {"scooter": 3_000, "car": 5_000}
ENERGY_FEE: dict[Kind, int] = {"scooter": 15_000, "car": 50_000}

# How many of a hundred vehicles are of this model; small, cheap vehicles make up most of a fleet.
_POPULARITY: dict[str, int] = {
    "vinfast-impes": 6,
    "vinfast-evo200-lite": 10,
    "vinfast-evo200": 10,
    "vinfast-feliz-s": 12,
    "vinfast-klara-s": 8,
    "honda-cuv-e": 5,
    "vinfast-vento-s": 5,
    "vinfast-theon-s": 4,
    "dat-bike-quantum": 4,
    "wuling-mini-ev": 4,
    "vinfast-vf-3": 9,
    "vinfast-vf-5-plus": 9,
    "byd-dolphin": 5,
    "byd-atto-3": 4,
    "vinfast-vf-8-eco": 4,
    "vinfast-vf-9-eco": 2,
}
# Share of cars in percent: travellers with luggage take cars, students take scooters.
_CARS_OF_HUNDRED: dict[str, int] = {
    "tan-son-nhat": 60,
    "noi-bai": 65,
    "san-bay-da-nang": 55,
    "landmark-81": 45,
    "thao-dien": 45,
    "phu-my-hung": 45,
    "royal-city": 42,
    "times-city": 42,
    "dai-hoc-su-pham-ky-thuat": 12,
    "dai-hoc-bach-khoa": 12,
}
_CARS_USUALLY = 34
# A station offers this many models of each kind, so that "this model here" usually has a second vehicle.
_MODELS_AT_STATION: dict[Kind, int] = {"scooter": 5, "car": 4}

# How much a vehicle of a kind is driven in a month, for the odometer before the history begins.
_KM_A_MONTH: dict[Kind, int] = {"scooter": 420, "car": 1_150}


def create_tax_rules() -> None:
    """Create the rules of the time before, and the first ones if no migration has left them here."""
    first, last, vat_bp, source = OLD_RULE
    if not TaxRule.objects.exists():
        TaxRule.objects.bulk_create(TaxRule(**asdict(rule)) for rule in FIRST_RULES)
    TaxRule.objects.bulk_create(
        TaxRule(
            activity=activity,
            valid_from=first,
            valid_until=last,
            vat_bp=vat_bp,
            source=source,
            status=RuleStatus.CONFIRMED,
        )
        for activity in TAXED
        if not TaxRule.objects.filter(activity=activity, valid_from__lte=last).exists()
    )


def create_models() -> list[VehicleModel]:
    """Create the vehicle models in the order of their facts."""
    return VehicleModel.objects.bulk_create(
        VehicleModel(
            slug=fact.slug,
            maker=fact.maker,
            name=fact.name,
            kind=fact.kind,
            category=fact.category,
            seats=fact.seats,
            battery_kwh=fact.battery_kwh,
            range_km=fact.range_km,
            power_kw=fact.power_kw,
            max_speed_kmh=fact.max_speed_kmh,
            description=fact.description_vi,
            description_en=fact.description_en,
            drawing=fact.drawing,
        )
        for fact in MODELS
    )


def create_tariffs(models: Sequence[VehicleModel]) -> list[Tariff]:
    """Create the price list of every city, and the one that follows in December 2026."""
    tariffs = []
    for model, fact in zip(models, MODELS, strict=True):
        last = NEW_PRICES_FROM - timedelta(days=1)
        rise = RISE_PERCENT if fact.kind == "car" else 0
        tariffs.append(_tariff(model, fact, PRICES_FROM, last, 0))
        successor = _tariff(model, fact, NEW_PRICES_FROM, None, rise)
        successor.peak_bp = PEAK_BP[fact.kind]
        successor.holiday_bp = HOLIDAY_BP[fact.kind]
        successor.young_driver_day_amount = YOUNG_DRIVER[fact.kind]
        tariffs.append(successor)
    return Tariff.objects.bulk_create(tariffs)


def _tariff(model: VehicleModel, fact: VehicleModelFact, first: date, last: date | None, rise: int) -> Tariff:
    def price(amount: int) -> int:
        return amount + amount * rise // 100 // 1_000 * 1_000

    return Tariff(
        model=model,
        valid_from=first,
        valid_until=last,
        hour_amount=price(fact.tariff.hour),
        day_amount=price(fact.tariff.day),
        week_amount=price(fact.tariff.week),
        month_amount=price(fact.tariff.month),
        weekend_bp=WEEKEND_BP,
        deposit_amount=fact.tariff.deposit,
        included_km_per_day=KM_A_DAY[fact.kind],
        extra_km_amount=EXTRA_KM[fact.kind],
        energy_fee_amount=ENERGY_FEE[fact.kind],
        cleaning_fee_amount=CLEANING_FEE[fact.kind],
        young_driver_age=YOUNG_UNTIL,
    )


def draw_vehicles(stations: Sequence[Station], models: Sequence[VehicleModel], scale: Scale) -> list[Vehicle]:
    """Return the vehicles of all stations, not yet written, with their odometers as the history begins."""
    rng = scale.rng("fleet")
    by_slug = {model.slug: model for model in models}
    plates: Counter[tuple[str, Kind]] = Counter()
    vehicles = []
    for station, count in zip(stations, _shares(scale.vehicles), strict=True):
        for fact in _choose_models(rng, station.slug, count):
            key = (station.city.slug, fact.kind)
            vehicles.append(
                _vehicle(rng, scale, station, by_slug[fact.slug], fact, plate_for(*key, plates[key]))
            )
            plates[key] += 1
    return vehicles


def _shares(vehicles: int) -> list[int]:
    """Split the fleet by the stations' bays; the running sum is rounded, so nothing is lost."""
    bays = [fact.bays for fact in STATIONS]
    ends = [vehicles * sum_ // sum(bays) for sum_ in accumulate(bays)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _choose_models(rng: random.Random, station_slug: str, count: int) -> list[VehicleModelFact]:
    """Choose what stands at one station: first the kinds, then a few models of each, each at least once."""
    cars = round(count * _CARS_OF_HUNDRED.get(station_slug, _CARS_USUALLY) / 100)
    numbers: dict[Kind, int] = {"scooter": count - cars, "car": cars}
    chosen: list[VehicleModelFact] = []
    for kind, number in numbers.items():
        offered = _offered(rng, kind, min(_MODELS_AT_STATION[kind], number))
        weights = [_POPULARITY[fact.slug] for fact in offered]
        extra = rng.choices(offered, weights=weights, k=number - len(offered)) if offered else []
        chosen += sorted([*offered, *extra], key=lambda fact: fact.tariff.day)
    return chosen


def _offered(rng: random.Random, kind: Kind, number: int) -> list[VehicleModelFact]:
    """Draw different models by popularity."""
    left = [fact for fact in MODELS if fact.kind == kind]
    offered = []
    for _ in range(number):
        fact = rng.choices(left, weights=[_POPULARITY[fact.slug] for fact in left])[0]
        left.remove(fact)
        offered.append(fact)
    return offered


def _vehicle(
    rng: random.Random,
    scale: Scale,
    station: Station,
    model: VehicleModel,
    fact: VehicleModelFact,
    plate: str,
) -> Vehicle:
    # Nothing is older than its model, and nothing in a rental fleet is older than three years.
    months = min(36, (scale.today.year - fact.launched_year) * 12 + scale.today.month)
    age_months = rng.randint(min(5, months), months)
    odometer = int(age_months * _KM_A_MONTH[fact.kind] * rng.uniform(0.7, 1.3)) + rng.randint(20, 180)
    return Vehicle(
        plate=plate,
        model=model,
        station=station,
        lifecycle=Lifecycle.IN_SERVICE,
        condition=Condition.READY,
        battery_percent=rng.randint(86, 100),
        odometer_km=odometer,
        facts_at=scale.minute,
        # Registration of a vehicle on the road does not run out; insurance is bought by the year.
        insurance_expires_on=scale.today + timedelta(days=rng.randint(30, 360)),
        inspection_expires_on=scale.today + timedelta(days=rng.randint(45, 700))
        if fact.kind == "car"
        else None,
    )
