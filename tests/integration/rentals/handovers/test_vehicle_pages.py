import pytest

from stations.fleet.enums import Condition
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_scooter_model, make_vehicle
from tests.integration.rentals.handovers.pages import text_of, url

pytestmark = pytest.mark.usefixtures("quick_paper")


def test_the_vehicles_of_the_station_with_their_next_booking(
    tablet, booking, station, django_assert_num_queries
):
    make_vehicle(station=station, plate="51K-111.11", condition=Condition.MAINTENANCE)
    make_vehicle(plate="51K-222.22")
    # The first page of a minute notes that the tablet was heard of.
    tablet.get(url("vehicle-list"))
    with django_assert_num_queries(5):
        page = text_of(tablet.get(url("vehicle-list")))
    assert booking.code in page
    assert "51K-111.11" in page
    assert "51K-222.22" not in page
    broken = text_of(tablet.get(url("vehicle-list"), {"condition": "maintenance"}))
    assert "51K-111.11" in broken
    assert booking.code not in broken


def test_a_vehicle_passes_its_gate_on_its_page(tablet, station):
    model = make_scooter_model()
    make_tariff(model=model)
    scooter = make_vehicle(model=model, station=station, condition=Condition.PREPARATION)
    address = url("vehicle-prepare", scooter.code)
    ticks = ["cleaned", "tyres", "lights", "brakes", "mirrors", "helmets"]
    answer = tablet.post(address, {"checked": ticks, "battery_percent": 80, "note": ""})
    assert answer.status_code == 422
    answer = tablet.post(address, {"checked": [*ticks, "papers"], "battery_percent": 49, "note": ""})
    assert answer.status_code == 422
    assert "Pin chưa đủ để giao xe" in text_of(answer)
    answer = tablet.post(address, {"checked": [*ticks, "papers"], "battery_percent": 80, "note": ""})
    assert answer.url == url("vehicle-list")
    scooter.refresh_from_db()
    assert (scooter.condition, scooter.battery_percent) == (Condition.READY, 80)


def test_a_ready_vehicle_is_sent_back_to_preparation(tablet, vehicle):
    answer = tablet.post(url("vehicle-unready", vehicle.code), {"reason": "Xe bẩn"})
    assert answer.url == url("vehicle-prepare", vehicle.code)
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.PREPARATION
