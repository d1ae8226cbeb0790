from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor, staff_actor
from rentals.bookings.enums import CancelReason
from rentals.bookings.services import cancel_booking
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from rentals.incidents.models import Incident
from rentals.sync.enums import CommandState, Resolution
from rentals.sync.errors import NoteMissing, ResolutionNotOffered, StillRefused
from rentals.sync.models import SyncCommand, SyncConflict, SyncFile
from rentals.sync.services import forget_settled, keep_rejected, resolve, try_waiting
from stations.fleet.enums import Condition
from stations.fleet.models import Vehicle
from stations.network.models import StaffPost
from stations.timeline.models import VehicleAllocation
from tests.factories.accounts import make_user
from tests.factories.handovers import rendered_contract
from tests.factories.stations import make_post, make_station
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import NotAllowed

pytestmark = pytest.mark.usefixtures("quick_paper")


@pytest.fixture
def shown(booking):
    return rendered_contract(booking)


@pytest.fixture
def conflict(mobile, booking, shown, renter):
    """The licence was revoked while the renter drove away."""
    command = mobile.pickup(booking)
    renter.documents.filter(kind="driving_licence").update(state="revoked")
    mobile.deliver(command)
    return SyncConflict.objects.select_related("command").get()


@pytest.fixture
def boss(supervisor):
    return staff_actor(supervisor, supervisor=True)


@pytest.fixture
def desk(supervisor):
    client = Client()
    client.force_login(supervisor)
    return client


def decide(conflict, resolution, user, by, note="Đã gọi khách"):
    return resolve(conflict=conflict, resolution=resolution, note=note, user=user, by=by)


def test_applied_all_the_same_the_handover_stands_with_its_own_times(conflict, supervisor, boss):
    decide(conflict, Resolution.APPLIED, supervisor, boss)

    rental = Rental.objects.get()
    assert rental.state == RentalState.ACTIVE
    command = SyncCommand.objects.get()
    assert command.state == CommandState.APPLIED
    # The licence stands in the contract: what was signed is evidence now.
    assert command.flags == ["contract_changed", "applied_by_person"]
    assert AuditEvent.objects.filter(action="rental.as_found").exists()
    conflict.refresh_from_db()
    assert (conflict.resolution, conflict.resolved_by) == (Resolution.APPLIED, supervisor)


def test_two_obstacles_are_named_one_after_the_other(conflict, supervisor, boss, vehicle):
    Vehicle.objects.filter(pk=vehicle.pk).update(condition=Condition.PREPARATION)

    with pytest.raises(StillRefused) as refused:
        decide(conflict, Resolution.APPLIED, supervisor, boss)
    assert refused.value.details["code"] == "vehicle_not_ready"
    assert not Rental.objects.exists()
    assert SyncCommand.objects.get().state == CommandState.CONFLICT


def test_kept_as_evidence_nothing_is_done_and_nothing_is_lost(conflict, supervisor, boss):
    decide(conflict, Resolution.EVIDENCE, supervisor, boss)

    assert not Rental.objects.exists()
    command = SyncCommand.objects.get()
    assert command.state == CommandState.RESOLVED
    assert command.body["payload"]["odometer_km"] == 12_000
    assert SyncFile.objects.filter(stored_at__isnull=False).count() == 7


def test_nobody_decides_without_a_word_or_what_is_not_offered(conflict, supervisor, boss):
    with pytest.raises(NoteMissing):
        decide(conflict, Resolution.EVIDENCE, supervisor, boss, note=" ")
    SyncConflict.objects.update(code="booking_cancelled")
    conflict.refresh_from_db()
    with pytest.raises(ResolutionNotOffered):
        decide(conflict, Resolution.APPLIED, supervisor, boss)
    assert SyncConflict.objects.get().resolved_at is None


def test_the_first_decision_stays(conflict, supervisor, boss):
    decide(conflict, Resolution.EVIDENCE, supervisor, boss)
    decide(conflict, Resolution.APPLIED, supervisor, boss)

    assert SyncConflict.objects.get().resolution == Resolution.EVIDENCE
    assert not Rental.objects.exists()


def test_what_has_waited_for_it_goes_on(conflict, mobile, booking, vehicle, supervisor, boss, traveller):
    traveller.shift(timedelta(hours=9))
    back = mobile.returned(booking, vehicle=vehicle)
    assert mobile.deliver(back)[0].code == "waiting_predecessor"

    decide(conflict, Resolution.APPLIED, supervisor, boss)

    assert SyncCommand.objects.get(pk=back["id"]).state == CommandState.APPLIED
    assert Rental.objects.get().state == RentalState.SETTLING


def test_a_vehicle_of_a_cancelled_booking_is_out_of_service_until_somebody_decides(
    mobile, booking, shown, vehicle
):
    command = mobile.pickup(booking)
    cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=SYSTEM)
    mobile.deliver(command)
    outbox.run_all()

    incident = Incident.objects.get()
    assert incident.vehicle == vehicle
    blocks = VehicleAllocation.objects.filter(vehicle=vehicle, state="blocked")
    assert {block.claimant for block in blocks} == {incident.reference}


def test_keys_that_were_given_too_early_can_be_recorded(mobile, booking, shown, supervisor, boss, traveller):
    early = mobile.pickup(booking, at=booking.starts_at - timedelta(minutes=50))
    assert mobile.deliver(early)[0].code == "outside_hours"

    decide(SyncConflict.objects.get(), Resolution.APPLIED, supervisor, boss)

    assert Rental.objects.get().started_at == booking.starts_at - timedelta(minutes=50)


def test_files_that_never_come_are_a_persons_matter_after_a_day(mobile, booking, shown, traveller):
    command = mobile.pickup(booking)
    mobile.send(command)
    traveller.shift(timedelta(hours=23))
    try_waiting()
    assert SyncCommand.objects.get().state == CommandState.WAITING

    traveller.shift(timedelta(hours=2))
    try_waiting()
    assert SyncCommand.objects.get().code == "files_missing"


def test_a_fault_of_ours_leaves_the_command_waiting_with_nothing_done(mobile, booking, shown, monkeypatch):
    from rentals.sync.handlers import pickup

    command = mobile.pickup(booking)
    with monkeypatch.context() as broken:
        broken.setattr(pickup, "hand_over", lambda *_args, **_fields: 1 / 0)
        assert mobile.deliver(command)[0].code == "waiting_retry"
    assert not Rental.objects.exists()

    SyncCommand.objects.update(next_try_at=None)
    assert mobile.send(command)[0].state == CommandState.APPLIED


def test_forgeries_are_looked_at_by_operators_alone(mobile, booking, shown, operator, supervisor, boss):
    mobile.send(mobile.pickup(booking) | {"ticket": "forged"})
    command = SyncCommand.objects.get()

    with pytest.raises(NotAllowed):
        keep_rejected(command=command, note="đã xem", by=boss)
    keep_rejected(command=command, note="đã xem", by=operator_actor(operator))
    command.refresh_from_db()
    assert (command.state, command.code) == (CommandState.RESOLVED, "ticket_forged")


def test_after_three_months_bodies_and_files_are_forgotten(conflict, supervisor, boss, traveller):
    assert forget_settled() == 0
    decide(conflict, Resolution.EVIDENCE, supervisor, boss)
    traveller.shift(timedelta(days=91))

    assert forget_settled() == 1
    command = SyncCommand.objects.get()
    assert (command.body, len(command.body_sha256)) == ({}, 64)
    assert not SyncFile.objects.exists()


# --- The pages ------------------------------------------------------------------------------------


def test_a_supervisor_sees_everything_and_decides(desk, conflict, supervisor):
    listed = desk.get(reverse("station:conflict-list")).content.decode()
    assert "không còn đủ điều kiện" in listed
    address = reverse("station:conflict-detail", args=[conflict.pk])
    shown = desk.get(address).content.decode()
    assert "12000" in shown
    assert "signature:renter" in shown

    values = {"resolution": "applied", "note": "Đã gọi khách", "is_sure": "on"}
    assert desk.post(address, values | {"is_sure": ""}).status_code == 422
    assert desk.post(address, values).status_code == 302
    assert Rental.objects.get().state == RentalState.ACTIVE


def test_a_further_obstacle_is_said_and_passed_over_when_asked_again(desk, conflict, vehicle):
    Vehicle.objects.filter(pk=vehicle.pk).update(condition=Condition.PREPARATION)
    address = reverse("station:conflict-detail", args=[conflict.pk])
    values = {"resolution": "applied", "note": "Đã gọi khách", "is_sure": "on"}

    answer = desk.post(address, values)
    assert answer.status_code == 422
    assert "chưa qua bước chuẩn bị" in answer.content.decode()
    assert desk.post(address, values).status_code == 302
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.ON_RENTAL


def test_pictures_are_shown_to_supervisors_of_the_station_alone(desk, conflict, attendant, stranger):
    address = reverse("station:conflict-file", args=[conflict.command_id, "photo:front"])
    assert desk.get(address)["Content-Type"] == "image/jpeg"
    assert (
        desk.get(reverse("station:conflict-file", args=[conflict.command_id, "paper:x"])).status_code == 404
    )

    elsewhere = make_user()
    make_post(user=elsewhere, station=make_station(), role=StaffPost.Role.SUPERVISOR)
    for person in (attendant, elsewhere, stranger):
        client = Client()
        client.force_login(person)
        assert client.get(address).status_code == 404
        assert client.get(reverse("station:conflict-detail", args=[conflict.pk])).status_code == 404
