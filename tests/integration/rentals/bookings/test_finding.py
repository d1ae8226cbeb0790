"""Search by licence and by the charge at pickup; the calendar; the form's places."""

from datetime import date, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.access.actors import renter_actor
from accounts.users.models import User
from rentals.bookings.month import DayState
from rentals.bookings.selectors import places as places_module
from rentals.bookings.selectors.at_station import model_here
from rentals.bookings.selectors.availability import Place, stations_in_reach
from rentals.bookings.selectors.calendar import month_of
from rentals.bookings.selectors.instead import other_times
from rentals.bookings.selectors.licences import HELD, Licences, licences_for, may_drive
from rentals.bookings.selectors.places import search_places
from rentals.bookings.selectors.search import Criteria, search
from rentals.bookings.services.hold import hold_booking
from rentals.policies.models import BookingPolicy
from rentals.policies.rules import Policy
from rentals.pricing.services import make_quote
from stations.fleet.enums import LegalCategory
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from stations.network.selectors import openings_of
from stations.timeline.enums import AllocationState
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import (
    make_allocation,
    make_car_model,
    make_city,
    make_scooter_model,
    make_station,
    make_vehicle,
)
from tests.reading import words_of
from voltgo.core import clock
from voltgo.core.clock import Period

pytestmark = pytest.mark.usefixtures("morning")

TOMORROW = {"from_day": "2026-11-24", "from_time": "09:00", "to_day": "2026-11-24", "to_time": "13:00"}


def in_hours(start: float, hours: int = 4) -> Period:
    return a_period(starts_at=clock.now() + timedelta(hours=start), hours=hours)


def around(station: Station, period: Period, **filters: object) -> Criteria:
    return Criteria(Place.around(station), period, **filters)  # type: ignore[arg-type]


class TestChargeAtPickup:
    def test_the_range_asked_for_is_the_one_at_the_pickup(
        self, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        # 50 % now is 163 km; at 7.4 kW it gains 17.8 % an hour.
        Vehicle.objects.update(battery_percent=50)

        def free(hours: float) -> int:
            return search(around(ben_thanh, in_hours(hours), minimum_range_km=200)).free

        assert [free(hours) for hours in (0, 0.5, 1, 24)] == [0, 0, 1, 1]

    def test_a_rental_before_the_pickup_takes_from_it(self, ben_thanh: Station, free_car: Vehicle) -> None:
        period = in_hours(8)
        wanted = around(ben_thanh, period, minimum_range_km=300)
        assert search(wanted).free == 1

        make_allocation(vehicle=free_car, period=in_hours(0, hours=8))
        assert search(wanted).free == 0

    def test_stations_are_sorted_by_the_range_to_expect(self, ben_thanh: Station, free_car: Vehicle) -> None:
        far = make_station(latitude=ben_thanh.latitude + 0.02, longitude=ben_thanh.longitude)
        make_vehicle(station=far, model=free_car.model, battery_percent=98)

        found = search(around(ben_thanh, in_hours(0.5), sort="range")).open

        assert [offer.station for offer in found] == [far, ben_thanh]
        assert found[0].offers[0].at_pickup is not None

    def test_one_by_one_finds_what_by_model_finds(self, ben_thanh: Station, free_car: Vehicle) -> None:
        make_vehicle(station=ben_thanh, model=free_car.model, battery_percent=55)
        make_vehicle(station=ben_thanh, model=make_scooter_model())
        for hours in (0.5, 5, 30):
            (by_model,) = stations_in_reach(Place.around(ben_thanh), in_hours(hours))
            (singly,) = stations_in_reach(Place.around(ben_thanh), in_hours(hours), one_by_one=True)
            assert sorted(singly.free, key=repr) == sorted(by_model.free, key=repr)

    def test_a_strong_charger_helps(self, ben_thanh: Station, free_car: Vehicle) -> None:
        Vehicle.objects.update(battery_percent=50)
        wanted = around(ben_thanh, in_hours(1), minimum_range_km=250)
        assert search(wanted).free == 0

        Station.objects.update(charger_kw=22)
        assert search(wanted).free == 1

    def test_the_pages_show_it(self, client: Client, free_car: Vehicle) -> None:
        Vehicle.objects.update(battery_percent=60)

        words = words_of(client.get(f"/vehicles/{free_car.code}/", TOMORROW).content)

        assert "60%" in words
        assert "Dự kiến khi nhận xe: pin 100%, đi được khoảng 326 km." in words


class TestLicences:
    @pytest.mark.parametrize(
        ("held", "moped", "light", "heavy", "car"),
        [
            ("none", True, False, False, False),
            ("A1", True, True, False, False),
            ("A", True, True, True, False),
            ("B", True, False, False, True),
            ("A1+B", True, True, False, True),
        ],
    )
    def test_classes_let_the_models_of_the_law_pass(
        self,
        held: str,
        moped: bool,
        light: bool,
        heavy: bool,
        car: bool,
    ) -> None:
        models = [
            make_scooter_model(category=LegalCategory.MOPED, power_kw=2, max_speed_kmh=49),
            make_scooter_model(power_kw=3),
            make_scooter_model(power_kw=20),
            make_car_model(),
        ]
        assert [may_drive(model, HELD[held]) for model in models] == [moped, light, heavy, car]

    def test_the_search_is_narrowed_by_the_class_that_i_hold(
        self, ben_thanh: Station, free_car: Vehicle, scooter: VehicleModel
    ) -> None:
        make_vehicle(station=ben_thanh, model=scooter)
        licences = Licences(classes=HELD["A1"])

        (found,) = search(around(ben_thanh, in_hours(24), licences=licences)).open

        assert [offer.model for offer in found.offers] == [scooter]

    def test_a_persons_own_papers_decide_in_one_query(
        self,
        renter: User,
        newcomer: User,
        car: VehicleModel,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        with django_assert_num_queries(1):
            mine = licences_for("mine", renter)
        assert mine.allow(car, in_hours(24))
        assert not licences_for("mine", newcomer).allow(car, in_hours(24))
        assert licences_for("mine", None).allow(car, in_hours(24))

    def test_the_form_offers_my_papers_only_when_i_am_signed_in(
        self, client: Client, renter: User, free_car: Vehicle
    ) -> None:
        assert "Theo giấy tờ của tôi" not in client.get("/stations/", TOMORROW).content.decode()
        client.force_login(renter)
        answer = client.get("/stations/", TOMORROW | {"licence": "mine"})
        assert "Theo giấy tờ của tôi" in answer.content.decode()
        assert answer.context["free"] == 1


class TestOtherTimes:
    def test_they_are_what_a_search_at_those_times_would_find(
        self, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        make_allocation(vehicle=free_car, period=in_hours(23, hours=6))
        criteria = around(ben_thanh, in_hours(24, hours=2))

        found = other_times(criteria)

        assert found == [
            period
            for shift in (1, -1, 2, -2, 3, -3, 24)
            if search(criteria.moved_to(period := in_hours(24 + shift, hours=2))).free
        ]
        assert in_hours(48, hours=2) in found

    def test_however_many_are_tried_the_queries_are_few(
        self, ben_thanh: Station, free_car: Vehicle, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _number in range(4):
            make_station()
        # The times; the hours; the prices of two days.
        with django_assert_num_queries(4):
            assert len(other_times(around(ben_thanh, in_hours(30)))) == 7


class TestRoom:
    def test_a_model_is_offered_where_others_can_be_moved(
        self, ben_thanh: Station, free_car: Vehicle, renter: User, stranger: User
    ) -> None:
        make_vehicle(station=ben_thanh, model=free_car.model)
        model = free_car.model
        for user, start in ((renter, 24), (stranger, 29)):
            quote = make_quote(model=model, station=ben_thanh, period=in_hours(start))
            hold_booking(renter=user, quote=quote, idempotency_key="1", by=renter_actor(user))
        here = model_here(ben_thanh, model, in_hours(24, hours=9))

        assert here is not None
        # Either both bookings lie on one vehicle, or one of them can be moved beside the other.
        assert here.is_bookable
        assert here.can_make_room == (here.count == 0)


class TestPlaces:
    def test_the_limits_come_with_the_places_in_one_query(
        self, ben_thanh: Station, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        make_station(city=make_city(slug="ha-noi", name="Hà Nội", name_en="Hanoi"), name="Cầu Giấy")
        make_station(is_active=False)
        with django_assert_num_queries(1):
            places = search_places()
            assert [station.city.slug for station in places.stations] == ["ha-noi", "ho-chi-minh"]
        assert places.policy == Policy()

        BookingPolicy.objects.create(valid_from=date(2026, 1, 1), longest_days=10)
        assert search_places().policy == Policy(longest_days=10)

    def test_a_large_network_lists_the_stations_of_the_chosen_city(
        self, ben_thanh: Station, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(places_module, "PLACES", places_module.PLACES.replace("<= 80", "<= 1"))
        hanoi = make_city(slug="ha-noi", name="Hà Nội", name_en="Hanoi")
        make_station(city=hanoi, name="Cầu Giấy", slug="cau-giay")

        assert [city.slug for city in search_places().cities] == ["ha-noi", "ho-chi-minh"]
        assert search_places().stations == []
        assert [each.slug for each in search_places("city:ha-noi").stations] == ["cau-giay"]
        assert [each.slug for each in search_places("station:ben-thanh").stations] == ["ben-thanh"]

    def test_the_form_keeps_to_the_policy(self, client: Client, free_car: Vehicle) -> None:
        BookingPolicy.objects.create(valid_from=date(2026, 1, 1), longest_days=2, lead_minutes=120)

        def errors(**values: str) -> str:
            return str(client.get("/stations/", TOMORROW | values).context["form"].errors)

        assert "Mỗi lần thuê tối đa 2 ngày." in errors(to_day="2026-11-27")
        assert "Hãy đặt trước ít nhất 2 giờ." in errors(
            from_day="2026-11-23", from_time="10:30", to_day="2026-11-23"
        )


class TestCalendar:
    def month(
        self, vehicle: Vehicle, *, alone: bool = True, month: date = date(2026, 11, 1)
    ) -> dict[date, DayState]:
        station = vehicle.station
        now = clock.now()
        opening = openings_of([station.pk], Period(now, now + timedelta(days=60)))[station.pk]
        shown = month_of(
            station,
            vehicle.model,
            opening,
            month=month,
            period=in_hours(24),
            vehicle=vehicle if alone else None,
        )
        return {day.date: day.state for week in shown.weeks for day in week}

    def test_a_vehicles_claims_make_its_days_busy(self, free_car: Vehicle) -> None:
        make_allocation(vehicle=free_car, period=in_hours(15 + 24, hours=24))
        make_allocation(vehicle=free_car, period=in_hours(24 * 4, hours=3))
        make_allocation(
            vehicle=free_car, period=in_hours(24 * 6, hours=3), state=AllocationState.HELD,
            hold_expires_at=clock.now(),
        )  # fmt: skip

        days = self.month(free_car)

        assert days[date(2026, 11, 22)] == DayState.PAST
        assert days[date(2026, 11, 25)] == DayState.BUSY
        assert days[date(2026, 11, 27)] == DayState.PARTLY
        assert days[date(2026, 11, 29)] == DayState.FREE

    def test_a_model_is_free_as_long_as_one_vehicle_is(self, free_car: Vehicle) -> None:
        make_vehicle(station=free_car.station, model=free_car.model)
        make_allocation(vehicle=free_car, period=in_hours(15 + 24, hours=24))

        assert self.month(free_car, alone=False)[date(2026, 11, 25)] == DayState.FREE
        assert self.month(free_car)[date(2026, 11, 25)] == DayState.BUSY

    def test_one_query_whatever_the_history(
        self, free_car: Vehicle, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(1, 20):
            make_allocation(vehicle=free_car, period=in_hours(-10 * number), state=AllocationState.RELEASED)
        with django_assert_num_queries(2):
            self.month(free_car)

    def test_the_page_shows_it_with_words_links_and_the_months_beside(
        self, client: Client, free_car: Vehicle
    ) -> None:
        make_allocation(vehicle=free_car, period=in_hours(15 + 24, hours=24))

        content = client.get(f"/vehicles/{free_car.code}/", TOMORROW).content.decode()
        words = words_of(content.encode())

        assert "Tháng 11/2026" in words
        assert "25 : hết xe" in words
        assert "26 : còn trống. Chọn 09:00 T5 26/11/2026 đến 13:00 T5 26/11/2026" in words
        assert "month=2026-12#calendar" in content
        assert "month=2026-10" not in content
        following = client.get(f"/vehicles/{free_car.code}/", TOMORROW | {"month": "2026-12"})
        assert "Tháng 12/2026" in words_of(following.content)

    def test_a_month_beyond_the_horizon_is_drawn_inside(self, client: Client, free_car: Vehicle) -> None:
        for asked, shown in (
            ("2020-01", "Tháng 11/2026"),
            ("2099-01", "Tháng 5/2027"),
            ("x", "Tháng 11/2026"),
        ):
            answer = client.get(f"/vehicles/{free_car.code}/", TOMORROW | {"month": asked})
            assert shown in words_of(answer.content)

    def test_a_day_leads_to_a_period_that_can_be_had(self, client: Client, free_car: Vehicle) -> None:
        make_allocation(vehicle=free_car, period=in_hours(24, hours=3))
        answer = client.get(f"/vehicles/{free_car.code}/", TOMORROW)
        days = [day for week in answer.context["calendar"]["weeks"] for day in week]
        (day,) = [day for day in days if day["number"] == 24 and not day["is_other_month"]]

        assert day["state"] == "partly"
        followed = client.get(f"/vehicles/{free_car.code}/{day['href'].partition('#')[0]}")
        assert followed.context["is_free"]


def test_tariffs_of_the_station_itself_count_in_the_search(ben_thanh: Station, free_car: Vehicle) -> None:
    make_tariff(model=free_car.model, station=ben_thanh, hour_amount=10_000)

    (found,) = search(around(ben_thanh, in_hours(24))).open

    assert found.cheapest == 40_000
