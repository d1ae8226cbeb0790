import io

import pytest
from django.urls import reverse
from PIL import Image

from rentals.bookings.enums import BookingState
from rentals.handovers import services
from rentals.handovers.enums import RentalState
from rentals.handovers.models import InspectionPhoto, Rental
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import (
    opened,
    pickup_of,
    presented,
    ready_to_sign,
    return_of,
)
from tests.factories.stations import make_post, make_station
from tests.integration.rentals.handovers.pages import text_of, url
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")


# --- Who may be here --------------------------------------------------------------------------------


def test_the_station_asks_for_a_sign_in(client):
    answer = client.get(url("board"))
    assert answer.status_code == 302
    assert answer.url == f"{reverse('account_login')}?next=/station/"


def test_a_renter_learns_nothing_of_the_station(client, renter):
    client.force_login(renter)
    assert client.get(url("board")).status_code == 404
    assert client.get(url("station-choose")).status_code == 404


def test_a_post_that_ended_opens_nothing(client, attendant):
    attendant.staff_posts.update(ended_at=clock.now())
    client.force_login(attendant)
    assert client.get(url("board")).status_code == 404


PICKUP_PAGES = ["detail", "papers", "checklist", "photos", "readings", "damage", "contract", "keys", "abort"]
RETURN_PAGES = [
    "detail",
    "arrival",
    "photos",
    "readings",
    "damage",
    "charges",
    "acceptance",
    "done",
    "cancel",
]


@pytest.mark.parametrize("name", PICKUP_PAGES)
def test_another_stations_handover_is_not_there(booking, attendant, other_tablet, name):
    opened(booking=booking, attendant=attendant)
    assert other_tablet.get(url(f"handover-{name}", booking.code)).status_code == 404


@pytest.mark.parametrize("name", RETURN_PAGES)
def test_another_stations_return_is_not_there(rental, attendant, other_tablet, name):
    presented(rental, attendant)
    assert other_tablet.get(url(f"return-{name}", rental.booking.code)).status_code == 404


@pytest.mark.parametrize("step", ["open", "complete", "reopen", "render", "keys", "abort"])
def test_nobody_elsewhere_moves_a_handover(booking, attendant, other_tablet, step):
    opened(booking=booking, attendant=attendant)
    name = f"handover-{step}"
    assert (
        other_tablet.post(
            url(name, booking.code), {"sure": "on", "reason": "renter", "note": "x"}
        ).status_code
        == 404
    )
    assert Rental.objects.get().state == RentalState.PREPARING


def test_another_stations_vehicle_is_not_there(vehicle, other_tablet):
    for page in ("prepare", "maintenance", "unready"):
        assert other_tablet.get(url(f"vehicle-{page}", vehicle.code)).status_code == 404
        assert other_tablet.post(url(f"vehicle-{page}", vehicle.code), {"reason": "x"}).status_code == 404


def test_a_code_of_another_station_is_told_as_unknown(booking, other_tablet):
    answer = other_tablet.post(url("scan"), {"code": booking.code})
    assert answer.status_code == 422
    assert "Không có lượt đặt này ở trạm của bạn" in text_of(answer)
    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED


def test_who_works_at_two_stations_chooses_first_and_comes_back(tablet, attendant, booking):
    elsewhere = make_station(name="Trạm Chợ Lớn")
    make_post(user=attendant, station=elsewhere)

    answer = tablet.get(url("vehicle-list"))
    assert answer.url == f"{url('station-choose')}?next=%2Fstation%2Fvehicles%2F"
    choice = tablet.get(answer.url)
    assert "Trạm Chợ Lớn" in text_of(choice)
    chosen = tablet.post(url("station-choose"), {"station": elsewhere.code, "next": url("vehicle-list")})
    assert chosen.url == url("vehicle-list")
    assert booking.code not in text_of(tablet.get(url("board")))

    tablet.post(
        url("station-choose"), {"station": booking.pickup_station.code, "next": "https://evil.example/"}
    )
    assert booking.renter.full_name in text_of(tablet.get(url("board")))


def test_a_station_of_somebody_else_cannot_be_chosen(tablet, attendant):
    make_post(user=attendant, station=make_station())
    answer = tablet.post(url("station-choose"), {"station": make_station().code})
    assert answer.status_code == 422


# --- Photos -----------------------------------------------------------------------------------------


def test_a_photo_is_seen_by_the_renter_the_station_and_operators(client, rental, attendant, operator):
    address = url("inspection-photo", InspectionPhoto.objects.first().pk)
    for person in (rental.renter, attendant, operator):
        client.force_login(person)
        answer = client.get(address)
        assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
        assert answer["Cache-Control"] == "private, no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_photo_is_not_there_for_anybody_else(client, rental, stranger, other_tablet):
    address = url("inspection-photo", InspectionPhoto.objects.first().pk)
    assert client.get(address).status_code == 302
    client.force_login(stranger)
    assert client.get(address).status_code == 404
    assert other_tablet.get(address).status_code == 404


def test_a_photo_of_damage_follows_the_same_rule(client, rental, attendant, by, stranger):
    presented(rental, attendant)
    mark = services.add_damage(
        inspection=return_of(rental), part="hood", kind="dent", upload=photo_bytes(), charge_amount=1, by=by
    )
    bare = services.add_damage(inspection=return_of(rental), part="hood", kind="dent", by=by)
    client.force_login(rental.renter)
    assert client.get(url("damage-photo", mark.pk)).status_code == 200
    assert client.get(url("damage-photo", bare.pk)).status_code == 404
    client.force_login(stranger)
    assert client.get(url("damage-photo", mark.pk)).status_code == 404


def test_a_tile_is_small_and_the_whole_picture_is_there_too(tablet, booking, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    services.reopen_pickup_inspection(rental=rental, by=by)
    photo = services.add_photo(
        inspection=pickup_of(rental), position="front", upload=photo_bytes(2000, 1500), by=by
    )
    small = Image.open(io.BytesIO(tablet.get(url("inspection-photo", photo.pk)).content))
    whole = tablet.get(url("inspection-photo", photo.pk), {"size": "full"})
    with photo.file.open("rb") as file:
        assert whole.content == file.read()
    assert small.size == (720, 540)
