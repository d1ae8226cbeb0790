"""Cities, stations and opening hours."""

from __future__ import annotations

from decimal import Decimal

from rentals.demo.places import ALWAYS, CENTRE, CITIES, HUB, STATIONS, StationFact
from stations.network.models import City, OpeningHours, Station

# Busy places have strong chargers; anywhere else it is the usual wall box.
CHARGER_KW = {ALWAYS: Decimal(22), HUB: Decimal(22), CENTRE: Decimal(11)}
SLOW_CHARGER_KW = Decimal("7.4")


def create_stations() -> list[Station]:
    """Create the cities with their stations and hours; return the stations in the order of their facts."""
    cities = {
        city.slug: city
        for city in City.objects.bulk_create(
            City(
                slug=fact.slug,
                name=fact.name_vi,
                name_en=fact.name_en,
                latitude=fact.latitude,
                longitude=fact.longitude,
            )
            for fact in CITIES
        )
    }
    stations = Station.objects.bulk_create(_station(fact, cities[fact.city]) for fact in STATIONS)
    OpeningHours.objects.bulk_create(
        OpeningHours(
            station=station,
            weekday=weekday,
            opens_minute=_minute(hours[0]),
            closes_minute=_minute(hours[1]),
        )
        for station, fact in zip(stations, STATIONS, strict=True)
        for weekday, hours in enumerate(fact.opening_hours)
    )
    return stations


def _station(fact: StationFact, city: City) -> Station:
    return Station(
        code=fact.code,
        slug=fact.slug,
        city=city,
        name=fact.name,
        address=fact.address,
        latitude=fact.latitude,
        longitude=fact.longitude,
        phone=fact.phone,
        bays=fact.bays,
        charger_kw=CHARGER_KW.get(fact.opening_hours, SLOW_CHARGER_KW),
    )


def _minute(face: str) -> int:
    """Read "06:30" as minutes after midnight; "24:00" is the end of the day."""
    hours, minutes = face.split(":")
    return int(hours) * 60 + int(minutes)
