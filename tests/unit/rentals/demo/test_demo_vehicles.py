"""The demo models fall in the right licence class, have sane prices, and plates never repeat."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from rentals.demo.vehicles import (
    A1_MAX_POWER_KW,
    MODELS,
    MOPED_MAX_POWER_KW,
    MOPED_MAX_SPEED_KMH,
    VehicleModelFact,
    plate_for,
)

CITY_SLUGS = ("ho-chi-minh", "ha-noi", "da-nang")

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.slug)


def test_fleet_mix() -> None:
    assert len({model.slug for model in MODELS}) == len(MODELS)
    assert Counter(model.kind for model in MODELS) == {"scooter": 9, "car": 7}
    assert {model.category for model in MODELS} == {"moped", "motorbike", "car"}
    assert any(model.seats >= 7 for model in MODELS)


@every_model
def test_category_follows_the_law(model: VehicleModelFact) -> None:
    within_moped_limits = model.max_speed_kmh <= MOPED_MAX_SPEED_KMH and model.power_kw <= MOPED_MAX_POWER_KW
    if model.kind == "car":
        assert model.category == "car"
        assert model.licence_class == "B"
    elif within_moped_limits:
        assert model.category == "moped"
        assert model.licence_class is None
    else:
        assert model.category == "motorbike"
        assert model.licence_class == ("A1" if model.power_kw <= A1_MAX_POWER_KW else "A")


@every_model
def test_figures_are_plausible(model: VehicleModelFact) -> None:
    # Makers claim 10-22 Wh per km for two-wheelers at a steady 30 km/h and 75-225 for cars.
    wh_per_km = float(model.battery_kwh) * 1000 / model.range_km
    assert (10 <= wh_per_km <= 40) if model.kind == "scooter" else (75 <= wh_per_km <= 225)
    assert model.seats == 2 if model.kind == "scooter" else 4 <= model.seats <= 7
    assert 2018 <= model.launched_year <= 2026
    assert len(model.description_vi) > 30
    assert len(model.description_en) > 30


@every_model
def test_tariff_rewards_longer_rentals(model: VehicleModelFact) -> None:
    tariff = model.tariff
    assert 5 * tariff.hour <= tariff.day <= 8 * tariff.hour
    assert 5 * tariff.day <= tariff.week < 7 * tariff.day
    assert 3 * tariff.week < tariff.month < 30 * tariff.day
    low, high = (120_000, 250_000) if model.kind == "scooter" else (500_000, 2_000_000)
    assert low <= tariff.day <= high
    low, high = (1_000_000, 3_000_000) if model.kind == "scooter" else (5_000_000, 15_000_000)
    assert low <= tariff.deposit <= high
    for amount in (tariff.hour, tariff.day, tariff.week, tariff.month, tariff.deposit):
        assert amount % 1_000 == 0


def test_plates_are_unique_and_well_formed() -> None:
    plates: list[str] = []
    for city_slug in CITY_SLUGS:
        for index in range(2_000):
            car, scooter = plate_for(city_slug, "car", index), plate_for(city_slug, "scooter", index)
            assert re.fullmatch(r"(51|30|43)[A-Z]-\d{3}\.\d\d", car)
            assert re.fullmatch(r"(59|29|43)-[A-Z]\d \d{3}\.\d\d", scooter)
            plates += [car, scooter]
    assert len(set(plates)) == len(plates)
    assert plate_for("da-nang", "car", 7) == plate_for("da-nang", "car", 7)


def test_plate_numbers_alone_do_not_repeat() -> None:
    numbers = {plate_for("da-nang", "scooter", index)[-6:] for index in range(90_000)}
    assert len(numbers) == 90_000


def test_plate_index_out_of_range() -> None:
    with pytest.raises(ValueError, match="out of range"):
        plate_for("ha-noi", "car", 90_000)
