from datetime import timedelta

import pytest

from stations.checklists import first
from stations.fleet.errors import BatteryTooLow
from stations.fleet.services import mark_ready
from stations.fleet.signals import vehicle_ready
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationState
from stations.timeline.signals import time_freed
from tests.factories.rentals import a_period
from tests.factories.stations import make_allocation, make_vehicle
from voltgo.core import clock
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.clock import Period

STAFF = Actor(ActorKind.STAFF, "U-1", "Huy")


@pytest.fixture
def heard():
    """What the two signals said while the test ran."""
    news = []

    def listen(sender, signal, **kwargs):
        news.append({name: value for name, value in kwargs.items() if name != "signal"})

    time_freed.connect(listen)
    vehicle_ready.connect(listen)
    yield news
    time_freed.disconnect(listen)
    vehicle_ready.disconnect(listen)


def test_a_released_claim_frees_its_whole_time(heard):
    vehicle, period = make_vehicle(), a_period(starts_at=_soon(5))
    claim = make_allocation(vehicle=vehicle, period=period)

    timeline.release(claim, at=clock.now())

    assert heard == [{"vehicle_id": vehicle.pk, "station_id": vehicle.station_id, "period": period}]


def test_an_early_return_frees_what_is_left(heard):
    vehicle = make_vehicle()
    period = a_period(starts_at=_soon(-2), hours=6)
    claim = make_allocation(vehicle=vehicle, period=period, state=AllocationState.ON_RENTAL)
    moment = clock.now().replace(microsecond=0)

    timeline.release(claim, at=moment)

    assert [news["period"] for news in heard] == [Period(moment, period.ends_at)]


@pytest.mark.parametrize("state", [AllocationState.RELEASED, AllocationState.EXPIRED])
def test_what_claimed_nothing_frees_nothing(heard, state):
    claim = make_allocation(vehicle=make_vehicle(), period=a_period(starts_at=_soon(5)), state=state)

    timeline.release(claim, at=clock.now())

    assert heard == []


def test_a_late_return_frees_nothing(heard):
    period = a_period(starts_at=_soon(-8), hours=6)
    claim = make_allocation(vehicle=make_vehicle(), period=period, state=AllocationState.ON_RENTAL)

    timeline.release(claim, at=clock.now())

    assert heard == []


def test_a_vehicle_that_passes_the_gate_is_news_and_one_that_does_not_is_none(heard, attendant):
    vehicle = make_vehicle(condition="preparation")
    checked = [item.code for item in first.checklist("preparation", vehicle.model.kind).items]

    with pytest.raises(BatteryTooLow):
        mark_ready(vehicle=vehicle, checked=checked, battery_percent=10, user=attendant, by=STAFF)
    assert heard == []

    mark_ready(vehicle=vehicle, checked=checked, battery_percent=90, user=attendant, by=STAFF)
    assert heard == [{"vehicle": vehicle}]


def _soon(hours):
    return clock.now().replace(microsecond=0) + timedelta(hours=hours)
