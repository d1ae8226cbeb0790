from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.access.actors import staff_actor
from accounts.users.models import User
from rentals.bookings.enums import BookingState
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.incidents.enums import IncidentKind, IncidentState
from rentals.incidents.models import Incident
from rentals.incidents.services import open_incident, take_out_of_service
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from tests.factories.accounts import make_renter
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

NOW = "2026-11-24T12:00:00+07:00"


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def step(row: Any, name: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_step", args=[row.pk, name])


def rows_of(at_work: Client, model: str, query: str) -> list[Any]:
    response = at_work.get(reverse(f"admin:rentals_{model}_changelist") + f"?{query}")
    return list(response.context["cl"].result_list)


@pytest.fixture
def missing() -> Incident:
    """A vehicle that should have been back yesterday."""
    vehicle = make_vehicle(condition=Condition.ON_RENTAL)
    period = a_period(starts_at=clock.now() - timedelta(hours=40), hours=10)
    booking = make_booking(renter=make_renter(), vehicle=vehicle, period=period, state=BookingState.FULFILLED)
    rental = Rental.objects.create(
        booking=booking,
        renter=booking.renter,
        vehicle=vehicle,
        pickup_station=vehicle.station,
        return_station=vehicle.station,
        state=RentalState.ACTIVE,
        due_at=booking.ends_at,
        started_at=booking.starts_at,
    )
    return open_incident(kind=IncidentKind.MISSING, vehicle=vehicle, rental=rental, by=SYSTEM)


def test_what_is_open_and_what_was_done(at_work: Client, attendant: User) -> None:
    by = staff_actor(attendant)
    broken = open_incident(kind=IncidentKind.BREAKDOWN, vehicle=make_vehicle(), note="Kính nứt", by=by)
    assert rows_of(at_work, "incident", "open=1") == [broken]

    at_work.post(step(broken, "start"), {"note": ""})
    at_work.post(step(broken, "resolve"), {"reason": "Đã thay kính"})
    assert at_work.post(step(broken, "close"), {"note": ""}).status_code == 302
    broken.refresh_from_db()
    assert (broken.state, broken.resolution) == (IncidentState.CLOSED, "Đã thay kính")
    assert rows_of(at_work, "incident", "open=1") == []


def test_an_operator_and_nobody_else_calls_a_vehicle_missing(at_work: Client, missing: Incident) -> None:
    assert at_work.post(step(missing, "missing"), {"reason": " "}).status_code == 422
    assert at_work.post(step(missing, "missing"), {"reason": "Gọi năm lần"}).status_code == 302
    assert Vehicle.objects.get(pk=missing.vehicle_id).condition == Condition.MISSING
    # Once is enough: there is nothing more to declare.
    assert at_work.post(step(missing, "missing"), {"reason": "Gọi"}).status_code == 409


def test_resolving_puts_the_vehicle_back_in_service(at_work: Client, attendant: User) -> None:
    vehicle = make_vehicle()
    done = take_out_of_service(vehicle=vehicle, reason="Phanh", by=staff_actor(attendant))
    assert at_work.post(step(done.incident, "resolve"), {"reason": "Đã thay"}).status_code == 302
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.PREPARATION


def test_who_has_not_come_is_listed_until_somebody_waits_for_them(at_work: Client) -> None:
    vehicle = make_vehicle()
    late = make_booking(
        renter=make_renter(), vehicle=vehicle, period=a_period(starts_at=clock.now() - timedelta(minutes=61))
    )
    make_booking(
        renter=make_renter(),
        vehicle=make_vehicle(),
        period=a_period(starts_at=clock.now() - timedelta(minutes=59)),
    )
    assert rows_of(at_work, "booking", "not_come=1") == [late]

    values = {"until_0": "24/11/2026", "until_1": "13:00", "reason": "Kẹt cầu"}
    assert at_work.post(step(late, "wait"), values).status_code == 302
    late.refresh_from_db()
    assert late.awaited_until == clock.now() + timedelta(hours=1)
    assert rows_of(at_work, "booking", "not_come=1") == []
