from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from rentals.waitlist.enums import WaitState
from rentals.waitlist.models import Favourite, WaitlistEntry
from tests.factories.stations import make_vehicle
from tests.integration.rentals.waitlist.conftest import wait
from tests.integration.rentals.waitlist.test_offers import free_it
from voltgo.core import outbox
from voltgo.core.clock import Period

WAITLIST = "/api/v1/waitlist"
FAVOURITES = "/api/v1/favourites"


@pytest.fixture
def api(renter):
    client = APIClient()
    client.force_authenticate(renter)
    return client


def wish(period):
    return {
        "station": "ben-thanh",
        "model": "vf-5",
        "starts_at": period.starts_at.isoformat(),
        "ends_at": period.ends_at.isoformat(),
    }


def test_the_app_joins_the_queue_and_reads_its_place(api, stranger, taken, station, model, tomorrow):
    wait(stranger, station, model, tomorrow)

    answer = api.post(WAITLIST, wish(tomorrow), format="json")

    assert answer.status_code == 201
    entry = answer.json()
    assert (entry["state"], entry["position"], entry["booking"]) == ("waiting", 2, None)
    assert api.get(WAITLIST).json() == [entry]


def test_an_offer_names_the_booking_that_is_to_be_paid(api, taken, station, model, tomorrow):
    api.post(WAITLIST, wish(tomorrow), format="json")
    free_it(taken)
    outbox.run_all()

    (entry,) = api.get(WAITLIST).json()

    assert (entry["state"], entry["is_offered"], entry["position"]) == ("offered", True, None)
    payment = api.post(f"/api/v1/bookings/{entry['booking']}/payment", {}, format="json")
    assert payment.status_code == 200


def test_what_is_free_is_refused_as_a_problem(api, car, tomorrow):
    answer = api.post(WAITLIST, wish(tomorrow), format="json")

    assert answer.status_code == 409
    assert answer.json()["code"] == "vehicle_is_free"
    assert WaitlistEntry.objects.count() == 0


@pytest.mark.parametrize("field", ["station", "model"])
def test_an_unknown_place_or_model_is_refused_at_its_field(api, taken, tomorrow, field):
    answer = api.post(WAITLIST, wish(tomorrow) | {field: "nowhere"}, format="json")

    assert answer.status_code in {400, 422}
    assert field in str(answer.json())


def test_the_app_leaves_the_queue(api, renter, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)

    answer = api.post(f"{WAITLIST}/{entry.code}/withdrawal")

    assert answer.status_code == 200
    assert answer.json()["state"] == WaitState.WITHDRAWN
    assert api.get(WAITLIST).json() == []


def test_the_entry_of_another_is_not_there(api, stranger, taken, station, model, tomorrow):
    entry = wait(stranger, station, model, tomorrow)

    assert api.post(f"{WAITLIST}/{entry.code}/withdrawal").status_code == 404
    entry.refresh_from_db()
    assert entry.state == WaitState.WAITING


def test_the_queue_is_read_in_one_query_however_long(
    api, renter, taken, station, model, tomorrow, django_assert_max_num_queries
):
    for shift in range(5):
        wait(renter, station, model, Period(tomorrow.starts_at + timedelta(minutes=shift), tomorrow.ends_at))

    with django_assert_max_num_queries(2):
        assert len(api.get(WAITLIST).json()) == 5


def test_favourites_are_added_listed_and_removed(api, renter, car, station, model):
    for kind, slug in (("station", station.slug), ("model", model.slug), ("vehicle", car.code)):
        assert api.post(FAVOURITES, {"kind": kind, "slug": slug}, format="json").status_code == 201

    listed = api.get(FAVOURITES).json()

    assert [item["kind"] for item in listed] == ["vehicle", "model", "station"]
    assert listed[0]["name"] == f"VinFast VF 5 {car.code}"
    assert car.plate not in str(listed)
    assert listed[0]["starts_at"] is not None
    assert api.delete(f"{FAVOURITES}/vehicle/{car.code}").status_code == 204
    assert api.delete(f"{FAVOURITES}/vehicle/{car.code}").status_code == 204
    assert Favourite.objects.filter(renter=renter).count() == 2


def test_what_is_not_there_cannot_be_liked(api):
    assert api.post(FAVOURITES, {"kind": "vehicle", "slug": "X-NONE"}, format="json").status_code == 404
    assert Favourite.objects.count() == 0


def test_nobody_sees_or_removes_the_favourites_of_another(api, stranger, station, model):
    Favourite.objects.create(renter=stranger, vehicle=make_vehicle(station=station, model=model))

    assert api.get(FAVOURITES).json() == []
    api.delete(f"{FAVOURITES}/station/{station.slug}")
    assert Favourite.objects.count() == 1


@pytest.mark.parametrize("address", [WAITLIST, FAVOURITES])
def test_a_visitor_is_asked_to_sign_in(address, db):
    assert APIClient().get(address).status_code == 401
