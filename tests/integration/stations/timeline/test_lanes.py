from datetime import timedelta
from typing import Any

import pytest

from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.timeline.lanes import lane_of, span_of
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.clock import Period

STATES = [
    {},
    {"battery_percent": 49},
    {"condition": Condition.PREPARATION},
    {"condition": Condition.MAINTENANCE},
    {"condition": Condition.IN_TRANSFER},
    {"condition": Condition.MISSING},
    {"condition": Condition.ON_RENTAL},
    {"lifecycle": Lifecycle.SUSPENDED},
]


@pytest.mark.parametrize("fields", STATES, ids=str)
@pytest.mark.parametrize("paper", ["registration", "insurance", "inspection", None])
def test_a_lane_takes_what_the_vehicle_may_be_rented_for(fields, paper):
    last_day = clock.today() + timedelta(days=3)
    papers: dict[str, Any] = {f"{paper}_expires_on": last_day} if paper else {}
    car = make_vehicle(**fields, **papers)
    now = clock.now()
    midnight = clock.day_bounds(last_day)[1]
    second = timedelta(seconds=1)
    soon = now.replace(microsecond=0) + timedelta(hours=2)
    lane = lane_of(car, [], now)

    for starts_at in (soon - 60 * second, soon + 60 * second):
        for ends_at in (midnight - second, midnight):
            period = Period(starts_at, ends_at)
            start, end = span_of(period)
            takes = lane.opens_at <= start and end <= lane.closes_at
            assert takes == Vehicle.objects.rentable(period).filter(pk=car.pk).exists()
