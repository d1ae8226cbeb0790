"""What the search form needs to know before anything is searched: the places to choose from, today's limits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rentals.policies.models import BookingPolicy
from rentals.policies.rules import Policy
from rentals.policies.selectors import NAMES
from stations.network.models import City, Station
from voltgo.core import clock
from voltgo.core.prepared import rows_of

# With more stations than this the form lists only those of the chosen city: nobody reads two thousand lines.
MOST_STATIONS = 80
CITY_FIELDS = [field.attname for field in City._meta.concrete_fields]
STATION_FIELDS = ["id", "slug", "city_id", "name", "latitude", "longitude"]
PLACES = """
    SELECT {city_columns},
           (SELECT json_agg(json_build_array({station_columns}) ORDER BY s.name)
            FROM stations_station s
            WHERE s.city_id = c.id AND s.is_active
              AND (c.slug = %(city)s OR c.id = (SELECT city_id FROM stations_station WHERE slug = %(station)s)
                   OR (SELECT count(*) FROM stations_station WHERE is_active) <= {most})),
           (SELECT json_build_array({policy_columns}) FROM {policy} p
            WHERE p.valid_from <= %(today)s AND (p.valid_until IS NULL OR p.valid_until >= %(today)s) LIMIT 1)
    FROM stations_city c
    WHERE EXISTS (SELECT FROM stations_station s WHERE s.city_id = c.id AND s.is_active)
    ORDER BY c.name
""".format(  # noqa: S608 (constants)
    city_columns=", ".join(f"c.{name}" for name in CITY_FIELDS),
    station_columns=", ".join(f"s.{name}" for name in STATION_FIELDS),
    policy_columns=", ".join(f"p.{name}" for name in NAMES),
    policy=BookingPolicy._meta.db_table,
    most=MOST_STATIONS,
)


@dataclass(frozen=True, slots=True)
class Places:
    """The cities, the stations that are listed, and today's policy."""

    cities: list[City]
    stations: list[Station]
    policy: Policy


def search_places(where: str = "") -> Places:
    """Return the places of the search form and today's policy, in one query.

    `where` is what was chosen: `city:slug` or `station:slug`; that city's stations are always listed.
    """
    kind, _colon, slug = where.partition(":")
    values = {
        "city": slug if kind == "city" else "",
        "station": slug if kind == "station" else "",
        "today": clock.today(),
    }
    cities, stations, policy = [], [], None
    for *columns, listed, limits in rows_of(PLACES, values):
        city = City.from_db("default", CITY_FIELDS, columns)
        cities.append(city)
        policy = limits
        stations += [_station(each, city) for each in _parsed(listed) or []]
    known = dict(zip(NAMES, _parsed(policy), strict=True)) if policy else {}
    return Places(cities, stations, Policy(**known))


def _station(columns: Sequence[Any], city: City) -> Station:
    station = Station.from_db("default", STATION_FIELDS, columns)
    station.city = city
    return station


def _parsed(value: Any) -> Any:
    """Return JSON as values, whether or not the driver has read it already."""
    return json.loads(value) if isinstance(value, str) else value
