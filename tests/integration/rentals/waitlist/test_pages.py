from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rentals.bookings import periods
from rentals.bookings.enums import BookingState
from rentals.pricing.services import make_quote
from rentals.waitlist.enums import WaitState
from rentals.waitlist.models import Favourite, WaitlistEntry
from tests.factories.accounts import make_renter
from tests.factories.rentals import make_booking
from tests.factories.stations import make_vehicle
from tests.integration.rentals.waitlist.conftest import MORNING, wait
from tests.integration.rentals.waitlist.test_offers import free_it
from voltgo.core import outbox
from voltgo.core.clock import Period

LIST = "/waitlist/"
JOIN = "/waitlist/join/"


@pytest.fixture
def signed_in(client, renter):
    client.force_login(renter)
    return client


def choice(station, model, period):
    return {"station": station.slug, "model": model.slug, **periods.as_values(period)}


def test_one_press_puts_a_renter_into_the_queue(signed_in, renter, taken, station, model, tomorrow):
    response = signed_in.post(JOIN, choice(station, model, tomorrow))

    assert response.status_code == 302
    assert response["Location"] == LIST
    entry = WaitlistEntry.objects.get()
    assert (entry.renter, entry.station, entry.model, entry.period) == (renter, station, model, tomorrow)


def test_the_page_of_a_model_that_is_taken_offers_to_wait(signed_in, taken, station, model, tomorrow):
    url = reverse("rentals:model-detail", args=[station.slug, model.slug])

    page = signed_in.get(f"{url}?{periods.as_query(tomorrow)}").content.decode()

    assert "Báo tôi khi có xe" in page
    assert f'action="{JOIN}"' in page


def test_a_visitor_is_led_to_the_sign_in_and_back(client, taken, station, model, tomorrow):
    url = reverse("rentals:model-detail", args=[station.slug, model.slug])
    page = client.get(f"{url}?{periods.as_query(tomorrow)}").content.decode()
    assert f"{JOIN}?station=ben-thanh&amp;model=vf-5" in page

    response = client.get(f"{JOIN}?station=ben-thanh&model=vf-5")

    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/?next=/waitlist/join/")


def test_what_is_free_is_to_be_booked_and_not_waited_for(signed_in, car, station, model, tomorrow):
    response = signed_in.post(JOIN, choice(station, model, tomorrow))

    assert response.status_code == 409
    assert f"/stations/{station.slug}/models/{model.slug}/?from_day=2026-11-24" in response.content.decode()
    assert WaitlistEntry.objects.count() == 0


def test_a_period_that_is_past_is_refused_at_its_field_and_kept(signed_in, taken, station, model):
    past = Period(MORNING - timedelta(days=1), MORNING - timedelta(hours=20))

    response = signed_in.post(JOIN, choice(station, model, past))

    page = response.content.decode()
    assert response.status_code == 422
    assert "Giờ này đã qua" in page
    assert 'value="2026-11-22"' in page
    assert WaitlistEntry.objects.count() == 0


def test_the_list_shows_the_place_in_the_queue(signed_in, renter, stranger, taken, station, model, tomorrow):
    wait(stranger, station, model, tomorrow)
    wait(renter, station, model, tomorrow)

    assert "Thứ 2 trong hàng" in signed_in.get(LIST).content.decode()


def test_an_offer_shows_its_time_and_where_to_pay(signed_in, renter, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()

    page = signed_in.get(LIST).content.decode()

    entry.refresh_from_db()
    assert "Có xe cho bạn" in page
    assert "data-countdown" in page
    assert "Trả tiền để nhận xe" in page
    assert "/payments/" in page


def test_an_offer_that_ran_out_can_no_longer_be_paid_even_when_nothing_swept_it(
    signed_in, renter, taken, station, model, tomorrow, morning
):
    wait(renter, station, model, tomorrow)
    free_it(taken)
    outbox.run_all()
    morning.shift(timedelta(minutes=21))

    page = signed_in.get(LIST).content.decode()

    assert "Trả tiền để nhận xe" not in page
    assert "Đã hết giờ" in page


def test_a_renter_leaves_the_queue(signed_in, renter, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)

    response = signed_in.post(reverse("rentals:waitlist-withdraw", args=[entry.code]))

    entry.refresh_from_db()
    assert response.status_code == 302
    assert entry.state == WaitState.WITHDRAWN


def test_whoever_leaves_is_told_first_what_is_lost(signed_in, renter, taken, station, model, tomorrow):
    wait(renter, station, model, tomorrow)

    page = signed_in.get(reverse("rentals:waitlist")).content.decode()

    before_the_form = page.partition('/withdraw/"')[0].rpartition("<details")
    assert 'class="confirm"' in before_the_form[2]
    assert "Bạn sẽ mất chỗ trong hàng" in page


def test_a_stranger_cannot_withdraw_an_entry(client, renter, stranger, taken, station, model, tomorrow):
    entry = wait(renter, station, model, tomorrow)
    client.force_login(stranger)

    response = client.post(reverse("rentals:waitlist-withdraw", args=[entry.code]))

    entry.refresh_from_db()
    assert response.status_code == 404
    assert entry.state == WaitState.WAITING


def test_the_list_costs_the_same_however_many_wait(
    signed_in, renter, taken, station, model, tomorrow, django_assert_max_num_queries
):
    for shift in range(5):
        period = Period(tomorrow.starts_at + timedelta(minutes=shift), tomorrow.ends_at)
        wait(renter, station, model, period)
    free_it(taken)
    outbox.run_all()

    with django_assert_max_num_queries(6):
        signed_in.get(LIST)


def test_a_renter_without_papers_may_wait_and_is_told_what_is_missing(
    client, newcomer, taken, station, model, tomorrow
):
    client.force_login(newcomer)

    page = client.get(f"{JOIN}?{periods.as_query(tomorrow, station=station.slug, model=model.slug)}")

    assert "Bạn chưa đủ điều kiện nhận xe này" in page.content.decode()
    assert client.post(JOIN, choice(station, model, tomorrow)).status_code == 302


@pytest.mark.parametrize("kind", ["station", "model", "vehicle"])
def test_a_heart_is_set_and_taken_away(signed_in, renter, car, station, model, kind):
    slug = {"station": station.slug, "model": model.slug, "vehicle": car.code}[kind]
    url = reverse("rentals:favourite-change", args=[kind, slug])

    answers = [signed_in.post(url, {"liked": "yes", "next": "/stations/"}) for _twice in range(2)]
    assert [answer["Location"] for answer in answers] == ["/stations/", "/stations/"]
    assert Favourite.objects.filter(renter=renter).count() == 1

    signed_in.post(url, {"liked": "no", "next": "https://elsewhere.example/"})
    assert Favourite.objects.count() == 0


def test_nobody_is_sent_elsewhere_by_a_heart(signed_in, station):
    url = reverse("rentals:favourite-change", args=["station", station.slug])

    assert (
        signed_in.post(url, {"liked": "yes", "next": "https://elsewhere.example/"})["Location"]
        == "/favourites/"
    )


def test_a_heart_of_a_visitor_leads_to_the_sign_in(client, station):
    url = reverse("rentals:favourite-change", args=["station", station.slug])

    response = client.post(url, {"liked": "yes", "next": "/stations/ben-thanh/"})

    assert response["Location"] == "/account/login/?next=%2Fstations%2Fben-thanh%2F"
    assert Favourite.objects.count() == 0


@pytest.mark.parametrize(("kind", "slug"), [("station", "nowhere"), ("vehicle", "X-NONE"), ("user", "1")])
def test_what_is_not_there_cannot_be_liked(signed_in, kind, slug):
    assert (
        signed_in.post(reverse("rentals:favourite-change", args=[kind, slug]), {"liked": "yes"}).status_code
        == 404
    )


def test_the_favourites_show_when_a_vehicle_is_free_next(signed_in, renter, car, station, model, tomorrow):
    make_booking(renter=make_renter(), vehicle=car, period=Period(MORNING, MORNING + timedelta(hours=30)))
    Favourite.objects.create(renter=renter, vehicle=car)

    page = signed_in.get("/favourites/").content.decode()

    # Taken until three in the afternoon and prepared until half past.
    assert "15:30" in page
    assert "from_day=2026-11-24&amp;from_time=15%3A30" in page


def test_the_favourites_cost_the_same_however_many(
    signed_in, renter, station, model, django_assert_max_num_queries
):
    for _each in range(6):
        Favourite.objects.create(renter=renter, vehicle=make_vehicle(station=station, model=model))
    Favourite.objects.create(renter=renter, station=station)
    Favourite.objects.create(renter=renter, model=model)

    with django_assert_max_num_queries(6):
        assert signed_in.get("/favourites/").status_code == 200


def test_nobody_sees_the_favourites_of_another(client, renter, stranger, station):
    Favourite.objects.create(renter=renter, station=station)
    client.force_login(stranger)

    assert station.name not in client.get("/favourites/").content.decode()


def test_booking_again_leads_to_the_same_model_at_the_same_hour_of_the_next_day(
    signed_in, renter, car, station, model, morning
):
    old = Period(MORNING - timedelta(days=7, hours=1), MORNING - timedelta(days=7) + timedelta(hours=2))
    booking = make_booking(renter=renter, vehicle=car, period=old, state=BookingState.CANCELLED)

    response = signed_in.get(reverse("rentals:booking-again", args=[booking.code]))

    # It is nine: eight o'clock has passed, so tomorrow at eight, for three hours.
    expected = Period(MORNING + timedelta(hours=23), MORNING + timedelta(hours=26))
    assert response["Location"] == f"/stations/ben-thanh/models/vf-5/?{periods.as_query(expected)}"


def test_who_chose_a_vehicle_by_its_plate_finds_it_again(signed_in, renter, car):
    old = Period(MORNING - timedelta(days=7), MORNING - timedelta(days=7) + timedelta(hours=2))
    booking = make_booking(
        renter=renter, vehicle=car, period=old, state=BookingState.CANCELLED, is_by_model=False
    )

    response = signed_in.get(reverse("rentals:booking-again", args=[booking.code]))

    assert response["Location"].startswith(f"/vehicles/{car.code}/?from_day=2026-11-24")


def test_nobody_books_the_trip_of_another_again(client, renter, stranger, car):
    booking = make_booking(renter=renter, vehicle=car)
    client.force_login(stranger)

    assert client.get(reverse("rentals:booking-again", args=[booking.code])).status_code == 404


def test_a_search_without_a_result_offers_to_wait(signed_in, taken, station, tomorrow):
    query = periods.as_query(tomorrow, where=f"station:{station.slug}")

    page = signed_in.get(f"/stations/?{query}").content.decode()

    assert "Báo tôi khi có xe" in page
    assert f"{JOIN}?from_day=2026-11-24" in page


def test_who_comes_too_late_with_a_quote_is_offered_to_wait(signed_in, car, station, model, tomorrow):
    quote = make_quote(model=model, station=station, period=tomorrow)
    make_booking(renter=make_renter(), vehicle=car, period=tomorrow)

    response = signed_in.post(reverse("rentals:booking-hold", args=[quote.pk]))

    assert response.status_code == 409
    assert f'action="{JOIN}"' in response.content.decode()


def test_a_heart_costs_one_query_and_a_visitor_none(client, renter, car, station):
    url = reverse("rentals:station-detail", args=[station.slug])

    def queries_on_favourites():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url).status_code == 200
        return sum("rentals_favourite" in str(query["sql"]) for query in captured)

    assert queries_on_favourites() == 0
    client.force_login(renter)
    assert queries_on_favourites() == 1
