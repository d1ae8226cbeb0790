from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from payments.invoices.tax_models import TaxRule
from rentals.bookings.selectors.alternatives import alternatives_for
from rentals.bookings.selectors.at_station import model_here, offers_here
from rentals.bookings.selectors.availability import Place
from rentals.bookings.selectors.instead import instead_of
from rentals.bookings.selectors.search import Criteria, open_now, search
from rentals.pricing.errors import NoTariff
from rentals.pricing.models import Tariff
from rentals.pricing.services import make_quote, price_for
from stations.fleet.models import Vehicle, VehicleModel
from stations.network.models import Station
from tests.factories.rentals import a_period, make_tariff
from tests.factories.stations import (
    make_allocation,
    make_car_model,
    make_city,
    make_closure,
    make_station,
    make_vehicle,
)
from voltgo.core import clock
from voltgo.core.clock import Period

pytestmark = pytest.mark.usefixtures("morning")

DAYTIME = (360, 1320)


def tomorrow(*, hours: int = 4, at: int = 0) -> Period:
    """From nine tomorrow, shifted by `at` hours."""
    return a_period(starts_at=clock.now() + timedelta(days=1, hours=at), hours=hours)


def around(station: Station, period: Period | None = None, **filters: Any) -> Criteria:
    return Criteria(Place.around(station), period or tomorrow(), **filters)


class TestSearch:
    def test_stations_show_their_models_with_the_whole_price(
        self, ben_thanh: Station, car: VehicleModel, scooter: VehicleModel
    ) -> None:
        make_vehicle(station=ben_thanh, model=car)
        make_vehicle(station=ben_thanh, model=scooter)
        make_vehicle(station=ben_thanh, model=scooter)

        (found,) = search(around(ben_thanh)).open

        assert [(offer.model, offer.count, offer.price.total) for offer in found.offers] == [
            (scooter, 2, 80_000),
            (car, 1, 400_000),
        ]
        assert (found.free, found.cheapest) == (3, 80_000)

    def test_the_price_is_the_one_that_a_quote_will_have(self, free_car: Vehicle) -> None:
        period = tomorrow(hours=30)

        (found,) = search(around(free_car.station, period)).open

        quote = make_quote(model=free_car.model, station=free_car.station, period=period)
        assert found.offers[0].price.total == quote.total_amount == 1_200_000
        assert found.offers[0].price == price_for(
            model=free_car.model, station=free_car.station, period=period
        )

    def test_a_citys_own_tariff_beats_the_general_one(self, free_car: Vehicle) -> None:
        make_tariff(model=free_car.model, city=free_car.station.city, hour_amount=50_000)

        (found,) = search(around(free_car.station)).open

        assert found.cheapest == 200_000

    def test_the_tariff_is_that_of_the_pickup_day(self, free_car: Vehicle) -> None:
        Tariff.objects.update(valid_until=clock.today() + timedelta(days=5))
        make_tariff(model=free_car.model, valid_from=clock.today() + timedelta(days=6), hour_amount=150_000)
        later = tomorrow(at=24 * 5)

        assert search(around(free_car.station)).open[0].cheapest == 400_000
        assert search(around(free_car.station, later)).open[0].cheapest == 600_000

    def test_a_model_without_a_price_is_not_offered(self, ben_thanh: Station, free_car: Vehicle) -> None:
        make_vehicle(station=ben_thanh, model=make_car_model())

        (found,) = search(around(ben_thanh)).open

        assert [offer.model for offer in found.offers] == [free_car.model]

    def test_no_tax_rate_is_a_refusal_and_not_a_price_without_tax(self, free_car: Vehicle) -> None:
        TaxRule.objects.all().delete()

        with pytest.raises(NoTariff):
            search(around(free_car.station))

    @pytest.mark.parametrize(
        ("filters", "names"),
        [
            ({}, ["Feliz S", "VF 5"]),
            ({"kind": "car"}, ["VF 5"]),
            ({"kind": "scooter"}, ["Feliz S"]),
            ({"minimum_seats": 5}, ["VF 5"]),
            ({"minimum_seats": 7}, []),
            ({"minimum_range_km": 300}, ["VF 5"]),
        ],
    )
    def test_filters_narrow_the_models(
        self,
        ben_thanh: Station,
        free_car: Vehicle,
        scooter: VehicleModel,
        filters: dict[str, Any],
        names: list[str],
    ) -> None:
        make_vehicle(station=ben_thanh, model=scooter)

        (found,) = search(around(ben_thanh, **filters)).open

        assert [offer.model.name for offer in found.offers] == names

    def test_by_price_the_cheapest_station_comes_first_and_empty_ones_last(
        self, ben_thanh: Station, free_car: Vehicle, scooter: VehicleModel
    ) -> None:
        further = make_station(latitude=10.80, longitude=106.72)
        empty = make_station(latitude=10.772, longitude=106.699)
        make_vehicle(station=further, model=scooter)

        result = search(around(ben_thanh, sort="price"))

        assert [found.station.pk for found in result.open] == [further.pk, ben_thanh.pk, empty.pk]
        assert [found.station.pk for found in result.with_vehicles] == [further.pk, ben_thanh.pk]

    def test_three_queries_do_however_many_stations_there_are(
        self,
        ben_thanh: Station,
        car: VehicleModel,
        scooter: VehicleModel,
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        for number in range(6):
            station = make_station(latitude=10.77 + number / 200)
            for model in (car, scooter):
                make_vehicle(station=station, model=model)

        with django_assert_num_queries(3):
            result = search(around(ben_thanh))
            assert [offer.model.name for offer in result.with_vehicles[0].offers] == ["Feliz S", "VF 5"]

        assert result.free == 12


class TestClosedStations:
    def test_a_station_closed_at_pickup_is_shown_apart_with_the_nearest_period(
        self, car: VehicleModel
    ) -> None:
        station = make_station(hours=DAYTIME)
        make_vehicle(station=station, model=car)
        # From 04:00 to 10:00.
        early = tomorrow(at=-5, hours=6)

        result = search(around(station, early))

        assert result.open == []
        (closed,) = result.closed
        assert closed.is_closed_at_pickup
        assert closed.nearest == Period(early.starts_at + timedelta(hours=2), early.ends_at)

    def test_a_station_closed_at_return_moves_only_the_return(self, car: VehicleModel) -> None:
        station = make_station(hours=DAYTIME)
        make_vehicle(station=station, model=car)
        # From 19:00 to 23:00.
        late = tomorrow(at=10, hours=4)

        (closed,) = search(around(station, late)).closed

        assert not closed.is_closed_at_pickup
        assert closed.nearest == Period(late.starts_at, late.ends_at - timedelta(hours=1))

    def test_a_closure_closes_a_station_that_never_closes(self, ben_thanh: Station) -> None:
        make_closure(station=ben_thanh, period=tomorrow(at=-1, hours=2))

        (closed,) = search(around(ben_thanh)).closed

        assert closed.nearest is not None
        assert closed.nearest.starts_at == tomorrow(at=1).starts_at

    def test_a_station_that_never_opens_has_no_nearest_period(self) -> None:
        station = make_station(hours=None)

        (closed,) = search(around(station)).closed

        assert closed.nearest is None


class TestNothingFree:
    def test_other_times_are_offered_nearest_first(self, free_car: Vehicle) -> None:
        make_allocation(vehicle=free_car, period=tomorrow(hours=2))

        instead = instead_of(around(free_car.station, tomorrow(hours=1)))

        # 09:00 to 11:00 is taken: 11:00 is two hours later, and seven leaves the turnaround before nine.
        assert instead.periods == [
            tomorrow(at=2, hours=1),
            tomorrow(at=-2, hours=1),
            tomorrow(at=3, hours=1),
        ]

    def test_times_that_are_past_are_not_offered(self, ben_thanh: Station, free_car: Vehicle) -> None:
        now = a_period(starts_at=clock.now(), hours=1)
        make_allocation(vehicle=free_car, period=now)

        assert all(period.starts_at > clock.now() for period in instead_of(around(ben_thanh, now)).periods)

    def test_stations_further_away_are_offered_at_the_same_time(
        self, ben_thanh: Station, car: VehicleModel
    ) -> None:
        further = make_station(latitude=11.0, longitude=106.7)
        make_vehicle(station=further, model=car)

        instead = instead_of(around(ben_thanh))

        assert [found.station.pk for found in instead.stations] == [further.pk]
        assert instead.periods == []


class TestOpenNow:
    def test_only_open_stations_are_shown_those_with_most_vehicles_first(
        self, ben_thanh: Station, car: VehicleModel
    ) -> None:
        full = make_station(hours=DAYTIME)
        make_station(hours=(840, 1320))
        make_vehicle(station=full, model=car)

        found = open_now(Place.in_city(ben_thanh.city))

        assert [(row.station.pk, row.free) for row in found] == [(full.pk, 1), (ben_thanh.pk, 0)]
        assert found[0].closes_at is not None
        assert clock.local(found[0].closes_at).hour == 22
        assert found[1].closes_at is None

    def test_a_vehicle_that_is_not_ready_now_does_not_count(
        self, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        Vehicle.objects.update(condition="preparation")

        assert [row.free for row in open_now(Place.in_city(ben_thanh.city))] == [0]


class TestOneStation:
    def test_offers_equal_those_of_the_search(
        self, ben_thanh: Station, free_car: Vehicle, scooter: VehicleModel
    ) -> None:
        make_vehicle(station=ben_thanh, model=scooter, battery_percent=70)

        here = offers_here(ben_thanh, tomorrow()).offers
        assert [replace(offer, at_pickup=None) for offer in here] == search(around(ben_thanh)).open[0].offers

    def test_a_model_here_knows_each_free_vehicle_best_charged_first(
        self, ben_thanh: Station, free_car: Vehicle, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        better = make_vehicle(station=ben_thanh, model=free_car.model, battery_percent=97)
        taken = make_vehicle(station=ben_thanh, model=free_car.model, battery_percent=99)
        make_allocation(vehicle=taken, period=tomorrow())

        with django_assert_num_queries(3):
            here = model_here(ben_thanh, free_car.model, tomorrow())

        assert here is not None
        assert [each.vehicle for each in here.vehicles] == [better, free_car]
        assert here.price.total == 400_000

    def test_a_model_without_a_price_is_not_here(self, ben_thanh: Station) -> None:
        assert model_here(ben_thanh, make_car_model(), tomorrow()) is None


class TestAlternatives:
    def test_one_of_each_sort_is_offered(
        self, ben_thanh: Station, free_car: Vehicle, scooter: VehicleModel
    ) -> None:
        quote = make_quote(model=free_car.model, station=ben_thanh, period=tomorrow())
        make_allocation(vehicle=free_car, period=tomorrow(hours=2))
        other_model = make_car_model()
        make_tariff(model=other_model, hour_amount=110_000)
        make_vehicle(station=ben_thanh, model=other_model)
        make_vehicle(station=ben_thanh, model=scooter)
        nearby = make_station(latitude=10.78, longitude=106.70)
        make_vehicle(station=nearby, model=free_car.model)

        found = alternatives_for(quote)

        assert [(each.differs, each.station.pk, each.model, each.total) for each in found] == [
            ("time", ben_thanh.pk, free_car.model, 400_000),
            ("model", ben_thanh.pk, other_model, 440_000),
            ("station", nearby.pk, free_car.model, 400_000),
        ]
        assert found[0].period == tomorrow(at=2)
        assert found[2].distance_km == pytest.approx(0.9, abs=0.1)

    def test_who_chose_one_vehicle_is_offered_its_sister_first(
        self, ben_thanh: Station, free_car: Vehicle
    ) -> None:
        quote = make_quote(model=free_car.model, station=ben_thanh, period=tomorrow(), vehicle=free_car)
        make_allocation(vehicle=free_car, period=tomorrow(at=-8, hours=24))
        make_vehicle(station=ben_thanh, model=free_car.model)

        found = alternatives_for(quote)

        assert (found[0].differs, found[0].period, found[0].count) == ("vehicle", quote.period, 1)

    def test_a_kind_of_vehicle_is_not_replaced_by_another_kind(
        self, ben_thanh: Station, free_car: Vehicle, scooter: VehicleModel
    ) -> None:
        quote = make_quote(model=free_car.model, station=ben_thanh, period=tomorrow())
        make_allocation(vehicle=free_car, period=tomorrow(at=-8, hours=24))
        make_vehicle(station=ben_thanh, model=scooter)

        assert alternatives_for(quote) == []

    def test_one_sort_alone_fills_all_places(self, ben_thanh: Station, free_car: Vehicle) -> None:
        quote = make_quote(model=free_car.model, station=ben_thanh, period=tomorrow(hours=1))
        make_allocation(vehicle=free_car, period=tomorrow(hours=1))

        found = alternatives_for(quote)

        assert [each.differs for each in found] == ["time", "time", "time"]

    def test_a_closed_station_is_no_alternative_time(self, car: VehicleModel) -> None:
        station = make_station(hours=(540, 840), city=make_city())
        vehicle = make_vehicle(station=station, model=car)
        quote = make_quote(model=car, station=station, period=tomorrow(hours=4))
        make_allocation(vehicle=vehicle, period=tomorrow(hours=2))

        # 10:00 to 14:00 would be open but is taken; later ones end after closing.
        assert alternatives_for(quote) == []
