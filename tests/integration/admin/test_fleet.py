import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.users.models import User
from stations.fleet.enums import Condition, Lifecycle
from stations.fleet.models import Vehicle
from stations.timeline.enums import AllocationKind, AllocationState
from stations.timeline.models import VehicleAllocation
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_allocation, make_car_model, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.clock import Period
from voltgo.core.models import AuditEvent, StateEvent

FORM = {
    "plate": "51K-999.99",
    "registration_expires_on": "2030-01-01",
    "insurance_expires_on": "2030-01-01",
    "inspection_expires_on": "2030-01-01",
}


def step(vehicle: Vehicle, name: str) -> str:
    return reverse("admin:stations_vehicle_step", args=[vehicle.pk, name])


def page_of(vehicle: Vehicle) -> str:
    return reverse("admin:stations_vehicle_change", args=[vehicle.pk])


# --- The form -----------------------------------------------------------------------------------------


def test_a_new_vehicle_is_a_draft_whatever_is_posted(at_work: Client) -> None:
    sent = FORM | {
        "model": make_car_model().pk,
        "station": make_station().pk,
        "battery_percent": 80,
        "odometer_km": 12,
        "lifecycle": Lifecycle.IN_SERVICE,
        "condition": Condition.READY,
    }

    response = at_work.post(reverse("admin:stations_vehicle_add"), sent)

    assert response.status_code == 302
    vehicle = Vehicle.objects.get()
    assert (vehicle.lifecycle, vehicle.condition) == (Lifecycle.DRAFT, Condition.PREPARATION)
    assert AuditEvent.objects.get().action == "stations.vehicle.added"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lifecycle", Lifecycle.RETIRED),
        ("condition", Condition.MAINTENANCE),
        ("odometer_km", 1),
        ("battery_percent", 1),
    ],
)
def test_what_changes_by_steps_cannot_be_posted(at_work: Client, field: str, value: Any) -> None:
    vehicle = make_vehicle(plate="51K-111.11")
    before: Any = Vehicle.objects.values().get(pk=vehicle.pk)

    at_work.post(page_of(vehicle), FORM | {"plate": "51K-222.22", field: value})

    after: Any = Vehicle.objects.values().get(pk=vehicle.pk)
    assert after["plate"] == "51K-222.22"
    assert after[field] == before[field]


def test_a_vehicle_is_not_deleted(at_work: Client) -> None:
    vehicle = make_vehicle()

    response = at_work.post(reverse("admin:stations_vehicle_delete", args=[vehicle.pk]), {"post": "yes"})

    assert response.status_code == 403
    assert Vehicle.objects.filter(pk=vehicle.pk).exists()


# --- Steps --------------------------------------------------------------------------------------------


def test_maintenance_goes_through_the_service_with_its_reason(at_work: Client, operator: User) -> None:
    vehicle = make_vehicle()
    values = {"reason": "Thay má phanh", "until_0": "", "until_1": ""}

    preview = at_work.post(step(vehicle, "maintenance"), values)
    vehicle.refresh_from_db()
    assert (preview.status_code, vehicle.condition) == (200, Condition.READY)
    agreed = re.search(r'name="step_agreed" value="(\w+)"', preview.content.decode())
    assert agreed is not None
    # What was not shown is not done.
    changed = at_work.post(
        step(vehicle, "maintenance"), values | {"reason": "Khác", "step_agreed": agreed[1]}
    )
    assert changed.status_code == 200
    response = at_work.post(step(vehicle, "maintenance"), values | {"step_agreed": agreed[1]})

    assert response.status_code == 302
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.MAINTENANCE
    event = StateEvent.objects.get(machine="vehicle_condition")
    assert (event.machine, event.source, event.target) == ("vehicle_condition", "ready", "maintenance")
    assert (event.actor_ref, event.reason) == (operator.public_id, "Thay má phanh")
    assert "Thay má phanh" in at_work.get(page_of(vehicle)).content.decode()


def test_a_step_without_a_reason_is_asked_again_and_writes_nothing(at_work: Client) -> None:
    vehicle = make_vehicle()

    response = at_work.post(step(vehicle, "maintenance"), {"reason": "   "})

    assert response.status_code == 422
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.READY
    assert not StateEvent.objects.exists()


def test_a_refusal_of_the_service_stands_at_the_form_with_what_was_typed(at_work: Client) -> None:
    vehicle = make_vehicle(
        lifecycle=Lifecycle.SUSPENDED, insurance_expires_on=clock.today() - timedelta(days=1)
    )

    response = at_work.post(step(vehicle, "put-into-service"))

    assert response.status_code == 409
    assert "Giấy tờ xe đã hết hạn" in response.content.decode()
    vehicle.refresh_from_db()
    assert vehicle.lifecycle == Lifecycle.SUSPENDED


def test_many_vehicles_are_suspended_after_one_question(at_work: Client) -> None:
    station = make_station()
    vehicles = [make_vehicle(station=station) for _ in range(3)]
    away = make_vehicle(station=station, lifecycle=Lifecycle.RETIRED)
    chosen = {
        "action": "suspend",
        "index": "0",
        "_selected_action": [vehicle.pk for vehicle in [*vehicles, away]],
    }
    url = reverse("admin:stations_vehicle_changelist")

    asked = at_work.post(url, chosen)
    assert asked.status_code == 200
    assert vehicles[0].plate in asked.content.decode()
    assert Vehicle.objects.filter(lifecycle=Lifecycle.SUSPENDED).count() == 0

    done = at_work.post(url, chosen | {"step_agreed": "1", "reason": "Thu hồi đợt 3"}, follow=True)

    said = done.content.decode()
    assert "Đã xử lý 3 mục." in said
    assert "Trạng thái đã thay đổi." in said
    assert Vehicle.objects.filter(lifecycle=Lifecycle.SUSPENDED).count() == 3
    assert set(StateEvent.objects.values_list("reason", flat=True)) == {"Thu hồi đợt 3"}


def test_a_vehicle_that_somebody_waits_for_is_not_retired(at_work: Client, renter: User) -> None:
    vehicle = make_vehicle()
    make_booking(renter=renter, vehicle=vehicle)
    before = StateEvent.objects.count()

    response = at_work.post(step(vehicle, "retire"), {"reason": "Cũ"})

    assert response.status_code == 409
    assert "Xe còn lượt đặt phía trước." in response.content.decode()
    vehicle.refresh_from_db()
    assert vehicle.lifecycle == Lifecycle.IN_SERVICE
    assert StateEvent.objects.count() == before


def test_readings_are_written_down_but_never_backwards(at_work: Client) -> None:
    vehicle = make_vehicle(odometer_km=12_000)

    back = at_work.post(step(vehicle, "readings"), {"odometer_km": 11_999, "battery_percent": 55})
    done = at_work.post(step(vehicle, "readings"), {"odometer_km": 12_040, "battery_percent": 55})

    assert back.status_code == 422
    assert "Số km không thể nhỏ hơn lần ghi trước." in back.content.decode()
    assert done.status_code == 302
    vehicle.refresh_from_db()
    assert (vehicle.odometer_km, vehicle.battery_percent) == (12_040, 55)


def test_a_vehicle_out_of_service_moves_to_another_station(at_work: Client) -> None:
    here, there = make_station(), make_station()
    vehicle = make_vehicle(station=here, lifecycle=Lifecycle.SUSPENDED)

    at_work.post(step(vehicle, "relocate"), {"station": there.pk, "reason": "Thiếu xe cuối tuần"})

    vehicle.refresh_from_db()
    assert vehicle.station == there
    event = AuditEvent.objects.get()
    assert event.action == "vehicle.relocated"
    assert event.changes == {"station": [here.code, there.code]}
    assert event.reason == "Thiếu xe cuối tuần"


@pytest.mark.parametrize("lifecycle", [Lifecycle.IN_SERVICE, Lifecycle.SUSPENDED])
def test_a_promised_or_bookable_vehicle_does_not_move(at_work: Client, renter: User, lifecycle: str) -> None:
    vehicle = make_vehicle(lifecycle=lifecycle)
    home = vehicle.station
    make_booking(renter=renter, vehicle=vehicle)

    response = at_work.post(step(vehicle, "relocate"), {"station": make_station().pk, "reason": "Thiếu xe"})

    assert response.status_code == 409
    vehicle.refresh_from_db()
    assert vehicle.station == home
    assert not AuditEvent.objects.exists()


# --- Time ---------------------------------------------------------------------------------------------


def block_form(period: Period) -> dict[str, str]:
    start, end = clock.local(period.starts_at), clock.local(period.ends_at)
    return {
        "kind": "maintenance",
        "starts_at_0": f"{start:%Y-%m-%d}",
        "starts_at_1": f"{start:%H:%M}",
        "ends_at_0": f"{end:%Y-%m-%d}",
        "ends_at_1": f"{end:%H:%M}",
        "reason": "Bảo dưỡng định kỳ",
    }


def test_blocked_time_is_a_claim_with_its_reason(at_work: Client) -> None:
    vehicle = make_vehicle()
    period = a_period(hours=4)

    response = at_work.post(step(vehicle, "block-time"), block_form(period))

    assert response.status_code == 302
    claim = VehicleAllocation.objects.get()
    assert (claim.kind, claim.state) == (AllocationKind.MAINTENANCE, AllocationState.BLOCKED)
    assert (claim.period.lower, claim.period.upper) == (period.starts_at, period.ends_at)
    assert claim.claimant == f"maintenance:{vehicle.code}"
    event = AuditEvent.objects.get()
    assert (event.action, event.reason) == ("vehicle.time_blocked", "Bảo dưỡng định kỳ")
    assert not Vehicle.objects.free(period).filter(pk=vehicle.pk).exists()


def test_time_that_a_renter_has_is_not_blocked_and_the_booking_is_named(
    at_work: Client, renter: User
) -> None:
    vehicle = make_vehicle()
    booking = make_booking(renter=renter, vehicle=vehicle, period=a_period(hours=10))

    response = at_work.post(step(vehicle, "block-time"), block_form(a_period(hours=2)))

    assert response.status_code == 409
    assert f"Xe đã có lịch trong khoảng thời gian này: {booking.code}" in response.content.decode()
    assert VehicleAllocation.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_time_that_is_over_cannot_be_blocked(at_work: Client) -> None:
    vehicle = make_vehicle()
    past = a_period(
        starts_at=clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=2), hours=1
    )

    response = at_work.post(step(vehicle, "block-time"), block_form(past))

    assert response.status_code == 422
    assert "Khoảng thời gian này đã qua." in response.content.decode()
    assert not VehicleAllocation.objects.exists()


def test_blocked_time_is_given_back(at_work: Client) -> None:
    vehicle = make_vehicle()
    at_work.post(step(vehicle, "block-time"), block_form(a_period(hours=4)))
    claim = VehicleAllocation.objects.get()

    at_work.post(
        reverse("admin:stations_vehicleallocation_step", args=[claim.pk, "unblock"]), {"reason": "Xong sớm"}
    )

    claim.refresh_from_db()
    assert claim.state == AllocationState.RELEASED
    assert AuditEvent.objects.order_by("-pk")[0].action == "vehicle.time_unblocked"


def test_a_renters_claim_is_not_given_back_from_here(at_work: Client) -> None:
    claim = make_allocation(vehicle=make_vehicle(), period=a_period())
    url = reverse("admin:stations_vehicleallocation_step", args=[claim.pk, "unblock"])

    response = at_work.post(url, {"reason": "Thử"})

    assert response.status_code == 409
    claim.refresh_from_db()
    assert claim.state == AllocationState.CONFIRMED


# --- Lists --------------------------------------------------------------------------------------------


def plates(at_work: Client, query: str) -> set[str]:
    response = at_work.get(reverse("admin:stations_vehicle_changelist") + f"?{query}")
    return {vehicle.plate for vehicle in response.context["cl"].result_list}


def test_vehicles_are_found_by_their_papers(at_work: Client) -> None:
    today = clock.today()
    ends: dict[str, date] = {
        "51K-000.01": today - timedelta(days=1),
        "51K-000.02": today + timedelta(days=10),
        "51K-000.03": today + timedelta(days=400),
    }
    for plate, end in ends.items():
        make_vehicle(plate=plate, insurance_expires_on=end)

    assert plates(at_work, "papers=expired") == {"51K-000.01"}
    assert plates(at_work, "papers=soon") == {"51K-000.02"}
    assert plates(at_work, "papers=valid") == {"51K-000.02", "51K-000.03"}


def test_vehicles_without_enough_charge_for_their_renter_are_found(at_work: Client, renter: User) -> None:
    soon = a_period(starts_at=(clock.now() + timedelta(minutes=40)).replace(second=0, microsecond=0))
    low = make_vehicle(plate="51K-000.01", battery_percent=20)
    make_booking(renter=renter, vehicle=low, period=soon)
    make_vehicle(plate="51K-000.02", battery_percent=20)
    charged = make_vehicle(plate="51K-000.03", battery_percent=80)
    make_booking(renter=renter, vehicle=charged, period=soon)

    assert plates(at_work, "battery=low&promised=soon") == {"51K-000.01"}
    assert plates(at_work, "promised=soon") == {"51K-000.01", "51K-000.03"}


def test_vehicles_that_can_be_given_now_are_found(at_work: Client, renter: User) -> None:
    make_vehicle(plate="51K-000.01")
    promised = make_vehicle(plate="51K-000.02")
    make_booking(renter=renter, vehicle=promised)
    make_vehicle(plate="51K-000.03", condition=Condition.PREPARATION)

    assert plates(at_work, "free=now") == {"51K-000.01"}
