from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.handovers.models import Rental
from stations.fleet.models import Vehicle
from tests.factories.handovers import returned
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_vehicle
from tests.reading import page
from voltgo.core import clock
from voltgo.core.models import StateEvent

LIST = "/bookings/"


class TestList:
    def test_what_is_ahead_stands_apart_from_what_is_over(
        self, member: Client, renter: User, vehicle: Vehicle, booking: Booking
    ) -> None:
        earlier = a_period(starts_at=clock.now() - timedelta(days=9), hours=4)
        over = make_booking(renter=renter, vehicle=vehicle, period=earlier, state="cancelled")

        words = page(member, LIST)

        ahead, past = words.split("Đã qua")
        assert booking.code in ahead
        assert "Đã xác nhận" in ahead
        assert over.code in past
        assert "Đã hủy" in past

    def test_a_hold_that_ran_out_is_over_though_nobody_swept_it(
        self, member: Client, held: Booking, traveller: time_machine.Traveller
    ) -> None:
        assert held.code in page(member, LIST).split("Đã qua")[0]
        traveller.shift(timedelta(minutes=15))

        words = page(member, LIST)

        assert held.code in words.split("Đã qua")[1]
        assert "Hết giờ giữ xe" in words

    def test_a_rental_under_way_is_not_over(self, member: Client, rental: Rental) -> None:
        words = page(member, LIST)

        assert "Đang thuê" in words
        assert "Đã qua" not in words

    def test_a_stranger_sees_none_of_it(self, client: Client, stranger: User, booking: Booking) -> None:
        client.force_login(stranger)

        words = page(client, LIST)

        assert booking.code not in words
        assert "Bạn chưa có chuyến nào sắp tới" in words

    def test_a_visitor_is_asked_to_sign_in(self, client: Client) -> None:
        assert client.get(LIST)["Location"] == "/account/login/?next=/bookings/"

    def test_the_past_comes_in_pages_without_more_queries(
        self,
        member: Client,
        renter: User,
        vehicle: Vehicle,
        booking: Booking,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for days in range(1, 13):
            period = a_period(starts_at=clock.now() - timedelta(days=days), hours=4)
            make_booking(renter=renter, vehicle=vehicle, period=period, state="cancelled")
        page(member, LIST)

        # Person; ahead; how many are over; one page of them.
        with django_assert_num_queries(4):
            response = member.get(LIST)
        assert len(response.context["past"]) == 10
        assert len(member.get(LIST, {"page": "2"}).context["past"]) == 2


class TestWhoseTripItIs:
    @pytest.mark.parametrize("tail", ["", "cancel/"])
    def test_anothers_trip_looks_like_none(
        self, client: Client, stranger: User, booking: Booking, tail: str
    ) -> None:
        client.force_login(stranger)

        assert client.get(booking.get_absolute_url() + tail).status_code == 404

    @pytest.mark.parametrize("tail", ["cancel/", "settlement/accept/", "settlement/dispute/"])
    def test_nobody_else_can_act_on_it(
        self, client: Client, stranger: User, rental: Rental, attendant: User, tail: str
    ) -> None:
        returned(rental, attendant)
        client.force_login(stranger)
        events = StateEvent.objects.count()

        response = client.post(rental.booking.get_absolute_url() + tail, {"fee": "0", "objection": "Không"})

        assert response.status_code == 404
        assert StateEvent.objects.count() == events

    def test_a_visitor_is_asked_to_sign_in(self, client: Client, booking: Booking) -> None:
        address = booking.get_absolute_url()

        assert client.get(address)["Location"] == f"/account/login/?next={address}"


def test_an_attendant_may_be_a_renter_of_their_own(client: Client, attendant: User, vehicle: Vehicle) -> None:
    make_vehicle(model=vehicle.model, station=vehicle.station)
    client.force_login(attendant)

    assert page(client, LIST)
