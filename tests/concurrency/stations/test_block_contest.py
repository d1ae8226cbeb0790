from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from stations.fleet.models import Vehicle
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationKind
from stations.timeline.models import VehicleAllocation
from tests.concurrency.racing import race
from tests.factories.rentals import a_period
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.models import AuditEvent

RIVALS = 20


@pytest.fixture
def vehicle(db: None) -> Vehicle:
    return make_vehicle()


def test_operators_and_renters_after_the_same_hours_leave_one_claim(vehicle: Vehicle) -> None:
    period = a_period(starts_at=(clock.now() + timedelta(days=1)).replace(microsecond=0), hours=3)

    def attempt(number: int) -> VehicleAllocation:
        if number % 2:
            return timeline.hold_vehicle(
                vehicle=vehicle, period=period, claimant=f"booking:VG-{number}", hold_expires_at=None
            )
        return timeline.block(
            vehicle=vehicle, period=period, kind=AllocationKind.MAINTENANCE, reason="Phanh", by=SYSTEM
        )

    results: list[Any] = race(RIVALS, attempt)

    counts = Counter(type(result).__name__ for result in results)
    assert counts["VehicleAllocation"] == 1
    assert counts["VehicleUnavailable"] + counts["TimeIsClaimed"] == RIVALS - 1
    winner = VehicleAllocation.objects.get()
    assert AuditEvent.objects.count() == (1 if winner.kind == AllocationKind.MAINTENANCE else 0)
