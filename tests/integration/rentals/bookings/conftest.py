"""What the tests of search and of the public pages share."""

from collections.abc import Iterator

import pytest
import time_machine

from rentals.bookings.models import Booking
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from tests.factories.accounts import make_renter
from tests.factories.rentals import in_days, make_booking, make_tariff
from tests.factories.stations import make_car_model, make_scooter_model, make_station, make_vehicle

# A Monday in Vietnam, so that no weekend multiplier is near.
MORNING = "2026-11-23T09:00:00+07:00"


@pytest.fixture
def morning() -> Iterator[time_machine.Traveller]:
    """Stop the clock at nine on a Monday."""
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def ben_thanh() -> Station:
    """A station that never closes, in the middle of the city."""
    return make_station(name="Bến Thành", slug="ben-thanh", latitude=10.7719, longitude=106.6983)


@pytest.fixture
def car() -> VehicleModel:
    """A car at 100,000 an hour, 600,000 a day, deposit 3,000,000."""
    model = make_car_model(name="VF 5", slug="vf-5")
    make_tariff(model=model)
    return model


@pytest.fixture
def scooter() -> VehicleModel:
    """A scooter at 20,000 an hour, 120,000 a day, deposit 1,000,000."""
    model = make_scooter_model(name="Feliz S", slug="feliz-s")
    make_tariff(
        model=model,
        hour_amount=20_000,
        day_amount=120_000,
        week_amount=720_000,
        month_amount=2_400_000,
        deposit_amount=1_000_000,
    )
    return model


@pytest.fixture
def free_car(ben_thanh: Station, car: VehicleModel) -> Vehicle:
    return make_vehicle(station=ben_thanh, model=car)


# --- Two equal cars of which neither is free from day 3 to day 7, though one stands idle at every moment ---


@pytest.fixture
def station() -> Station:
    return make_station()


@pytest.fixture
def model() -> VehicleModel:
    model = make_car_model()
    make_tariff(model=model)
    return model


@pytest.fixture
def cars(station: Station, model: VehicleModel) -> list[Vehicle]:
    return [make_vehicle(station=station, model=model) for _ in range(2)]


@pytest.fixture
def early(cars: list[Vehicle]) -> Booking:
    """Days 2 to 4 on the first car."""
    return make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(2, 4))


@pytest.fixture
def late(cars: list[Vehicle]) -> Booking:
    """Days 6 to 8 on the second car. No car is free for days 3 to 7 now."""
    return make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(6, 8))
