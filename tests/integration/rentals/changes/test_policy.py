from datetime import date, timedelta

import pytest

from rentals.bookings.errors import PeriodNotOffered
from rentals.bookings.presentation import booking_rules
from rentals.bookings.rules import check_period
from rentals.bookings.services import refund_preview
from rentals.policies.models import BookingPolicy
from rentals.policies.rules import Policy
from tests.factories.handovers import paid_booking
from tests.factories.rentals import a_period
from voltgo.core import clock

DAY = timedelta(days=1)


def rent_back(booking):
    return refund_preview(booking).rent_refund


def make_policy(**numbers):
    return BookingPolicy.objects.create(valid_from=date(2020, 1, 1), **numbers)


def test_cancelling_follows_the_policy_of_the_day_of_booking(renter, vehicle, hand):
    policy = make_policy(free_cancel_hours=72, partial_cancel_hours=36, partial_refund_bp=2500)
    booking = paid_booking(
        renter=renter, vehicle=vehicle, period=a_period(starts_at=clock.now() + 4 * DAY, hours=24)
    )
    # What an operator changes later reaches new bookings only.
    BookingPolicy.objects.filter(pk=policy.pk).update(partial_refund_bp=0)

    assert rent_back(booking) == 600_000
    hand.shift(2 * DAY)
    assert rent_back(booking) == 150_000
    hand.shift(DAY)
    assert rent_back(booking) == 0


def test_a_quote_without_a_policy_follows_the_market(booking, hand):
    assert rent_back(booking) == 600_000
    hand.shift(30 * timedelta(hours=1))
    assert rent_back(booking) == 300_000


def test_a_booking_made_late_is_free_to_cancel_for_an_hour(renter, vehicle, hand):
    booking = paid_booking(
        renter=renter, vehicle=vehicle, period=a_period(starts_at=clock.now() + timedelta(hours=5), hours=24)
    )
    assert rent_back(booking) == 600_000
    hand.shift(timedelta(minutes=61))
    assert rent_back(booking) == 0


def test_the_rules_of_a_trip_count_from_when_it_was_booked(booking, change, hand):
    hand.shift(timedelta(hours=30))
    change(booking, start=240, end=240)
    booking.refresh_from_db()

    assert "hoàn nhiều nhất 50% tiền thuê" in booking_rules(booking)[0].text


def test_the_limits_are_those_of_todays_policy(django_assert_num_queries):
    make_policy(shortest_minutes=120, longest_days=7, furthest_ahead_days=30, lead_minutes=90)
    now = clock.now()

    with django_assert_num_queries(1):
        check_period(a_period(starts_at=now + DAY, hours=2))
    for starts_at, hours in (
        (now + DAY, 1),
        (now + DAY, 24 * 8),
        (now + 31 * DAY, 4),
        (now + timedelta(hours=1), 4),
    ):
        with pytest.raises(PeriodNotOffered):
            check_period(a_period(starts_at=starts_at, hours=hours))
    check_period(a_period(starts_at=now, hours=4), is_at_counter=True)


def test_a_given_policy_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        check_period(a_period(starts_at=clock.now() + DAY, hours=4), Policy())
