"""The one document of the tablet app: for enrolled tablets, without anything of anybody."""

import pytest
from django.urls import reverse

from accounts.access.actors import staff_actor
from rentals.tablet.known_marks import marks_of
from stations.tablets import services as tablets
from tests.factories.devices import browser_of, make_tablet
from tests.factories.handovers import handed_over, paid_booking, pickup_of
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_car_model, make_post, make_station, make_vehicle

APP = "/station/tablet/"


@pytest.fixture
def station():
    return make_station(name="Bến Thành", code="HCM-01")


@pytest.fixture
def attendant(attendant, station):
    make_post(user=attendant, station=station)
    return attendant


@pytest.fixture
def enrolment(station, attendant):
    return make_tablet(station=station, user=attendant)


@pytest.fixture
def tablet(enrolment):
    return browser_of(enrolment)


def test_every_address_is_the_same_document(tablet):
    first = tablet.get(APP)
    assert first.status_code == 200
    for screen in ("pickup/VG-7K2M4Q/", "return/VG-7K2M4Q/", "queue/", "vehicles/X-1/"):
        assert tablet.get(f"{APP}{screen}").content == first.content


def test_the_document_names_nobody_and_holds_no_token(tablet, attendant):
    tablet.force_login(attendant)
    page = tablet.get(APP)
    words = page.content.decode()
    assert attendant.full_name not in words
    assert attendant.email not in words
    assert "csrfmiddlewaretoken" not in words
    assert "csrftoken" not in page.cookies
    assert "Bến Thành" in words


def test_the_document_is_not_kept_by_caches_between(tablet):
    assert "private" in tablet.get(APP).headers["Cache-Control"]


def test_the_document_speaks_the_language_of_the_cookie(tablet):
    tablet.cookies["django_language"] = "en"
    assert '<html lang="en"' in tablet.get(APP).content.decode()


def test_another_device_is_told_how_to_become_a_tablet(client, attendant):
    client.force_login(attendant)
    page = client.get(APP)
    assert page.status_code == 403
    assert reverse("station:tablet-list") in page.content.decode()


def test_a_withdrawn_tablet_makes_what_it_keeps_unreadable(tablet, enrolment, attendant):
    by = staff_actor(attendant, supervisor=True)
    tablets.revoke_tablet(tablet=enrolment.tablet, reason="Mất máy", by=by)
    page = tablet.get(APP)
    assert page.status_code == 410
    assert "js/tablet/revoked.js" in page.content.decode()


def test_damage_of_the_last_rental_is_known(station, attendant, renter):
    model = make_car_model()
    make_tariff(model=model)
    marked, clean = (make_vehicle(model=model, station=station) for _each in range(2))
    rental = handed_over(booking=paid_booking(renter=renter, vehicle=marked), attendant=attendant)
    pickup_of(rental).damages.create(part="hood", kind="dent", note="cũ", x=300, y=400)
    assert marks_of([marked, clean]) == {
        marked.pk: [{"part": "hood", "kind": "dent", "note": "cũ", "x": 300, "y": 400}]
    }
