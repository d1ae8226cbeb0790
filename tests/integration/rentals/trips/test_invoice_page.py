"""Who stands on the invoice of a trip: asked until the rental is closed, by its renter alone."""

import pytest
from django.test import Client
from django.urls import reverse

from payments.invoices import buyers
from payments.invoices.buyer_models import BuyerDetails
from rentals.bookings.enums import BookingState
from tests.factories.rentals import make_booking, make_tariff
from tests.factories.stations import make_car_model, make_station, make_vehicle

COMPANY = {
    "kind": "company", "name": "Công ty Bình Minh", "tax_code": "0100109106", "address": "Hà Nội", "email": "",
}  # fmt: skip


@pytest.fixture
def vehicle():
    model = make_car_model()
    make_tariff(model=model)
    return make_vehicle(station=make_station(), model=model)


@pytest.fixture
def booking(renter, vehicle):
    return make_booking(renter=renter, vehicle=vehicle, state=BookingState.CONFIRMED)


@pytest.fixture
def client(renter):
    client = Client()
    client.force_login(renter)
    return client


def url_of(booking):
    return reverse("rentals:booking-invoice", args=[booking.code])


def test_a_renter_says_who_stands_on_the_invoice_of_a_trip(client, booking, renter):
    assert "Cần hóa đơn GTGT?" in client.get(booking.get_absolute_url()).content.decode()
    assert client.get(url_of(booking)).status_code == 200

    answer = client.post(url_of(booking), COMPANY)

    assert answer.headers["Location"] == booking.get_absolute_url()
    assert buyers.buyer_of(user=renter, reference=booking.reference).name == "Công ty Bình Minh"
    assert buyers.buyer_of(user=renter) is None
    assert "Hóa đơn GTGT cho Công ty Bình Minh" in client.get(booking.get_absolute_url()).content.decode()


def test_it_can_be_kept_for_later_trips_and_dropped_for_this_one(client, booking, renter):
    client.post(url_of(booking), COMPANY | {"is_default": "on"})
    client.post(url_of(booking), {"forget": "1"})

    assert buyers.buyer_of(user=renter, reference=booking.reference) is None
    assert buyers.buyer_of(user=renter).tax_code == "0100109106"


def test_a_stranger_finds_no_trip(booking, stranger):
    client = Client()
    client.force_login(stranger)

    assert client.get(url_of(booking)).status_code == 404
    assert client.post(url_of(booking), COMPANY).status_code == 404
    assert not BuyerDetails.objects.exists()


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.NO_SHOW, BookingState.EXPIRED])
def test_a_trip_that_is_over_takes_no_buyer(client, renter, vehicle, state):
    booking = make_booking(renter=renter, vehicle=vehicle, state=state)

    answer = client.post(url_of(booking), COMPANY, follow=True)

    assert "không đổi được thông tin xuất hóa đơn" in answer.content.decode()
    assert not BuyerDetails.objects.exists()


def test_what_cannot_be_is_said(client, booking):
    answer = client.post(url_of(booking), COMPANY | {"tax_code": "123"})

    assert answer.status_code == 422
    assert not BuyerDetails.objects.exists()
