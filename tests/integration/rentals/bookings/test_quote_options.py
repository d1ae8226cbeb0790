from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.policies.models import BookingPolicy
from rentals.pricing.models import Quote
from rentals.pricing.offer_models import Promotion
from rentals.pricing.services import make_quote
from stations.bays.services import reserve_bay
from stations.fleet.models import Vehicle
from stations.network.models import Station
from tests.factories.offers import make_add_on, make_holiday, make_liability, make_one_way_fee, make_promotion
from tests.factories.rentals import a_period
from tests.factories.stations import make_station
from tests.reading import words_of
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("morning")


@pytest.fixture
def quote(free_car: Vehicle) -> Quote:
    """Tuesday from nine to one: 400,000 and a deposit of 3,000,000."""
    period = a_period(starts_at=clock.now() + timedelta(days=1), hours=4)
    return make_quote(model=free_car.model, station=free_car.station, period=period)


@pytest.fixture
def member(client: Client, renter: User) -> Client:
    client.force_login(renter)
    return client


@pytest.fixture
def there() -> Station:
    make_one_way_fee(150_000)
    return make_station(name="Ga Sài Gòn", slug="ga-sai-gon", bays=1)


def page_of(quote: Quote) -> str:
    return reverse("rentals:quote-detail", args=[quote.pk])


def options_of(quote: Quote) -> str:
    return reverse("rentals:quote-options", args=[quote.pk])


def newest(quote: Quote) -> Quote:
    return Quote.objects.exclude(pk=quote.pk).get()


def test_choosing_makes_a_new_frozen_quote_that_says_every_line(
    client: Client, quote: Quote, there: Station
) -> None:
    make_add_on()
    make_liability()

    response = client.post(
        options_of(quote),
        {"liability": "reduced", "add_on-helmet": "2", "return_station": "ga-sai-gon"},
        follow=True,
    )

    chosen = newest(quote)
    words = words_of(response.content)
    assert response.redirect_chain == [(page_of(chosen), 302)]
    assert (quote.total_amount, chosen.total_amount) == (400_000, 650_000)
    assert "2 × Mũ bảo hiểm thêm (20.000\u00a0₫ mỗi lần thuê) 40.000\u00a0₫" in words.replace(" ₫", "\u00a0₫")
    assert "Giảm mức bồi thường còn 2 triệu (1 ngày × 60.000" in words
    assert "Phí trả xe ở trạm khác" in words
    assert "Nhận xe tại" in words
    # What was chosen stays chosen.
    content = response.content.decode()
    assert 'value="ga-sai-gon" selected' in content
    assert 'value="2" selected' in content


def test_the_page_says_it_in_english_too(client: Client, quote: Quote) -> None:
    make_add_on()
    client.post(options_of(quote), {"add_on-helmet": "1"})

    response = client.get(page_of(newest(quote)), headers={"accept-language": "en"})

    assert "Extra helmet" in words_of(response.content)


def test_a_promotion_comes_off_as_its_own_line(member: Client, quote: Quote, renter: User) -> None:
    make_promotion()

    response = member.post(options_of(quote), {"promotion_code": " chao "}, follow=True)

    words = words_of(response.content)
    assert "Khuyến mãi CHAO: Chào bạn mới −80.000" in words
    assert (newest(quote).total_amount, newest(quote).renter) == (320_000, renter)


def test_a_wrong_code_is_said_at_its_field_and_everything_typed_is_kept(
    member: Client, quote: Quote, there: Station
) -> None:
    make_add_on()

    response = member.post(
        options_of(quote), {"promotion_code": "GIAM", "add_on-helmet": "2", "return_station": "ga-sai-gon"}
    )

    content = response.content.decode()
    assert response.status_code == 422
    assert "Mã khuyến mãi: Không có mã khuyến mãi này." in words_of(response.content)
    assert 'value="GIAM"' in content
    assert 'value="2" selected' in content
    assert 'value="ga-sai-gon" selected' in content
    assert Quote.objects.count() == 1


def test_a_visitor_is_asked_to_sign_in_for_a_code(client: Client, quote: Quote) -> None:
    make_promotion()
    response = client.post(options_of(quote), {"promotion_code": "CHAO"})
    assert "Hãy đăng nhập để dùng mã khuyến mãi." in words_of(response.content)


@pytest.mark.parametrize(
    "sent", [{"add_on-helmet": "7"}, {"return_station": "nowhere"}, {"liability": "helmet"}]
)
def test_what_is_not_offered_is_refused_at_its_field(
    client: Client, quote: Quote, there: Station, sent: dict[str, str]
) -> None:
    make_add_on()
    make_liability()

    assert client.post(options_of(quote), sent).status_code == 422
    assert Quote.objects.count() == 1


def test_stations_without_a_free_bay_are_not_offered(client: Client, quote: Quote, there: Station) -> None:
    assert "Ga Sài Gòn" in client.get(page_of(quote)).content.decode()

    reserve_bay(station=there, claimant="booking:VG-AAAAAA", arrives_at=clock.now())

    assert "Ga Sài Gòn" not in client.get(page_of(quote)).content.decode()


def test_the_offer_takes_few_queries_however_many_stations(
    client: Client, quote: Quote, there: Station, django_assert_max_num_queries
) -> None:
    for _number in range(12):
        make_station(bays=4)
    with django_assert_max_num_queries(12):
        client.get(page_of(quote))


def test_a_holiday_that_came_meanwhile_is_said_in_words(client: Client, quote: Quote) -> None:
    make_holiday(date(2026, 11, 24), minimum_days=3)

    response = client.post(options_of(quote), {})

    assert response.status_code == 422
    assert "Thuê xe dịp Tết Nguyên đán ít nhất 3 ngày." in words_of(response.content)
    assert Quote.objects.count() == 1


def test_the_cancellation_rules_are_those_that_were_frozen(client: Client, free_car: Vehicle) -> None:
    BookingPolicy.objects.create(valid_from=date(2026, 1, 1), free_cancel_hours=48)
    period = a_period(starts_at=clock.now() + timedelta(days=4), hours=4)
    quote = make_quote(model=free_car.model, station=free_car.station, period=period)
    BookingPolicy.objects.update(free_cancel_hours=12)

    words = words_of(client.get(page_of(quote)).content)

    assert "Miễn phí đến 09:00 T4 25/11/2026. Hoàn 50% tiền thuê đến 21:00 T5 26/11/2026." in words


def test_an_expired_quote_is_priced_again_with_the_same_choices(
    client: Client, quote: Quote, morning
) -> None:
    make_add_on()
    client.post(options_of(quote), {"add_on-helmet": "2"})
    chosen = newest(quote)
    morning.shift(timedelta(minutes=11))

    content = client.get(page_of(chosen)).content.decode()

    assert f'action="{options_of(chosen)}"' in content
    assert '<input type="hidden" name="add_on-helmet" value="2">' in content


def test_a_young_driver_is_told_the_price_before_holding(
    member: Client, renter: User, free_car: Vehicle
) -> None:
    type(free_car.model.tariffs.get()).objects.update(young_driver_day_amount=50_000, young_driver_age=99)
    period = a_period(starts_at=clock.now() + timedelta(days=1), hours=4)
    anonymous = make_quote(model=free_car.model, station=free_car.station, period=period)
    User.objects.filter(pk=renter.pk).update(born_on=date(2000, 1, 1))

    page = words_of(member.get(page_of(anonymous)).content)
    refused = member.post(reverse("rentals:booking-hold", args=[anonymous.pk]))
    response = member.post(options_of(anonymous), {"previous": str(anonymous.pk)}, follow=True)

    words = words_of(response.content)
    assert "Giá này không tính cho bạn" in page
    assert refused.status_code == 409
    assert not Booking.objects.exists()
    assert "Giá mới 450.000" in words
    assert "Phụ thu tài xế dưới 99 tuổi: 1 ngày × 50.000" in words


def test_the_quote_of_a_change_has_no_page_of_its_own(client: Client, quote: Quote) -> None:
    from rentals.pricing.services import requote

    changed = requote(quote=quote, period=quote.period.extended_by(timedelta(hours=1)))

    assert client.get(page_of(changed)).status_code == 404
    assert client.post(options_of(changed), {}).status_code == 404


def test_a_used_up_code_is_said_when_holding_and_nothing_is_held(member: Client, quote: Quote) -> None:
    make_promotion()
    member.post(options_of(quote), {"promotion_code": "CHAO"})
    Promotion.objects.update(is_active=False)

    response = member.post(reverse("rentals:booking-hold", args=[newest(quote).pk]))

    assert response.status_code == 422
    assert "Mã khuyến mãi chưa bắt đầu hoặc đã hết hạn." in words_of(response.content)
    assert not Booking.objects.exists()
