from datetime import timedelta

import pytest

from accounts.access.actors import operator_actor, staff_actor
from stations.bays.errors import NoBayFree
from stations.bays.models import Bay, BayReservation
from stations.charging_queue import services as charging
from stations.charging_queue.models import ChargingStint
from stations.fleet import services as fleet
from stations.fleet.errors import OdometerWentBack, ReasonMissing, VehicleIsPromised
from stations.timeline.errors import TimeIsClaimed
from stations.timeline.models import VehicleAllocation
from stations.timeline.signals import time_freed
from stations.transfers import services
from stations.transfers.errors import (
    AlreadyInTransfer,
    NotAtThisEnd,
    NotStandingHere,
    SameStation,
    TransferInThePast,
)
from stations.transfers.models import TransferPhoto, VehicleTransfer
from tests.factories.accounts import photo_upload
from tests.factories.rentals import a_period
from tests.factories.stations import make_allocation, make_station, make_vehicle
from tests.factories.yard import approved, make_staff, make_transfer
from voltgo.core import clock
from voltgo.core.errors import IllegalTransition, NotAllowed


@pytest.fixture
def origin():
    return make_station()


@pytest.fixture
def destination():
    return make_station()


@pytest.fixture
def vehicle(origin):
    return make_vehicle(station=origin)


@pytest.fixture
def sender(origin):
    return make_staff(origin)


@pytest.fixture
def receiver(destination):
    return make_staff(destination)


def said(user, odometer_km=12_000, battery_percent=80, **fields):
    readings = {"odometer_km": odometer_km, "battery_percent": battery_percent}
    return {"user": user, "by": staff_actor(user), **readings, **fields}


def live_claims(vehicle):
    return VehicleAllocation.objects.live(clock.now()).filter(vehicle=vehicle)


def test_a_vehicle_goes_over_and_stays_there(vehicle, origin, destination, sender, receiver):
    fleet.park_in_bay(vehicle=vehicle, bay=Bay.objects.filter(station=origin)[0], by=staff_actor(sender))
    charging.plug_in(vehicle=vehicle, percent=80, user=sender, by=staff_actor(sender))
    transfer = approved(vehicle, destination, sender)
    assert BayReservation.objects.standing().get().station == destination
    assert (live_claims(vehicle).get().kind, live_claims(vehicle).get().state) == ("transfer", "blocked")

    services.pick_up(transfer=transfer, **said(sender, photos=[photo_upload()]))

    vehicle.refresh_from_db()
    assert (vehicle.condition, vehicle.bay, vehicle.station) == ("in_transfer", None, origin)
    assert ChargingStint.objects.get().unplugged_at is not None

    services.deliver(transfer=transfer, **said(receiver, 12_020, 70, photos=[photo_upload()]))

    vehicle.refresh_from_db()
    transfer.refresh_from_db()
    assert (vehicle.condition, vehicle.station, vehicle.odometer_km) == ("preparation", destination, 12_020)
    assert (transfer.state, transfer.picked_up_by, transfer.delivered_by) == ("delivered", sender, receiver)
    assert list(TransferPhoto.objects.order_by("end").values_list("end", flat=True)) == [
        "destination",
        "origin",
    ]
    assert not live_claims(vehicle).exists()
    assert not BayReservation.objects.standing().exists()


def test_its_time_becomes_free_where_it_arrives(vehicle, destination, sender, receiver):
    heard = []

    def hear(sender, station_id, **_kwargs):
        heard.append(station_id)

    transfer = approved(vehicle, destination, sender)
    services.pick_up(transfer=transfer, **said(sender))
    time_freed.connect(hear)
    try:
        services.deliver(transfer=transfer, **said(receiver))
    finally:
        time_freed.disconnect(hear)

    assert heard == [destination.pk]


def test_both_ends_said_twice_count_once(vehicle, destination, sender, receiver):
    transfer = approved(vehicle, destination, sender)
    services.approve(transfer=transfer, by=operator_actor(sender))
    left_at = clock.now() - timedelta(minutes=40)
    for _ in range(2):
        services.pick_up(transfer=transfer, **said(sender, at=left_at))
    for _ in range(2):
        services.deliver(transfer=transfer, **said(receiver, 12_010))

    transfer.refresh_from_db()
    assert transfer.picked_up_at == left_at
    with pytest.raises(IllegalTransition):
        services.deliver(transfer=transfer, **said(receiver, 12_011))


def test_each_end_is_confirmed_by_its_own_people(vehicle, destination, sender, receiver):
    transfer = approved(vehicle, destination, sender)
    with pytest.raises(NotAtThisEnd):
        services.pick_up(transfer=transfer, **said(receiver))
    services.pick_up(transfer=transfer, **said(sender))
    with pytest.raises(NotAtThisEnd):
        services.deliver(transfer=transfer, **said(sender))

    transfer.refresh_from_db()
    assert transfer.state == "picked_up"


# --- Promised vehicles --------------------------------------------------------------------------------


@pytest.mark.parametrize("hours_ahead", [0, 30, 24 * 20])
def test_a_promised_vehicle_does_not_go(vehicle, destination, sender, hours_ahead):
    start = (clock.now() + timedelta(hours=hours_ahead)).replace(microsecond=0)
    make_allocation(vehicle=vehicle, period=a_period(starts_at=start, hours=5))
    transfer = make_transfer(vehicle, destination, sender)

    with pytest.raises(TimeIsClaimed):
        services.approve(transfer=transfer, by=operator_actor(sender))

    transfer.refresh_from_db()
    assert transfer.state == "draft"
    assert not BayReservation.objects.exists()


def test_what_ends_before_it_leaves_does_not_stand_in_the_way(vehicle, destination, sender):
    now = clock.now().replace(microsecond=0)
    make_allocation(vehicle=vehicle, period=a_period(starts_at=now + timedelta(hours=1), hours=2))
    start = now + timedelta(hours=4)
    transfer = approved(vehicle, destination, sender, starts_at=start, arrives_at=start + timedelta(hours=1))

    with pytest.raises(VehicleIsPromised):
        services.pick_up(transfer=transfer, **said(sender))

    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"


def test_one_that_leaves_early_claims_the_time_until_its_plan_too(vehicle, destination, sender):
    start = clock.now().replace(microsecond=0) + timedelta(hours=4)
    transfer = approved(vehicle, destination, sender, starts_at=start, arrives_at=start + timedelta(hours=1))

    services.pick_up(transfer=transfer, **said(sender))

    assert live_claims(vehicle).count() == 2
    assert min(claim.period.lower for claim in live_claims(vehicle)) <= clock.now()


def test_a_full_station_takes_nobody(vehicle, sender):
    full = make_station(bays=0)
    transfer = make_transfer(vehicle, full, sender)

    with pytest.raises(NoBayFree):
        services.approve(transfer=transfer, by=operator_actor(sender))

    assert not live_claims(vehicle).exists()


# --- Refusals -----------------------------------------------------------------------------------------


def test_plans_that_make_no_sense_are_refused(vehicle, origin, destination, sender):
    now = clock.now()
    with pytest.raises(SameStation):
        make_transfer(vehicle, origin, sender)
    with pytest.raises(ReasonMissing):
        make_transfer(vehicle, destination, sender, reason=" ")
    with pytest.raises(TransferInThePast):
        make_transfer(vehicle, destination, sender, arrives_at=now - timedelta(hours=1))
    make_transfer(vehicle, destination, sender)
    with pytest.raises(AlreadyInTransfer):
        make_transfer(vehicle, destination, sender)

    assert VehicleTransfer.objects.count() == 1


def test_an_attendant_approves_nothing(vehicle, destination, sender):
    transfer = make_transfer(vehicle, destination, sender)

    with pytest.raises(NotAllowed):
        services.approve(transfer=transfer, by=staff_actor(sender))

    assert not live_claims(vehicle).exists()


def test_a_broken_vehicle_does_not_leave(vehicle, destination, sender):
    transfer = approved(vehicle, destination, sender)
    fleet.send_to_maintenance(vehicle=vehicle, reason="Phanh", by=staff_actor(sender))

    with pytest.raises(NotStandingHere):
        services.pick_up(transfer=transfer, **said(sender))

    transfer.refresh_from_db()
    assert transfer.state == "approved"


def test_kilometres_do_not_run_backwards(vehicle, destination, sender, receiver):
    transfer = approved(vehicle, destination, sender)
    with pytest.raises(OdometerWentBack):
        services.pick_up(transfer=transfer, **said(sender, 11_999))
    services.pick_up(transfer=transfer, **said(sender, 12_010))

    with pytest.raises(OdometerWentBack):
        services.deliver(transfer=transfer, **said(receiver, 12_009))

    vehicle.refresh_from_db()
    assert vehicle.condition == "in_transfer"


# --- Called off ---------------------------------------------------------------------------------------


def test_what_is_called_off_leaves_no_claim_and_no_bay(vehicle, destination, sender):
    transfer = approved(vehicle, destination, sender)
    with pytest.raises(NotAllowed):
        services.cancel(transfer=transfer, reason="thôi", by=staff_actor(sender))

    services.cancel(transfer=transfer, reason="thôi", by=operator_actor(sender))
    services.cancel(transfer=transfer, reason="thôi", by=operator_actor(sender))

    assert not live_claims(vehicle).exists()
    assert not BayReservation.objects.standing().exists()
    vehicle.refresh_from_db()
    assert vehicle.condition == "ready"


def test_one_that_turns_round_is_back_in_preparation(vehicle, origin, destination, sender):
    transfer = approved(vehicle, destination, sender)
    services.pick_up(transfer=transfer, **said(sender))

    services.cancel(transfer=transfer, reason="quay lại", by=operator_actor(sender))

    vehicle.refresh_from_db()
    assert (vehicle.condition, vehicle.station) == ("preparation", origin)
    assert not live_claims(vehicle).exists()
