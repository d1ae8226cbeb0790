"""The demo cities and stations are well-formed and stand inside the city they claim."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from rentals.demo.places import CITIES, STATIONS, StationFact, stations_in

# South, west, north, east of each city's built-up area, airport included.
BOXES = {
    "ho-chi-minh": (10.65, 106.55, 10.92, 106.88),
    "ha-noi": (20.93, 105.72, 21.27, 105.95),
    "da-nang": (15.98, 108.12, 16.13, 108.28),
}
PHONES = {
    "ho-chi-minh": r"028 7300 00\d\d",
    "ha-noi": r"024 7300 00\d\d",
    "da-nang": r"0236 730 00\d\d",
}
CITY_IN_ADDRESS = {"ho-chi-minh": "TP. Hồ Chí Minh", "ha-noi": "Hà Nội", "da-nang": "Đà Nẵng"}

every_station = pytest.mark.parametrize("station", STATIONS, ids=lambda station: station.code)


def test_station_counts() -> None:
    assert Counter(station.city for station in STATIONS) == {"ho-chi-minh": 11, "ha-noi": 8, "da-nang": 5}
    assert {city.slug for city in CITIES} == set(BOXES)
    assert len(stations_in("ha-noi")) == 8


@pytest.mark.parametrize("field", ["code", "slug", "name", "address", "phone"])
def test_unique(field: str) -> None:
    values = [getattr(station, field) for station in STATIONS]
    assert len(set(values)) == len(values)


def test_no_two_stations_share_a_spot() -> None:
    spots = {(round(station.latitude, 3), round(station.longitude, 3)) for station in STATIONS}
    assert len(spots) == len(STATIONS)


def test_city_centres_inside_their_boxes() -> None:
    for city in CITIES:
        south, west, north, east = BOXES[city.slug]
        assert south < city.latitude < north
        assert west < city.longitude < east


@every_station
def test_coordinates_inside_the_city(station: StationFact) -> None:
    south, west, north, east = BOXES[station.city]
    assert south < station.latitude < north
    assert west < station.longitude < east


@every_station
def test_codes_addresses_phones(station: StationFact) -> None:
    assert re.fullmatch(r"(HCM|HAN|DAN)-\d\d", station.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", station.slug)
    assert station.address.endswith(CITY_IN_ADDRESS[station.city])
    assert re.fullmatch(PHONES[station.city], station.phone)
    assert 10 <= station.bays <= 40


@every_station
def test_hours(station: StationFact) -> None:
    assert len(station.opening_hours) == 7
    for weekday, (opens, closes) in enumerate(station.opening_hours):
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", opens)
        assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", closes)
        # The generated demand relies on this common core.
        assert opens <= ("07:00" if weekday >= 5 else "06:30")
        assert closes >= "21:30"


def test_some_stations_never_close() -> None:
    always = [s for s in STATIONS if set(s.opening_hours) == {("00:00", "24:00")}]
    assert 2 <= len(always) <= 6
    assert {station.city for station in always} == set(BOXES)


def test_room_for_the_fleet() -> None:
    assert sum(station.bays for station in STATIONS) >= 480
