from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from payments.intents.models import PaymentIntent
from payments.intents.selectors import intents_of
from rentals.bookings.models import Booking
from rentals.pricing.models import Quote, Tariff
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.timeline.models import VehicleAllocation
from tests.factories.money import pay
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_allocation, make_station, make_vehicle
from tests.reading import words_of
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("morning")

CREATE = reverse("rentals:quote-create")


def wish(offered: Vehicle, **changes: str) -> dict[str, str]:
    """Return what the button of the model's page sends: Tuesday from nine to one."""
    return {
        "station": offered.station.slug,
        "model": offered.model.slug,
        "from_day": "2026-11-24",
        "from_time": "09:00",
        "to_day": "2026-11-24",
        "to_time": "13:00",
        **changes,
    }


@pytest.fixture
def quote(free_car: Vehicle) -> Quote:
    """Tuesday from nine to one: 400,000 and a deposit of 3,000,000."""
    period = a_period(starts_at=clock.now() + timedelta(days=1), hours=4)
    return make_quote(model=free_car.model, station=free_car.station, period=period)


@pytest.fixture
def member(client: Client, renter: User) -> Client:
    """The verified renter's browser."""
    client.force_login(renter)
    return client


def page_of(quote: Quote) -> str:
    return reverse("rentals:quote-detail", args=[quote.pk])


def hold_of(quote: Quote) -> str:
    return reverse("rentals:booking-hold", args=[quote.pk])


class TestAskingForAPrice:
    def test_anybody_gets_a_frozen_quote(self, client: Client, free_car: Vehicle) -> None:
        response = client.post(CREATE, wish(free_car))

        quote = Quote.objects.get()
        assert response.status_code == 302
        assert response["Location"] == page_of(quote)
        assert (quote.total_amount, quote.deposit_amount) == (400_000, 3_000_000)
        assert (quote.model, quote.pickup_station, quote.vehicle) == (free_car.model, free_car.station, None)
        assert quote.starts_at == clock.now() + timedelta(days=1)

    def test_one_vehicle_can_be_quoted_by_its_code(self, client: Client, free_car: Vehicle) -> None:
        client.post(CREATE, wish(free_car, vehicle=free_car.code))

        assert Quote.objects.get().vehicle == free_car

    def test_a_vehicle_of_another_station_is_not_found(self, client: Client, free_car: Vehicle) -> None:
        elsewhere = make_vehicle(station=make_station(), model=free_car.model)

        response = client.post(CREATE, wish(free_car, vehicle=elsewhere.code))

        assert response.status_code == 404
        assert not Quote.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"from_day": "2026-11-22"}, "Giờ này đã qua."),
            ({"to_time": "09:30"}, "Thuê ít nhất 1 giờ."),
            ({"to_day": ""}, "Chọn ngày trả xe."),
        ],
    )
    def test_an_impossible_period_is_refused_on_the_page_and_kept(
        self, client: Client, free_car: Vehicle, changes: dict[str, str], message: str
    ) -> None:
        response = client.post(CREATE, wish(free_car, **changes))

        assert response.status_code == 422
        assert message in words_of(response.content)
        assert {name: response.context["form"][name].value() for name in changes} == changes
        assert not Quote.objects.exists()

    def test_a_closed_station_is_refused(self, client: Client, car: VehicleModel) -> None:
        vehicle = make_vehicle(station=make_station(hours=(600, 1200)), model=car)

        response = client.post(CREATE, wish(vehicle))

        assert response.status_code == 422
        assert "Trạm đóng cửa vào giờ này." in words_of(response.content)
        assert not Quote.objects.exists()

    def test_a_model_without_a_price_is_refused(self, client: Client, free_car: Vehicle) -> None:
        Tariff.objects.all().delete()

        response = client.post(CREATE, wish(free_car))

        assert response.status_code == 409
        assert "chưa có giá" in words_of(response.content)
        assert not Quote.objects.exists()

    def test_only_a_post_makes_a_quote(self, client: Client) -> None:
        assert client.get(CREATE).status_code == 405


class TestQuote:
    def test_it_shows_every_line_with_tax_and_the_deposit_apart(self, client: Client, quote: Quote) -> None:
        words = words_of(client.get(page_of(quote)).content)

        assert "Thuê 4 giờ × 100.000 ₫ 400.000 ₫" in words
        assert "Tổng cộng 400.000 ₫" in words
        assert "Đã gồm thuế GTGT 8%: 29.630 ₫." in words
        assert "Tiền cọc, hoàn lại sau khi trả xe 3.000.000 ₫" in words
        assert "Cần trả khi đặt 3.400.000 ₫" in words
        assert "09:00 → 13:00 T3 24/11/2026" in words

    def test_a_visitor_is_asked_to_sign_up_and_comes_back(self, client: Client, quote: Quote) -> None:
        content = client.get(page_of(quote)).content.decode()

        assert f'href="/account/signup/?next={page_of(quote)}"' in content
        assert f'href="/account/login/?next={page_of(quote)}"' in content
        assert hold_of(quote) not in content

    def test_a_verified_renter_may_hold(self, member: Client, quote: Quote) -> None:
        content = member.get(page_of(quote)).content.decode()

        assert f'action="{hold_of(quote)}"' in content
        assert "Giữ xe và thanh toán" in content
        assert "Bạn có 13 phút để thanh toán." in content

    def test_who_has_no_papers_is_told_what_is_missing_and_where(
        self, client: Client, newcomer: User, quote: Quote
    ) -> None:
        client.force_login(newcomer)

        content = client.get(page_of(quote)).content

        words = words_of(content)
        assert "Chưa có căn cước công dân hoặc hộ chiếu." in words
        assert "Chưa có giấy phép lái xe." in words
        assert f'href="/account/identity/?next=%2Fquotes%2F{quote.pk}%2F"' in content.decode()
        assert "Giữ xe và thanh toán" not in words

    def test_a_stranger_to_the_address_finds_nothing(self, client: Client) -> None:
        assert client.get(reverse("rentals:quote-detail", args=[uuid4()])).status_code == 404

    def test_an_expired_quote_offers_the_price_of_now(
        self, client: Client, quote: Quote, morning: time_machine.Traveller
    ) -> None:
        morning.shift(timedelta(minutes=10))

        content = client.get(page_of(quote)).content

        words = words_of(content)
        assert "Báo giá đã hết hiệu lực lúc 09:10." in words
        assert "Xem giá mới" in words
        assert hold_of(quote) not in content.decode()
        assert f'name="previous" value="{quote.pk}"' in content.decode()

    def test_old_and_new_price_stand_side_by_side_when_they_differ(
        self, client: Client, free_car: Vehicle, quote: Quote, morning: time_machine.Traveller
    ) -> None:
        morning.shift(timedelta(minutes=10))
        Tariff.objects.update(valid_until=clock.today())
        make_tariff(model=free_car.model, valid_from=clock.today() + timedelta(days=1), hour_amount=120_000)

        response = client.post(CREATE, wish(free_car, previous=str(quote.pk)), follow=True)

        words = words_of(response.content)
        assert "Giá đã thay đổi" in words
        assert "Giá cũ 400.000 ₫" in words
        assert "Giá mới 480.000 ₫" in words

    def test_an_equal_price_is_not_called_a_change(
        self, client: Client, free_car: Vehicle, quote: Quote, morning: time_machine.Traveller
    ) -> None:
        morning.shift(timedelta(minutes=10))

        response = client.post(CREATE, wish(free_car, previous=str(quote.pk)), follow=True)

        assert "Giá đã thay đổi" not in words_of(response.content)

    def test_another_models_quote_is_no_previous_price(
        self, client: Client, quote: Quote, scooter: VehicleModel
    ) -> None:
        make_vehicle(station=quote.pickup_station, model=scooter)
        other = make_quote(model=scooter, station=quote.pickup_station, period=quote.period)

        response = client.get(page_of(quote), {"previous": str(other.pk)})

        assert "Giá đã thay đổi" not in words_of(response.content)


class TestHolding:
    def test_the_vehicle_is_held_and_the_renter_goes_on_to_pay(
        self, member: Client, renter: User, quote: Quote
    ) -> None:
        response = member.post(hold_of(quote))

        booking = Booking.objects.get()
        intent = PaymentIntent.objects.get()
        assert response["Location"] == intent.get_absolute_url()
        assert (booking.renter, booking.quote, booking.state) == (renter, quote, "held")
        assert (intent.amount, intent.deposit_amount) == (3_400_000, 3_000_000)

    def test_a_double_click_finds_the_same_booking(self, member: Client, quote: Quote) -> None:
        first = member.post(hold_of(quote))
        second = member.post(hold_of(quote))

        assert first["Location"] == second["Location"]
        assert Booking.objects.count() == 1

    def test_a_paid_booking_is_shown_instead_of_its_payment(self, member: Client, quote: Quote) -> None:
        member.post(hold_of(quote))
        booking = Booking.objects.get()
        pay(booking)

        assert member.post(hold_of(quote))["Location"] == booking.get_absolute_url()

    def test_the_quotes_page_leads_to_the_booking_made_from_it(self, member: Client, quote: Quote) -> None:
        member.post(hold_of(quote))

        assert member.get(page_of(quote))["Location"] == Booking.objects.get().get_absolute_url()

    def test_a_visitor_is_sent_to_sign_in_and_nothing_is_held(self, client: Client, quote: Quote) -> None:
        response = client.post(hold_of(quote))

        assert response["Location"] == f"/account/login/?next={hold_of(quote)}"
        assert not Booking.objects.exists()

    def test_who_may_not_drive_it_gets_the_reasons_and_no_vehicle(
        self, client: Client, newcomer: User, quote: Quote
    ) -> None:
        client.force_login(newcomer)

        response = client.post(hold_of(quote))

        assert response.status_code == 409
        assert "Chưa có giấy phép lái xe." in words_of(response.content)
        assert not Booking.objects.exists()
        assert not VehicleAllocation.objects.exists()

    def test_a_quote_that_ran_out_is_refused_with_the_way_to_a_new_one(
        self, member: Client, quote: Quote, morning: time_machine.Traveller
    ) -> None:
        morning.shift(timedelta(minutes=11))

        response = member.post(hold_of(quote))

        words = words_of(response.content)
        assert response.status_code == 409
        assert "Báo giá đã hết hiệu lực. Hãy xem lại giá mới." in words
        assert "Xem giá mới" in words
        assert not Booking.objects.exists()

    def test_somebody_elses_use_of_a_shared_quote_does_not_show_their_booking(
        self, member: Client, stranger: User, quote: Quote
    ) -> None:
        other = Client()
        other.force_login(stranger)
        other.post(hold_of(quote))

        response = member.get(page_of(quote))

        assert response.status_code == 200
        assert "Báo giá này đã được dùng để đặt xe." in words_of(response.content)
        assert Booking.objects.get().code not in response.content.decode()

    def test_a_fourth_unpaid_hold_is_refused_in_words(
        self, member: Client, free_car: Vehicle, quote: Quote
    ) -> None:
        for _number in range(3):
            make_vehicle(station=free_car.station, model=free_car.model)
            another = make_quote(model=free_car.model, station=free_car.station, period=quote.period)
            member.post(hold_of(another))

        response = member.post(hold_of(quote))

        assert response.status_code == 409
        assert "Bạn đang giữ quá nhiều lượt đặt chưa thanh toán." in words_of(response.content)
        assert Booking.objects.count() == 3


class TestJustTaken:
    def test_it_is_said_with_three_alternatives_and_the_search_kept(
        self, member: Client, free_car: Vehicle, scooter: VehicleModel, quote: Quote
    ) -> None:
        make_allocation(
            vehicle=free_car, period=a_period(starts_at=quote.starts_at - timedelta(hours=1), hours=3)
        )
        nearby = make_station(name="Ga Sài Gòn", latitude=10.7823, longitude=106.6772)
        make_vehicle(station=nearby, model=free_car.model)
        make_vehicle(station=nearby, model=free_car.model)

        response = member.post(hold_of(quote))

        words = words_of(response.content)
        assert response.status_code == 409
        assert "Xe vừa có người đặt trước bạn" in words
        assert "Bạn chưa bị trừ tiền" in words
        assert "Ga Sài Gòn · cách 2,6 km" in words
        assert "11:00 → 15:00 T3 24/11/2026" in words
        assert response.context["search_url"].endswith("&where=station%3Aben-thanh&kind=car")
        assert not Booking.objects.exists()
        assert not PaymentIntent.objects.exists()

    def test_an_alternative_is_one_click_from_its_own_quote(
        self, member: Client, free_car: Vehicle, quote: Quote
    ) -> None:
        make_allocation(
            vehicle=free_car, period=a_period(starts_at=quote.starts_at - timedelta(hours=1), hours=3)
        )
        response = member.post(hold_of(quote))
        later = response.context["alternatives"][0]

        member.post(CREATE, wish(free_car, **later["values"]))

        assert Quote.objects.exclude(pk=quote.pk).get().starts_at == later["it"].period.starts_at

    def test_nothing_similar_nearby_still_leaves_a_way_on(
        self, member: Client, free_car: Vehicle, quote: Quote
    ) -> None:
        make_allocation(
            vehicle=free_car, period=a_period(starts_at=quote.starts_at - timedelta(hours=8), hours=24)
        )

        response = member.post(hold_of(quote))

        words = words_of(response.content)
        assert response.status_code == 409
        assert "Gần đây không còn xe tương tự trong khung giờ này" in words
        assert "Xem tất cả xe trống" in words


def test_the_loser_of_the_last_vehicle_reads_that_it_was_taken(
    renter: User, stranger: User, ben_thanh: Station, free_car: Vehicle, quote: Quote
) -> None:
    rival = Client()
    rival.force_login(stranger)
    rivals_quote = make_quote(model=free_car.model, station=ben_thanh, period=quote.period)
    rival.post(hold_of(rivals_quote))
    browser = Client()
    browser.force_login(renter)

    response = browser.post(hold_of(quote))

    assert response.status_code == 409
    assert Booking.objects.get().renter == stranger
    assert intents_of(Booking.objects.get().reference).count() == 1
