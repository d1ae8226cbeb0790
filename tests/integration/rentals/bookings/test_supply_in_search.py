"""What renters see and may do while the supply guard is on."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.bookings.selectors.alternatives import alternatives_for
from rentals.bookings.selectors.at_station import model_here, offers_here
from rentals.bookings.selectors.availability import Place
from rentals.bookings.selectors.instead import instead_of
from rentals.bookings.selectors.search import Criteria, search
from rentals.pricing.services import make_quote
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.supply.models import SupplyRule
from tests.factories.rentals import a_period
from tests.factories.stations import make_station, make_vehicle
from tests.reading import words_of
from voltgo.core import clock
from voltgo.core.clock import Period

pytestmark = pytest.mark.usefixtures("morning")

SOON = {"from_day": "2026-11-23", "from_time": "10:00", "to_day": "2026-11-23", "to_time": "14:00"}
WORDS = "Trạm này tạm ngừng nhận đặt trước cho giờ gần; vẫn nhận khách đến trực tiếp."


def soon() -> Period:
    return a_period(starts_at=clock.now() + timedelta(hours=1), hours=4)


def later() -> Period:
    return a_period(starts_at=clock.now() + timedelta(hours=8), hours=4)


def rule(station: Station, *, threshold: int, reserve: int = 0) -> SupplyRule:
    return SupplyRule.objects.create(
        station=station, kind="car", safe_threshold=threshold, walk_in_reserve=reserve
    )


@pytest.fixture
def narrow(ben_thanh: Station, car: VehicleModel) -> Station:
    """Three cars where five should stand; two are kept for walk-ins."""
    for _number in range(3):
        make_vehicle(station=ben_thanh, model=car)
    rule(ben_thanh, threshold=5, reserve=2)
    return ben_thanh


@pytest.fixture
def paused(ben_thanh: Station, free_car: Vehicle) -> Station:
    """One car, kept for walk-ins."""
    rule(ben_thanh, threshold=2, reserve=1)
    return ben_thanh


def around(station: Station, period: Period) -> Criteria:
    return Criteria(Place.around(station), period)


class TestNarrow:
    def test_the_counts_are_cut_to_what_may_be_booked(self, narrow: Station) -> None:
        (found,) = search(around(narrow, soon())).open

        assert (found.free, found.is_narrow, found.is_paused) == (1, True, False)
        assert offers_here(narrow, soon()).free == 1

    def test_a_later_pickup_has_them_all(self, narrow: Station) -> None:
        (found,) = search(around(narrow, later())).open

        assert (found.free, found.is_narrow) == (3, False)

    def test_the_guard_costs_one_query_and_only_for_soon(
        self, narrow: Station, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(4):
            search(around(narrow, soon()))
        with django_assert_num_queries(3):
            search(around(narrow, later()))

    def test_the_search_page_takes_five_queries_at_most(
        self, client: Client, narrow: Station, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(5):
            words = words_of(client.get("/stations/", SOON | {"where": "station:ben-thanh"}).content)
        assert "1 xe trống" in words
        assert "đang hạn chế đặt trước" in words


class TestPaused:
    def test_the_station_is_listed_apart_without_vehicles(self, paused: Station) -> None:
        result = search(around(paused, soon()))

        assert (result.free, [found.station for found in result.paused]) == (0, [paused])

    def test_the_station_page_says_so_and_shows_the_way(self, client: Client, paused: Station) -> None:
        content = client.get("/stations/ben-thanh/", SOON).content

        assert WORDS in words_of(content)
        assert 'href="/stations/?where=station:ben-thanh&amp;from_day=2026-11-23' in content.decode()

    def test_the_model_page_has_no_button_but_the_way_on(
        self, client: Client, paused: Station, car: VehicleModel
    ) -> None:
        content = client.get(f"/stations/{paused.slug}/models/{car.slug}/", SOON).content

        assert WORDS in words_of(content)
        assert "Chốt giá này" not in words_of(content)
        here = model_here(paused, car, soon())
        assert here is not None
        assert (here.is_paused, here.is_bookable, here.count) == (True, False, 0)

    def test_the_list_says_so_and_offers_other_times_and_places(
        self, client: Client, paused: Station, car: VehicleModel
    ) -> None:
        # Too far for the search, near enough to be told of.
        other = make_station(name="Thủ Đức", latitude=paused.latitude + 0.2, longitude=paused.longitude)
        make_vehicle(station=other, model=car)

        words = words_of(client.get("/stations/", SOON | {"where": "station:ben-thanh"}).content)

        assert "Tạm ngừng nhận đặt trước" in words
        assert "Bến Thành" in words
        assert "Thủ Đức" in words

    def test_other_times_begin_where_the_guard_ends(self, paused: Station) -> None:
        period = a_period(starts_at=clock.now() + timedelta(hours=5), hours=2)

        periods = instead_of(around(paused, period)).periods

        assert [at.starts_at - clock.now() for at in periods] == [
            timedelta(hours=6), timedelta(hours=7), timedelta(hours=8)
        ]  # fmt: skip

    def test_a_hold_is_refused_politely_and_nothing_is_written(
        self, client: Client, renter: User, paused: Station, car: VehicleModel
    ) -> None:
        other = make_station(name="Chợ Lớn", latitude=paused.latitude + 0.02, longitude=paused.longitude)
        make_vehicle(station=other, model=car)
        quote = make_quote(model=car, station=paused, period=soon())
        client.force_login(renter)

        answer = client.post(f"/quotes/{quote.pk}/hold/")

        assert answer.status_code == 409
        assert "Trạm này tạm ngừng nhận đặt trước" in words_of(answer.content)
        assert "Chợ Lớn" in words_of(answer.content)
        assert not Booking.objects.exists()

    def test_alternatives_never_name_what_is_paused(
        self, paused: Station, car: VehicleModel, scooter: VehicleModel
    ) -> None:
        quote = make_quote(model=car, station=paused, period=soon())
        make_vehicle(station=paused, model=scooter)

        # Nothing of the kind may be booked here for soon, and a scooter is no car.
        assert alternatives_for(quote) == []

    def test_it_reopens_when_vehicles_stand_ready_again(self, paused: Station, car: VehicleModel) -> None:
        late = make_vehicle(station=paused, model=car, condition=Condition.PREPARATION)
        assert search(around(paused, soon())).free == 0

        Vehicle.objects.filter(pk=late.pk).update(condition=Condition.READY)
        assert search(around(paused, soon())).free == 2
