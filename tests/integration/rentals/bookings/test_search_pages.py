import json
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.users.models import User
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import make_allocation, make_car_model, make_city, make_station, make_vehicle
from tests.reading import page, words_of
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("morning")

LIST = reverse("rentals:station-list")
# Tuesday, 09:00 to 13:00.
TOMORROW = {"from_day": "2026-11-24", "from_time": "09:00", "to_day": "2026-11-24", "to_time": "13:00"}


class TestHome:
    def test_it_shows_the_stations_that_are_open_now_with_live_counts(
        self, client: Client, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        make_station(name="Trạm đóng cửa", hours=(840, 1320))

        words = page(client, "/")

        assert "Đang mở ở TP. Hồ Chí Minh" in words
        assert "Bến Thành" in words
        assert "1 xe" in words
        assert "mở 24 giờ" in words
        assert "Trạm đóng cửa" not in words.split("Đang mở ở")[1]

    def test_it_starts_from_a_period_that_can_be_booked(self, client: Client, ben_thanh: Station) -> None:
        form = client.get("/").context["form"]

        assert form.errors == {}
        assert form.period == a_period(starts_at=clock.now() + timedelta(hours=1), hours=4)

    def test_it_works_before_any_station_exists(self, client: Client) -> None:
        words = page(client, "/")

        assert "Không có trạm nào đang mở lúc này" in words

    def test_another_city_can_be_looked_at(self, client: Client, ben_thanh: Station) -> None:
        hanoi = make_city(slug="ha-noi", name="Hà Nội", latitude=21.03, longitude=105.85)
        make_station(city=hanoi, name="Hồ Gươm", latitude=21.03, longitude=105.85)

        words = page(client, "/", {"where": "city:ha-noi"})

        assert "Hồ Gươm" in words.split("Đang mở ở Hà Nội")[1]

    def test_three_queries_do(
        self,
        client: Client,
        ben_thanh: Station,
        free_car: Vehicle,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _number in range(5):
            make_vehicle(station=make_station(), model=free_car.model)

        # The places to choose from; what is free; the hours.
        with django_assert_num_queries(3):
            client.get("/")


class TestResults:
    def test_stations_with_vehicles_show_count_and_cheapest_whole_price(
        self, client: Client, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        words = page(client, LIST, {"where": "city:ho-chi-minh", **TOMORROW})

        assert "Xe điện trống ở TP. Hồ Chí Minh" in words
        assert "09:00 → 13:00 T3 24/11/2026 · 1 xe trống" in words
        assert "từ 400.000 ₫" in words
        assert "VF 5" in words

    def test_a_bare_address_searches_with_sensible_values(self, client: Client, free_car: Vehicle) -> None:
        assert "1 xe trống" in page(client, LIST)

    def test_the_station_that_was_asked_for_has_no_distance_to_itself(
        self, client: Client, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        words = page(client, LIST, {"where": "station:ben-thanh"})

        assert "1 xe trống" in words
        assert "cách 0 km" not in words

    def test_near_me_sorts_by_distance_and_stays_chosen(
        self, client: Client, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        query = {"where": "city:ho-chi-minh", "lat": "10.7800", "lon": "106.7000"}

        response = client.get(LIST, query)

        words = words_of(response.content)
        assert "Xe điện trống gần bạn" in words
        assert "cách 0,9 km" in words
        # The position becomes one of the choices, so that another place can be chosen after it.
        assert '<option value="10.7800,106.7000" selected>' in response.content.decode()
        assert response.context["form"]["lat"].value() == ""

    def test_near_a_station_its_neighbours_follow(
        self, client: Client, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        other = make_station(name="Ga Sài Gòn", latitude=10.7823, longitude=106.6772)
        make_vehicle(station=other, model=free_car.model)

        words = page(client, LIST, {"where": "station:ben-thanh", **TOMORROW})

        assert "Xe điện trống gần Bến Thành" in words
        assert "cách 2,6 km" in words

    def test_filters_and_order_are_kept(self, client: Client, free_car: Vehicle) -> None:
        query = {**TOMORROW, "kind": "car", "seats": "5", "range": "300", "sort": "price"}

        form = client.get(LIST, query).context["form"]

        assert form.criteria.kind == "car"
        assert (form.criteria.minimum_seats, form.criteria.minimum_range_km) == (5, 300)
        assert form.criteria.sort == "price"

    def test_links_carry_the_period_to_the_station(self, client: Client, free_car: Vehicle) -> None:
        content = client.get(LIST, {**TOMORROW, "kind": "car"}).content.decode()

        query = (
            "from_day=2026-11-24&amp;from_time=09%3A00&amp;to_day=2026-11-24&amp;to_time=13%3A00&amp;kind=car"
        )
        assert f'href="/stations/ben-thanh/?{query}"' in content

    def test_the_map_gets_every_open_station(
        self, client: Client, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        make_station(name="Hết xe", latitude=10.78)

        content = client.get(LIST, {**TOMORROW, "view": "map"}).content.decode()

        found = re.search(r'<script type="application/json">(.*?)</script>', content)
        assert found is not None
        pins = json.loads(found[1])
        assert {pin["name"]: pin["free"] for pin in pins} == {"Bến Thành": 1, "Hết xe": 0}
        assert pins[-1]["url"].startswith("/stations/ben-thanh/?from_day=2026-11-24")

    def test_a_closed_station_is_named_with_the_nearest_time(self, client: Client, free_car: Vehicle) -> None:
        make_station(name="Chợ Lớn", hours=(600, 1200))

        words = page(client, LIST, TOMORROW)

        closed = words.split("Đóng cửa vào giờ bạn chọn")[1]
        assert "Chợ Lớn" in closed
        assert "10:00 → 13:00 T3 24/11/2026" in closed

    def test_nothing_free_offers_other_times_and_other_places(
        self, client: Client, free_car: Vehicle, car: VehicleModel
    ) -> None:
        taken = a_period(starts_at=clock.now() + timedelta(days=1), hours=4)
        make_allocation(vehicle=free_car, period=taken)
        far = make_station(name="Biên Hòa", latitude=10.95, longitude=106.82)
        make_vehicle(station=far, model=car)

        response = client.get(LIST, {"where": "station:ben-thanh", **TOMORROW})

        words = words_of(response.content)
        assert "Không còn xe nào hợp trong khung giờ này" in words
        assert "13:00 → 17:00" not in words
        assert "Biên Hòa" in words.split("Cùng giờ, ở trạm khác")[1]
        assert "from_day=2026-11-25&amp;from_time=09%3A00" in response.content.decode()

    def test_far_from_any_station_the_cities_are_offered(self, client: Client, free_car: Vehicle) -> None:
        response = client.get(LIST, {**TOMORROW, "lat": "12.2388", "lon": "109.1967"})

        assert "Quanh đây chưa có trạm VoltGo" in words_of(response.content)
        (city,) = response.context["cities"]
        assert "where=city%3Aho-chi-minh" in city["href"]
        assert "lat=" not in city["href"]
        assert "1 xe trống" in page(client, LIST + city["href"])

    def test_filters_that_leave_nothing_can_be_dropped(self, client: Client, free_car: Vehicle) -> None:
        response = client.get(LIST, {**TOMORROW, "seats": "7", "sort": "price"})

        address = response.context["without_filters"]
        assert "seats" not in address
        assert "sort=price" in address
        assert "1 xe trống" in page(client, LIST + address)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"from_day": "2026-11-22"}, "Giờ này đã qua. Hãy chọn giờ muộn hơn."),
            ({"to_time": "08:00"}, "Hãy chọn giờ sau giờ nhận xe."),
            ({"to_time": "09:30"}, "Thuê ít nhất 1 giờ."),
            ({"to_day": "2027-02-24"}, "Mỗi lần thuê tối đa 60 ngày."),
            (
                {"from_day": "2027-11-24", "to_day": "2027-11-25"},
                "Chỉ đặt trước được tối đa 180 ngày.",
            ),
            ({"from_day": ""}, "Chọn ngày nhận xe."),
            ({"where": "city:paris"}, "Chọn một thành phố hoặc một trạm."),
        ],
    )
    def test_what_cannot_be_searched_is_said_at_the_field_and_kept(
        self, client: Client, free_car: Vehicle, changes: dict[str, str], message: str
    ) -> None:
        query = {"where": "city:ho-chi-minh", **TOMORROW, **changes}

        response = client.get(LIST, query)

        words = words_of(response.content)
        assert response.status_code == 200
        assert "Có lỗi cần sửa" in words
        # Once in the summary, once at the field.
        assert words.count(message) == 2
        assert {name: response.context["form"][name].value() for name in query} == query
        assert "xe trống ·" not in words

    def test_the_number_of_queries_does_not_grow_with_the_stations(
        self,
        client: Client,
        free_car: Vehicle,
        scooter: VehicleModel,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _number in range(8):
            station = make_station()
            make_vehicle(station=station, model=free_car.model)
            make_vehicle(station=station, model=scooter)

        # The places to choose from; what is free; the hours; the prices.
        with django_assert_num_queries(4):
            client.get(LIST, TOMORROW)


class TestStation:
    address = "/stations/ben-thanh/"

    def test_it_counts_the_vehicles_of_the_kind_that_was_chosen(
        self, client: Client, free_car: Vehicle
    ) -> None:
        assert "1 xe trống" in page(client, self.address, TOMORROW | {"kind": "car"})
        assert "0 xe trống" in page(client, self.address, TOMORROW | {"kind": "scooter"})

    def test_it_shows_what_is_free_with_price_deposit_charge_and_licence(
        self, client: Client, free_car: Vehicle
    ) -> None:
        words = page(client, self.address, TOMORROW)

        assert "1 xe trống" in words
        assert "VinFast VF 5" in words
        assert "400.000 ₫ trọn gói, cọc 3.000.000 ₫" in words
        # It stands at a charger until tomorrow.
        assert "100%" in words
        assert "326 km" in words
        assert "5 chỗ · 326 km mỗi lần sạc · Giấy phép hạng B trở lên, từ 18 tuổi" in words

    def test_it_shows_address_hours_telephone_and_the_way(self, client: Client, ben_thanh: Station) -> None:
        content = client.get(self.address).content.decode()

        words = words_of(content.encode())
        assert ben_thanh.address in words
        assert "Mọi ngày Mở 24 giờ" in words
        assert 'href="tel:02838220000"' in content
        assert "destination=10.77190,106.69830" in content

    def test_one_kind_can_be_shown_alone(
        self, client: Client, free_car: Vehicle, scooter: VehicleModel
    ) -> None:
        make_vehicle(station=free_car.station, model=scooter)

        words = page(client, self.address, {**TOMORROW, "kind": "scooter"})

        assert "Feliz S" in words
        assert "VF 5" not in words

    def test_closed_times_are_refused_with_the_nearest_open_one(
        self, client: Client, car: VehicleModel
    ) -> None:
        station = make_station(slug="cho-lon", hours=(600, 1200))
        make_vehicle(station=station, model=car)

        words = page(client, "/stations/cho-lon/", TOMORROW)

        assert "Trạm đóng cửa vào giờ này. Gần nhất là 10:00 T3 24/11/2026." in words
        assert "VF 5" not in words

    def test_without_a_period_it_starts_from_open_hours(self, client: Client) -> None:
        make_station(slug="cho-lon", hours=(840, 1200))

        form = client.get("/stations/cho-lon/").context["form"]

        assert form.period == a_period(starts_at=clock.now() + timedelta(hours=5), hours=4)

    def test_nothing_free_leads_to_the_stations_nearby(self, client: Client, ben_thanh: Station) -> None:
        response = client.get(self.address, TOMORROW)

        assert "Không còn xe hợp ở trạm này" in words_of(response.content)
        assert "/stations/?where=station:ben-thanh&amp;from_day=2026-11-24" in response.content.decode()

    def test_a_closed_down_station_is_not_found(self, client: Client, ben_thanh: Station) -> None:
        Station.objects.update(is_active=False)

        assert client.get(self.address).status_code == 404

    def test_six_queries_do(
        self,
        client: Client,
        free_car: Vehicle,
        scooter: VehicleModel,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for _number in range(5):
            make_vehicle(station=free_car.station, model=free_car.model)
            make_vehicle(station=free_car.station, model=scooter)

        # The station; its hours; the limits; the prices; the vehicles; their claims before the pickup.
        with django_assert_num_queries(6):
            client.get(self.address, TOMORROW)


class TestModel:
    address = "/stations/ben-thanh/models/vf-5/"

    def test_it_shows_price_lines_rules_and_what_is_left(self, client: Client, free_car: Vehicle) -> None:
        words = page(client, self.address, TOMORROW)

        assert "Giá cho 4 giờ" in words
        assert "Thuê 4 giờ × 100.000 ₫" in words
        assert "Tổng cộng 400.000 ₫" in words
        assert "Cọc 3.000.000 ₫ tính riêng" in words
        assert "50 km trong giá (300 km mỗi ngày). Vượt: 5.000 ₫ mỗi km." in words
        assert "Miễn phí đến 09:00 T2 23/11/2026." in words
        assert "còn 1 xe" in words

    def test_each_vehicle_can_be_chosen_when_there_are_several(
        self, client: Client, free_car: Vehicle
    ) -> None:
        other = make_vehicle(station=free_car.station, model=free_car.model)

        content = client.get(self.address, TOMORROW).content.decode()

        assert f"/vehicles/{other.code}/?from_day=2026-11-24" in content
        # The plate is the business of whoever rents it.
        assert other.plate not in content

    def test_nothing_left_offers_no_button(self, client: Client, free_car: Vehicle) -> None:
        make_allocation(vehicle=free_car, period=a_period(starts_at=clock.now() + timedelta(days=1)))

        words = page(client, self.address, TOMORROW)

        assert "Mẫu này đã hết xe trong khung giờ đã chọn." in words
        assert "Chốt giá này" not in words

    def test_a_model_without_a_price_says_so(self, client: Client, ben_thanh: Station) -> None:
        make_vehicle(station=ben_thanh, model=make_car_model(slug="new"))

        assert "Mẫu xe này chưa có giá" in page(client, "/stations/ben-thanh/models/new/", TOMORROW)

    def test_an_unknown_model_is_not_found(self, client: Client, ben_thanh: Station) -> None:
        assert client.get("/stations/ben-thanh/models/tesla/").status_code == 404


class TestVehicle:
    def test_it_shows_its_charge_and_its_own_offer(self, client: Client, free_car: Vehicle) -> None:
        response = client.get(f"/vehicles/{free_car.code}/", TOMORROW)

        words = words_of(response.content)
        assert free_car.code in words
        assert "90%" in words
        assert "Chốt giá này" in words
        assert f'name="vehicle" value="{free_car.code}"' in response.content.decode()

    def test_a_taken_vehicle_leads_to_its_sisters(self, client: Client, free_car: Vehicle) -> None:
        make_vehicle(station=free_car.station, model=free_car.model)
        make_allocation(vehicle=free_car, period=a_period(starts_at=clock.now() + timedelta(days=1)))

        words = page(client, f"/vehicles/{free_car.code}/", TOMORROW)

        assert "Chiếc này không còn trống trong khung giờ đã chọn." in words
        assert "Chốt giá này" not in words

    @pytest.mark.parametrize("lifecycle", ["draft", "suspended", "retired"])
    def test_a_vehicle_out_of_service_is_not_found(
        self, client: Client, free_car: Vehicle, lifecycle: str
    ) -> None:
        Vehicle.objects.update(lifecycle=lifecycle)

        assert client.get(f"/vehicles/{free_car.code}/").status_code == 404


def test_signing_in_changes_nothing_of_the_search(client: Client, renter: User, free_car: Vehicle) -> None:
    make_tariff(model=make_car_model())
    client.force_login(renter)

    assert "1 xe trống" in page(client, LIST, TOMORROW)
