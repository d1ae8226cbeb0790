from collections import Counter
from datetime import timedelta

import pytest

from stations.timeline import services as timeline
from stations.timeline.enums import AllocationState
from stations.timeline.errors import AllocationLost, VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.concurrency.racing import race
from tests.factories.rentals import a_period
from tests.factories.stations import make_allocation, make_scooter_model, make_station, make_vehicle
from voltgo.core import clock


def in_a_day():
    return a_period(starts_at=(clock.now() + timedelta(days=1)).replace(microsecond=0), hours=3)


def outcome(results):
    return Counter(type(result).__name__ for result in results)


def live_claims():
    return VehicleAllocation.objects.live(clock.now())


@pytest.fixture
def vehicle(db):
    return make_vehicle(station=make_station(), model=make_scooter_model())


def test_sixty_rivals_for_one_vehicle_leave_exactly_one_winner(vehicle):
    period = in_a_day()

    results = race(
        60,
        lambda n: timeline.hold_vehicle(
            vehicle=vehicle,
            period=period,
            claimant=f"booking:VG-{n}",
            hold_expires_at=clock.now() + timedelta(minutes=15),
        ),
    )

    assert outcome(results) == {"VehicleAllocation": 1, "VehicleUnavailable": 59}
    assert live_claims().count() == 1


def test_sixty_rivals_for_a_slot_with_a_stale_hold_leave_exactly_one_winner(vehicle):
    period = in_a_day()
    stale = make_allocation(
        vehicle=vehicle,
        period=period,
        state=AllocationState.HELD,
        hold_expires_at=clock.now() - timedelta(seconds=1),
        claimant="booking:VG-STALE",
    )

    results = race(
        60,
        lambda n: timeline.hold_vehicle(
            vehicle=vehicle,
            period=period,
            claimant=f"booking:VG-{n}",
            hold_expires_at=clock.now() + timedelta(minutes=15),
        ),
    )

    assert outcome(results) == {"VehicleAllocation": 1, "VehicleUnavailable": 59}
    stale.refresh_from_db()
    assert stale.state == AllocationState.EXPIRED


def test_sixty_rivals_for_twenty_equal_vehicles_fill_all_twenty():
    station, model = make_station(), make_scooter_model()
    for _ in range(20):
        make_vehicle(station=station, model=model)
    period = in_a_day()

    def attempt(n):
        timeline.expire_stale_at(station, model)
        return timeline.hold_any(
            station=station,
            model=model,
            period=period,
            claimant=f"booking:VG-{n}",
            hold_expires_at=clock.now() + timedelta(minutes=15),
        )

    results = race(60, attempt)

    assert outcome(results) == {"VehicleAllocation": 20, "VehicleUnavailable": 40}
    assert live_claims().values("vehicle").distinct().count() == 20


def test_holds_by_plate_and_by_model_meet_without_a_double_or_a_deadlock():
    station, model = make_station(), make_scooter_model()
    vehicles = [make_vehicle(station=station, model=model) for _ in range(4)]
    period = in_a_day()
    for vehicle in vehicles:
        make_allocation(
            vehicle=vehicle,
            period=period,
            state=AllocationState.HELD,
            hold_expires_at=clock.now() - timedelta(seconds=1),
            claimant="booking:VG-STALE",
        )

    def attempt(n):
        ends = clock.now() + timedelta(minutes=15)
        if n % 2:
            return timeline.hold_vehicle(
                vehicle=vehicles[n % 4], period=period, claimant=f"booking:VG-{n}", hold_expires_at=ends
            )
        timeline.expire_stale_at(station, model)
        return timeline.hold_any(
            station=station, model=model, period=period, claimant=f"booking:VG-{n}", hold_expires_at=ends
        )

    results = race(40, attempt)

    assert set(outcome(results)) == {"VehicleAllocation", "VehicleUnavailable"}
    assert outcome(results)["VehicleAllocation"] == live_claims().count()
    # Those by model may give up while a rival's sweep is under way, never the other way round.
    assert live_claims().count() >= 2
    assert live_claims().values("vehicle").distinct().count() == live_claims().count()


@pytest.mark.parametrize("round_", range(10))
def test_confirm_against_sweep_has_exactly_one_winner(vehicle, round_):
    hold = make_allocation(
        vehicle=vehicle,
        period=in_a_day(),
        state=AllocationState.HELD,
        hold_expires_at=clock.now() - timedelta(seconds=1),
        claimant="booking:VG-1",
    )

    def attempt(n):
        mine = VehicleAllocation.objects.get(pk=hold.pk)
        if n % 2:
            timeline.confirm(mine)
            return "confirmed"
        return "expired" if timeline.expire(mine) else "too late"

    results = race(8, attempt)

    winners = [result for result in results if result in {"confirmed", "expired"}]
    assert len(winners) == 1
    hold.refresh_from_db()
    assert hold.state == winners[0]
    assert all(isinstance(result, (AllocationLost, str)) for result in results)


def test_a_refused_hold_writes_nothing(vehicle):
    period = in_a_day()
    timeline.hold_vehicle(vehicle=vehicle, period=period, claimant="booking:VG-1", hold_expires_at=None)

    with pytest.raises(VehicleUnavailable):
        timeline.hold_vehicle(vehicle=vehicle, period=period, claimant="booking:VG-2", hold_expires_at=None)

    assert list(VehicleAllocation.objects.values_list("claimant", flat=True)) == ["booking:VG-1"]
