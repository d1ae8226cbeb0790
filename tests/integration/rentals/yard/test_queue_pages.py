from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rentals.yard.selectors import queue_of
from stations.charging_queue.models import ChargingStint
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_vehicle
from voltgo.core import clock

QUEUE = "/station/vehicles/queue/"


def waiting(station, model, **fields):
    return make_vehicle(station=station, model=model, **{"condition": "preparation", **fields})


def promised(vehicle, renter, hours):
    start = clock.now().replace(microsecond=0) + timedelta(hours=hours)
    return make_booking(renter=renter, vehicle=vehicle, period=a_period(starts_at=start, hours=5))


def test_what_is_needed_first_and_lacks_most_stands_first(station, model, renter):
    idle = waiting(station, model, battery_percent=90)
    tomorrow = waiting(station, model, battery_percent=10)
    soon = waiting(station, model, battery_percent=30)
    promised(tomorrow, renter, 26)
    promised(soon, renter, 1)
    make_vehicle(station=station, model=model, battery_percent=90)
    low = make_vehicle(station=station, model=model, battery_percent=20)

    rows = queue_of(station)

    assert [row.vehicle for row in rows] == [soon, tomorrow, idle, low]
    assert [row.is_late for row in rows] == [True, False, False, False]


def test_the_queue_says_when_a_vehicle_will_have_enough(at, attendant, station, model):
    waiting(station, model, plate="51K-000.09", battery_percent=20)

    html = at(attendant).get(QUEUE).content.decode()

    # 116 minutes from eight o'clock: a quarter of an hour to plug it in, then 30 % at 17.9 % an hour.
    assert "Cắm ngay thì đủ 50% lúc 09:55" in html
    assert "51K-000.09" in html


def test_an_empty_queue_says_so(at, attendant, vehicle):
    assert "Không có xe nào phải chuẩn bị hay sạc" in at(attendant).get(QUEUE).content.decode()


def test_plugging_in_and_out(at, attendant, station, model):
    car = waiting(station, model)
    browser = at(attendant)
    plug = reverse("station:vehicle-plug", args=[car.code])

    for _click in range(2):
        response = browser.post(plug, {"battery_percent": "25", "key": "one-page"})
        assert (response.status_code, response["Location"]) == (302, QUEUE)
    assert "Đang sạc" in browser.get(QUEUE).content.decode()
    browser.post(reverse("station:vehicle-unplug", args=[car.code]), {"battery_percent": "60", "key": "x"})

    stint = ChargingStint.objects.get()
    assert (stint.plugged_percent, stint.unplugged_percent) == (25, 60)


@pytest.mark.parametrize("typed", ["", "130", "voll"])
def test_a_figure_that_is_none_is_refused_at_its_place(at, attendant, station, model, typed):
    car = waiting(station, model)

    response = at(attendant).post(
        reverse("station:vehicle-plug", args=[car.code]), {"battery_percent": typed}
    )

    assert response.status_code == 422
    assert f'id="id_{car.code}_battery_percent"' in response.content.decode()
    assert ChargingStint.objects.count() == 0


def test_unplugging_what_is_not_plugged_in_is_a_conflict(at, attendant, station, model):
    car = waiting(station, model)

    response = at(attendant).post(
        reverse("station:vehicle-unplug", args=[car.code]), {"battery_percent": "50"}
    )

    assert response.status_code == 409
    assert "Xe này không cắm sạc." in response.content.decode()


def test_another_stations_vehicle_is_not_found(at, outsider, vehicle):
    browser = at(outsider)

    assert (
        browser.post(
            reverse("station:vehicle-plug", args=[vehicle.code]), {"battery_percent": "5"}
        ).status_code
        == 404
    )
    assert ChargingStint.objects.count() == 0


@pytest.mark.parametrize(
    "name",
    ["vehicle-queue", "bay-map", "transfer-list", "transfer-new", "ticket-list", "ticket-new", "job-list"],
)
def test_a_renter_finds_no_page_of_the_yard(at, renter, name):
    assert at(renter).get(reverse(f"station:{name}")).status_code == 404


@pytest.mark.parametrize(("url", "budget"), [(QUEUE, 14), ("/station/bays/", 14), ("/station/jobs/", 12)])
def test_pages_do_not_ask_for_each_vehicle(at, supervisor, station, model, url, budget):
    for _ in range(8):
        waiting(station, model)
    browser = at(supervisor)
    browser.get(url)

    with CaptureQueriesContext(connection) as queries:
        browser.get(url)

    assert len(queries) <= budget
