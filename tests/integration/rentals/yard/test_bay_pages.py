from datetime import timedelta

from stations.bays.models import Bay
from stations.bays.services import reserve_bay
from stations.fleet import services as fleet
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

BAYS = "/station/bays/"


def put(browser, vehicle, number):
    return browser.post(f"{BAYS}park/", {"vehicle": vehicle.code, "bay": str(number)})


def test_a_vehicle_is_put_into_a_bay_by_tapping(at, attendant, vehicle):
    browser = at(attendant)
    assert f"?vehicle={vehicle.code}" in browser.get(BAYS).content.decode()
    assert 'name="bay" value="7"' in browser.get(f"{BAYS}?vehicle={vehicle.code}").content.decode()

    assert put(browser, vehicle, 7).status_code == 302

    vehicle.refresh_from_db()
    assert vehicle.bay.number == 7
    browser.post(f"{BAYS}leave/", {"vehicle": vehicle.code})
    vehicle.refresh_from_db()
    assert vehicle.bay is None


def test_a_taken_bay_is_a_conflict(at, attendant, vehicle, station, model):
    browser = at(attendant)
    put(browser, vehicle, 7)
    second = make_vehicle(station=station, model=model)

    response = put(browser, second, 7)

    assert response.status_code == 409
    assert "Chỗ đỗ này đã có xe" in response.content.decode()
    second.refresh_from_db()
    assert second.bay is None


def test_what_is_not_of_this_station_is_not_found(at, outsider, attendant, vehicle):
    assert put(at(outsider), vehicle, 7).status_code == 404
    assert put(at(attendant), vehicle, 999).status_code == 404
    assert put(at(attendant), vehicle, "x").status_code == 404


def test_bays_are_shown_as_kept_for_who_comes(at, attendant, vehicle, station):
    reserve_bay(station=station, claimant="transfer:DC-1", arrives_at=clock.now() + timedelta(hours=1))
    fleet.park_in_bay(vehicle=vehicle, bay=Bay.objects.get(station=station, number=20), by=SYSTEM)

    yard = at(attendant).get(BAYS).context["yard"]

    assert [place.bay.number for place in yard.places if place.is_kept] == [19]
    assert (len(yard.places), yard.free) == (20, 18)
