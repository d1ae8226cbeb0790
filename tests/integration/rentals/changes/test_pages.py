from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from rentals.bookings import periods
from rentals.bookings.models import Booking
from rentals.changes.enums import ChangeState
from rentals.changes.models import BookingChange
from rentals.pricing.models import Quote
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period
from tests.integration.rentals.changes.conftest import intent_of, pay
from tests.reading import words_of
from voltgo.core.clock import Period

HOUR = timedelta(hours=1)


@pytest.fixture
def phone(client, renter):
    client.force_login(renter)
    return client


def url(name, *arguments):
    return reverse(f"rentals:{name}", args=arguments)


def values(booking, *, start=0, end=0, **others):
    period = Period(booking.starts_at + start * HOUR, booking.ends_at + end * HOUR)
    places = {"station": booking.pickup_station.slug, "model": booking.model.slug}
    return periods.as_values(period) | places | others


def preview(phone, booking, **changes):
    response = phone.post(url("change-choose", booking.code), values(booking, **changes))
    assert response.status_code == 302, words_of(response.content)
    return response.url


def test_a_booking_is_changed_in_three_steps(phone, booking):
    page = phone.get(url("change-choose", booking.code))
    assert "Đổi lượt đặt" in words_of(page.content)

    address = preview(phone, booking, end=3)
    shown = words_of(phone.get(address).content)
    assert "Cần trả 300.000 ₫" in shown
    assert "Trả 300.000 ₫ và đổi" in shown

    answer = phone.post(address, {"fee": "0"})
    change = BookingChange.objects.get()
    assert answer.url == intent_of(change).get_absolute_url()
    assert change.device == ""
    assert "đang chờ thanh toán" in words_of(phone.get(booking.get_absolute_url()).content)

    pay(change)
    booking.refresh_from_db()
    assert booking.ends_at == change.after_quote.ends_at


def test_a_cheaper_change_applies_at_once(phone, booking):
    address = preview(phone, booking, end=-20)
    assert "Đổi và nhận lại 200.000 ₫" in words_of(phone.get(address).content)

    assert phone.post(address, {"fee": "0"}).url == booking.get_absolute_url()
    assert BookingChange.objects.get().state == ChangeState.APPLIED


def test_nobody_pays_a_fee_that_they_have_not_seen(phone, booking, hand):
    hand.shift(timedelta(hours=23, minutes=55))
    address = preview(phone, booking, end=-20)
    hand.shift(timedelta(minutes=8))
    answer = phone.post(address, {"fee": "0"})

    assert answer.status_code == 409
    assert "Mức hoàn vừa thay đổi" in words_of(answer.content)
    assert BookingChange.objects.count() == 0


def test_a_change_that_waits_is_shown_with_its_time_and_can_be_taken_back(phone, booking, change):
    asked = change(booking, end=3)
    assert phone.get(url("change-choose", booking.code)).url == url("change-detail", booking.code, asked.code)

    shown = words_of(phone.get(url("change-detail", booking.code, asked.code)).content)
    assert "Chờ thanh toán" in shown
    assert "Trả 300.000 ₫" in shown
    assert phone.post(url("change-withdraw", booking.code, asked.code)).url == booking.get_absolute_url()
    asked.refresh_from_db()
    assert asked.state == ChangeState.WITHDRAWN


def test_a_change_that_lapsed_says_so(phone, booking, change, hand):
    asked = change(booking, end=3)
    hand.shift(timedelta(minutes=16))

    assert "Hết hạn" in words_of(phone.get(url("change-detail", booking.code, asked.code)).content)


def test_a_refusal_stands_at_the_form_and_keeps_what_was_typed(phone, booking, stranger, vehicle):
    paid_booking(renter=stranger, vehicle=vehicle, period=a_period(starts_at=booking.ends_at + HOUR, hours=4))
    answer = phone.post(url("change-choose", booking.code), values(booking, end=3))

    assert answer.status_code == 409
    assert "nào trống ở Trạm Quận 1 trong khung giờ này" in words_of(answer.content)
    assert answer.context["form"]["to_time"].value() == "11:00"
    assert Quote.objects.filter(replaces__isnull=False).count() == 1


def test_nonsense_is_refused_at_the_fields(phone, booking):
    answer = phone.post(url("change-choose", booking.code), values(booking) | {"to_day": "2026-11-25"})

    assert answer.status_code == 422
    assert "Hãy chọn giờ sau giờ nhận xe." in words_of(answer.content)


def test_whoever_is_too_late_is_not_offered_an_extension(phone, rental, hand):
    hand.move_to(rental.due_at + timedelta(minutes=31))

    assert "Gia hạn" not in words_of(phone.get(rental.booking.get_absolute_url()).content)
    answer = phone.get(url("extension-choose", rental.booking.code), follow=True)
    assert answer.redirect_chain[-1][0] == rental.booking.get_absolute_url()
    assert "Chuyến đã trễ quá lâu nên không gia hạn được." in words_of(answer.content)


def test_a_rental_is_extended_in_two_taps(phone, rental):
    page = phone.get(url("extension-choose", rental.booking.code))
    assert "Thêm 1 giờ" in words_of(page.content)
    ends_at = page.context["choices"][0].value

    address = phone.post(url("extension-choose", rental.booking.code), {"ends_at": ends_at}).url
    assert "Trả 100.000 ₫ và gia hạn" in words_of(phone.get(address).content)
    answer = phone.post(address, {"fee": "0"})

    change = BookingChange.objects.get()
    assert (change.kind, answer.url) == ("extension", intent_of(change).get_absolute_url())


def test_any_moment_can_be_chosen(phone, rental):
    form = {"to_day": "2026-11-24", "to_time": "15:30"}
    address = phone.post(url("extension-choose", rental.booking.code), form).url

    assert "Trả 300.000 ₫ và gia hạn" in words_of(phone.get(address).content)


def test_the_longest_extension_is_one_tap_away_when_the_wish_is_too_long(phone, rental, stranger, vehicle):
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + 3 * HOUR, hours=4)
    )
    answer = phone.post(
        url("extension-choose", rental.booking.code), {"to_day": "2026-11-24", "to_time": "17:30"}
    )

    assert answer.status_code == 409
    assert "Gia hạn đến 14:00" in words_of(answer.content)


def test_an_end_that_is_no_moment_is_refused_politely(phone, rental):
    for sent in ({"ends_at": "soon"}, {"ends_at": "2026-13-45T00:00"}, {}):
        assert phone.post(url("extension-choose", rental.booking.code), sent).status_code == 422


@pytest.mark.parametrize("page", ["change-choose", "extension-choose"])
def test_a_stranger_sees_nothing(page, booking, stranger):
    client = Client()
    client.force_login(stranger)

    assert client.get(url(page, booking.code)).status_code == 404
    assert client.post(url(page, booking.code), {}).status_code == 404


def test_a_stranger_neither_sees_nor_ends_a_change(booking, change, stranger):
    asked = change(booking, end=3)
    client = Client()
    client.force_login(stranger)

    assert client.get(url("change-detail", booking.code, asked.code)).status_code == 404
    assert client.post(url("change-withdraw", booking.code, asked.code)).status_code == 404
    assert client.get(url("change-preview", booking.code, asked.after_quote_id)).status_code == 404
    asked.refresh_from_db()
    assert asked.state == ChangeState.AWAITING_PAYMENT


def test_a_quote_of_another_booking_is_not_found(phone, booking):
    other = Quote.objects.exclude(pk=booking.quote_id).first() or booking.quote

    assert phone.get(url("change-preview", booking.code, other.pk)).status_code == 404


def test_pages_lead_to_what_can_be_done(phone, booking, rental):
    assert url("change-choose", booking.code) in phone.get(booking.get_absolute_url()).content.decode()
    trip = Booking.objects.get(pk=rental.booking_id)
    assert url("extension-choose", trip.code) in phone.get(trip.get_absolute_url()).content.decode()


def test_the_choosing_page_asks_little_of_the_database(phone, booking, django_assert_max_num_queries):
    with django_assert_max_num_queries(16):
        phone.get(url("change-choose", booking.code))


def test_the_trips_history_tells_of_changes(phone, booking, change):
    pay(change(booking, end=3))

    assert "Đã đổi lượt đặt" in words_of(phone.get(booking.get_absolute_url()).content)
