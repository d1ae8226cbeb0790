"""Stations, people's posts and vehicles as tests need them: real rows, sensible defaults."""

from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from accounts.users.models import User
from stations.fleet.enums import Condition, LegalCategory, Lifecycle, VehicleKind
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import City, OpeningHours, StaffPost, Station, StationClosure
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from voltgo.core.clock import Period

ALL_DAY = (0, 1440)
FAR_FUTURE = date(2099, 12, 31)

_numbers = count(1)


def make_city(*, slug: str = "ho-chi-minh", **fields: Any) -> City:
    """Return the city with this slug; the same one when asked twice."""
    defaults = {
        "name": "TP. Hồ Chí Minh",
        "name_en": "Ho Chi Minh City",
        "latitude": 10.776,
        "longitude": 106.701,
    }
    city, _ = City.objects.get_or_create(slug=slug, defaults=defaults | fields)
    return city


def make_station(
    *, city: City | None = None, hours: tuple[int, int] | None = ALL_DAY, **fields: Any
) -> Station:
    """Make a station; `hours` are (opens_minute, closes_minute) of every day, None for never open."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"ST{number:04d}",
        "slug": f"tram-{number}",
        "city": city or make_city(),
        "name": f"Trạm {number}",
        "address": f"{number} Lê Lợi, Quận 1",
        "latitude": 10.7731,
        "longitude": 106.7030,
        "phone": "028 3822 0000",
    }
    station = Station.objects.create(**defaults | fields)
    if hours is not None:
        OpeningHours.objects.bulk_create(
            OpeningHours(station=station, weekday=weekday, opens_minute=hours[0], closes_minute=hours[1])
            for weekday in range(7)
        )
    return station


def make_closure(*, station: Station, period: Period, reason: str = "Sửa chữa") -> StationClosure:
    return StationClosure.objects.create(
        station=station, starts_at=period.starts_at, ends_at=period.ends_at, reason=reason
    )


def make_post(
    *, user: User, station: Station, role: str = StaffPost.Role.ATTENDANT, ended_at: datetime | None = None
) -> StaffPost:
    return StaffPost.objects.create(user=user, station=station, role=role, ended_at=ended_at)


def make_car_model(**fields: Any) -> VehicleModel:
    """Make a small car that class B covers."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"car-{number}",
        "maker": "VinFast",
        "name": f"VF {number}",
        "kind": VehicleKind.CAR,
        "category": LegalCategory.CAR,
        "seats": 5,
        "battery_kwh": Decimal("37.23"),
        "range_km": 326,
        "power_kw": Decimal(100),
        "max_speed_kmh": 130,
        "minimum_battery_percent": 50,
        "drawing": "city-car.svg",
    }
    return VehicleModel.objects.create(**defaults | fields)


def make_scooter_model(**fields: Any) -> VehicleModel:
    """Make a scooter that class A1 covers; pass category="moped" with 2 kW and 49 km/h for one without licence."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"scooter-{number}",
        "maker": "VinFast",
        "name": f"Feliz {number}",
        "kind": VehicleKind.SCOOTER,
        "category": LegalCategory.MOTORBIKE,
        "seats": 2,
        "battery_kwh": Decimal("3.5"),
        "range_km": 198,
        "power_kw": Decimal(3),
        "max_speed_kmh": 78,
        "minimum_battery_percent": 50,
        "drawing": "scooter-urban.svg",
    }
    return VehicleModel.objects.create(**defaults | fields)


def make_vehicle(
    *, model: VehicleModel | None = None, station: Station | None = None, **fields: Any
) -> Vehicle:
    """Make a vehicle in service, ready, charged, with papers in order."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "plate": f"51K-{number:05d}",
        "model": model or make_car_model(),
        "station": station or make_station(),
        "lifecycle": Lifecycle.IN_SERVICE,
        "condition": Condition.READY,
        "battery_percent": 90,
        "odometer_km": 12_000,
        "registration_expires_on": FAR_FUTURE,
        "insurance_expires_on": FAR_FUTURE,
        "inspection_expires_on": FAR_FUTURE,
    }
    return Vehicle.objects.create(**defaults | fields)


def make_allocation(
    *,
    vehicle: Vehicle,
    period: Period,
    state: str = AllocationState.CONFIRMED,
    kind: str = AllocationKind.BOOKING,
    claimant: str = "",
    hold_expires_at: datetime | None = None,
) -> VehicleAllocation:
    """Put a row on the timeline directly, for tests of what reads it."""
    return VehicleAllocation.objects.create(
        vehicle=vehicle,
        period=period.as_range(),
        state=state,
        kind=kind,
        claimant=claimant or f"test:{next(_numbers)}",
        hold_expires_at=hold_expires_at,
    )
