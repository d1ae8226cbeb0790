import pytest

from accounts.access.actors import staff_actor
from stations.bays.models import Bay
from stations.fleet import services
from stations.fleet.errors import BayElsewhere, BayTaken, NotAtStation
from tests.factories.stations import make_station, make_vehicle
from tests.factories.yard import make_staff


@pytest.fixture
def station():
    return make_station(bays=4)


@pytest.fixture
def by(station):
    return staff_actor(make_staff(station))


def bay(station, number):
    return Bay.objects.get(station=station, number=number)


def in_use(station):
    return list(Bay.objects.filter(station=station, is_active=True).values_list("number", flat=True))


def test_a_station_has_as_many_bays_as_its_number_says(station, by):
    vehicle = make_vehicle(station=station)
    services.park_in_bay(vehicle=vehicle, bay=bay(station, 4), by=by)
    assert in_use(station) == [1, 2, 3, 4]

    station.bays = 3
    station.save()

    assert in_use(station) == [1, 2, 3]
    vehicle.refresh_from_db()
    assert vehicle.bay is None

    station.bays = 5
    station.save()
    assert in_use(station) == [1, 2, 3, 4, 5]


def test_a_vehicle_moves_from_bay_to_bay(station, by):
    vehicle = make_vehicle(station=station)

    services.park_in_bay(vehicle=vehicle, bay=bay(station, 1), by=by)
    services.park_in_bay(vehicle=vehicle, bay=bay(station, 2), by=by)
    services.park_in_bay(vehicle=vehicle, bay=bay(station, 2), by=by)

    vehicle.refresh_from_db()
    assert vehicle.bay.number == 2
    services.leave_bay(vehicle=vehicle, by=by)
    services.leave_bay(vehicle=vehicle, by=by)
    vehicle.refresh_from_db()
    assert vehicle.bay is None


def test_one_bay_holds_one_vehicle_of_its_own_station(station, by):
    services.park_in_bay(vehicle=make_vehicle(station=station), bay=bay(station, 1), by=by)
    second = make_vehicle(station=station)

    with pytest.raises(BayTaken):
        services.park_in_bay(vehicle=second, bay=bay(station, 1), by=by)
    with pytest.raises(BayElsewhere):
        services.park_in_bay(vehicle=second, bay=bay(make_station(), 1), by=by)
    second.condition = "on_rental"
    second.save()
    with pytest.raises(NotAtStation):
        services.park_in_bay(vehicle=second, bay=bay(station, 2), by=by)

    second.refresh_from_db()
    assert second.bay is None


def test_a_vehicle_that_leaves_or_moves_house_leaves_its_bay(station, by):
    vehicle = make_vehicle(station=station)
    services.park_in_bay(vehicle=vehicle, bay=bay(station, 1), by=by)

    services.change_condition(vehicle=vehicle, to="on_rental", by=by)

    vehicle.refresh_from_db()
    assert vehicle.bay is None
