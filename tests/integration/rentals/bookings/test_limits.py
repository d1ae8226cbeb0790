from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.access.actors import operator_actor, renter_actor, staff_actor
from payments.intents.selectors import intents_of
from rentals.bookings.enums import BookingState, Channel
from rentals.bookings.errors import TooManyBookings, TooManyBookingsAhead, TooManyBookingsToday
from rentals.bookings.models import Booking
from rentals.bookings.services import hold_booking
from rentals.bookings.services.limits import Claims, claims_of
from rentals.policies.models import BookingPolicy
from rentals.pricing.services import make_quote
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_vehicle
from tests.reading import words_of
from voltgo.core import clock
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import NotAllowed

pytestmark = pytest.mark.usefixtures("morning")
LONG_AGO = timedelta(days=3)


def in_days(days, hours=2):
    return a_period(starts_at=clock.now() + timedelta(days=days), hours=hours)


def book(renter, vehicle, days, **fields):
    values = {"created_at": clock.now() - LONG_AGO, **fields}
    return make_booking(renter=renter, vehicle=vehicle, period=in_days(days), **values)


def hold(renter, station, car, *, by=None, days=30, **options):
    quote = make_quote(model=car, station=station, period=in_days(days))
    return hold_booking(
        renter=renter,
        quote=quote,
        idempotency_key=f"test:{quote.pk}",
        by=by or renter_actor(renter),
        **options,
    )


def test_claims_are_counted_by_what_they_hold_up(renter, stranger, free_car):
    book(renter, free_car, 1, state=BookingState.HELD, created_at=clock.now())
    book(renter, free_car, 2)
    book(renter, free_car, 3, state=BookingState.CANCELLED, created_at=clock.now())
    # Over, run out, somebody else's: none of these counts.
    book(renter, free_car, -5)
    book(renter, free_car, 4, state=BookingState.HELD, hold_expires_at=clock.now() - timedelta(minutes=1))
    book(stranger, free_car, 5, created_at=clock.now())

    assert claims_of(renter) == Claims(unpaid=1, ahead=2, today=2)


def test_an_offer_that_was_not_taken_does_not_use_up_the_day(renter, free_car):
    book(renter, free_car, 1, state=BookingState.EXPIRED, channel=Channel.WAITLIST, created_at=clock.now())

    assert claims_of(renter).today == 0


def test_the_day_is_a_day_in_vietnam(renter, free_car, morning):
    # Nine in the morning on Monday; an hour past midnight is still Sunday in UTC.
    book(renter, free_car, 1, created_at=clock.now() - timedelta(hours=8))
    book(renter, free_car, 2, created_at=clock.now() - timedelta(hours=10))

    assert claims_of(renter).today == 1


def test_the_count_is_one_query(renter, free_car, django_assert_num_queries):
    for days in range(1, 5):
        book(renter, free_car, days)

    with django_assert_num_queries(1):
        assert claims_of(renter).ahead == 4


@pytest.mark.parametrize(
    ("policy", "error"),
    [
        ({"most_unpaid_holds": 1}, TooManyBookings),
        ({"most_open_bookings": 1}, TooManyBookingsAhead),
        ({"most_bookings_a_day": 1}, TooManyBookingsToday),
    ],
)
def test_one_more_than_the_policy_allows_is_refused_and_writes_nothing(
    renter, ben_thanh, car, free_car, policy, error
):
    make_vehicle(station=ben_thanh, model=car)
    BookingPolicy.objects.create(valid_from=clock.today(), **policy)
    hold(renter, ben_thanh, car, days=1)

    with pytest.raises(error) as refusal:
        hold(renter, ben_thanh, car, days=2)

    assert refusal.value.details == {"limit": 1}
    assert str(refusal.value)
    assert Booking.objects.count() == 1


def test_another_renter_is_not_limited_by_the_first(renter, stranger, ben_thanh, car, free_car):
    BookingPolicy.objects.create(valid_from=clock.today(), most_open_bookings=1)
    hold(renter, ben_thanh, car, days=1)

    assert hold(stranger, ben_thanh, car, days=2).state == BookingState.HELD


def test_an_operator_may_let_one_more_pass_and_it_is_kept(renter, operator, ben_thanh, car, free_car):
    BookingPolicy.objects.create(valid_from=clock.today(), most_open_bookings=1)
    hold(renter, ben_thanh, car, days=1)

    booking = hold(renter, ben_thanh, car, days=2, by=operator_actor(operator), waives_limits=True)

    assert booking.state == BookingState.HELD
    assert AuditEvent.objects.get(action="booking.limits_waived").subject == f"user:{renter.public_id}"


@pytest.mark.parametrize("as_actor", [renter_actor, staff_actor])
def test_nobody_else_may_waive_a_limit(renter, ben_thanh, car, free_car, as_actor):
    with pytest.raises(NotAllowed):
        hold(renter, ben_thanh, car, by=as_actor(renter), waives_limits=True)

    assert Booking.objects.count() == 0


def test_a_channel_says_how_long_its_hold_lasts(renter, ben_thanh, car, free_car):
    booking = hold(renter, ben_thanh, car, hold_minutes=5)

    assert booking.allocation.hold_expires_at == clock.now() + timedelta(minutes=5)


def test_the_policy_says_how_long_any_other_hold_lasts(client, renter, ben_thanh, car, free_car):
    BookingPolicy.objects.create(valid_from=clock.today(), hold_minutes=25)
    booking = hold(renter, ben_thanh, car)

    assert booking.allocation.hold_expires_at == clock.now() + timedelta(minutes=25)
    assert intents_of(booking.reference).get().expires_at == booking.allocation.hold_expires_at
    # And the page says the same: the provider's page closes two minutes earlier.
    client.force_login(renter)
    quote = make_quote(model=car, station=ben_thanh, period=in_days(31))
    assert "23 phút" in words_of(client.get(reverse("rentals:quote-detail", args=[quote.pk])).content)
