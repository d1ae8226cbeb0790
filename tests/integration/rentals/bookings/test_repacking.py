from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from payments.intents.selectors import intents_of
from payments.intents.services import apply_fact
from rentals.bookings.enums import BookingState
from rentals.bookings.models import Booking
from rentals.bookings.selectors.room import has_room, situation_of
from rentals.bookings.services import expire_hold, hold_booking
from rentals.bookings.services.moving import move_booking
from rentals.bookings.services.repack import clear_vehicle, make_room
from rentals.bookings.signals import booking_moved
from rentals.contracts.enums import ContractState
from rentals.contracts.models import Contract
from rentals.contracts.services import draft_contract
from rentals.pricing.services import make_quote
from stations.fleet.models import Vehicle
from stations.timeline import services as timeline
from stations.timeline.enums import AllocationState
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.factories.accounts import make_renter
from tests.factories.money import paid_fact
from tests.factories.rentals import a_period, in_days, make_booking
from tests.factories.stations import make_allocation, make_station, make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.models import AuditEvent

MIDDLE = (3, 7)


def hold_the_middle(station, model):
    renter = make_renter()
    quote = make_quote(model=model, station=station, period=in_days(*MIDDLE))
    return hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))


def make_room_in_the_middle(station, model):
    return make_room(
        station=station,
        model=model,
        period=timeline.with_turnaround(in_days(*MIDDLE)),
        claimant="booking:VG-NEW",
        hold_expires_at=clock.now() + timedelta(minutes=15),
    )


def claims():
    rows = VehicleAllocation.objects.live(clock.now()).order_by("pk")
    return {claim.claimant: claim.vehicle_id for claim in rows}


def test_a_booking_moves_so_that_one_more_fits(station, model, cars, early, late):
    before = early.allocation

    booking = hold_the_middle(station, model)

    early.refresh_from_db()
    assert booking.state == BookingState.HELD
    assert booking.allocation.vehicle == cars[0]
    assert early.allocation.vehicle == cars[1]
    assert early.allocation.state == AllocationState.CONFIRMED
    assert early.allocation.period == before.period
    before.refresh_from_db()
    assert before.state == AllocationState.RELEASED
    assert claims() == {
        early.reference: cars[1].pk,
        late.reference: cars[1].pk,
        booking.reference: cars[0].pk,
    }


def test_a_move_is_on_record(station, model, cars, early, late):
    booking = hold_the_middle(station, model)

    event = AuditEvent.objects.get(action="booking.moved")
    assert event.subject == early.reference
    assert event.changes == {"before": cars[0].code, "after": cars[1].code}
    assert event.reason == f"repacked to make room: {booking.reference}"


def test_the_contract_names_the_new_vehicle(station, model, cars, early, late):
    old = draft_contract(booking=early)

    hold_the_middle(station, model)

    old.refresh_from_db()
    assert old.state == ContractState.VOIDED
    new = early.contracts.exclude(pk=old.pk).get()
    assert new.version == 2
    assert new.data["vehicle"]["plate"] == cars[1].plate


def test_a_signed_contract_stays_as_it_was_signed(cars, early):
    contract = draft_contract(booking=early)
    now = clock.now()
    Contract.objects.filter(pk=contract.pk).update(
        state=ContractState.SIGNED, file="a.pdf", sha256="a" * 64, rendered_at=now, signed_at=now
    )

    move_booking(booking=early, vehicle=cars[1], reason="Phanh kêu", by=SYSTEM)

    assert early.contracts.get().state == ContractState.SIGNED
    assert early.allocation.vehicle == cars[1]


def test_a_hold_that_moves_keeps_its_end_and_has_no_contract(station, model, cars, late):
    held = make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(2, 4), state=BookingState.HELD)
    ends_at = held.allocation.hold_expires_at

    hold_the_middle(station, model)

    held.refresh_from_db()
    assert held.allocation.vehicle == cars[1]
    assert held.allocation.state == AllocationState.HELD
    assert held.allocation.hold_expires_at == ends_at
    assert not held.contracts.exists()


def test_the_fewest_move_when_the_vehicle_is_in_use_elsewhere(station, model, cars, early, late):
    third = make_vehicle(station=station, model=model)
    timeline.hold_vehicle(
        vehicle=third, period=in_days(5, 6), claimant="booking:VG-ELSEWHERE", hold_expires_at=None
    )

    hold_the_middle(station, model)

    assert AuditEvent.objects.filter(action="booking.moved").count() == 1


PINNED = {
    "chosen by plate": {"is_by_model": False},
    "at the counter": {"state": BookingState.ARRIVED},
    "with the renter": {"state": BookingState.FULFILLED},
}


@pytest.mark.parametrize("fields", PINNED.values(), ids=PINNED.keys())
def test_what_is_pinned_stays_and_the_new_one_is_refused(station, model, cars, fields):
    make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(2, 4), **fields)
    make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(6, 8), **fields)
    before = claims()

    with pytest.raises(VehicleUnavailable):
        hold_the_middle(station, model)

    assert claims() == before
    assert Booking.objects.count() == 2
    assert not AuditEvent.objects.filter(action="booking.moved").exists()


def test_a_one_way_booking_stays_on_its_vehicle(station, model, cars):
    elsewhere = make_station()
    for car, days in ((cars[0], (2, 4)), (cars[1], (6, 8))):
        make_booking(renter=make_renter(), vehicle=car, period=in_days(*days), return_station=elsewhere)

    assert not has_room(station, model, in_days(*MIDDLE))


def test_nothing_moves_on_a_vehicle_where_a_change_waits_for_its_money(station, model, cars, early, late):
    ends = clock.now() + timedelta(minutes=15)
    for car in cars:
        make_allocation(
            vehicle=car,
            period=in_days(9, 10),
            state=AllocationState.HELD,
            claimant="change:TD-1",
            hold_expires_at=ends,
        )

    assert make_room_in_the_middle(station, model) is None


def test_a_pickup_soon_is_not_moved_to_a_vehicle_that_is_not_ready(station, model, cars):
    soon = clock.now().replace(microsecond=0) + timedelta(minutes=90)
    make_booking(renter=make_renter(), vehicle=cars[0], period=a_period(starts_at=soon, hours=4))
    make_booking(
        renter=make_renter(),
        vehicle=cars[1],
        period=a_period(starts_at=soon + timedelta(hours=20), hours=4),
        is_by_model=False,
    )
    wanted = a_period(starts_at=soon + timedelta(hours=3), hours=30)

    Vehicle.objects.filter(pk=cars[1].pk).update(battery_percent=20)
    assert not has_room(station, model, wanted)


def test_a_pickup_soon_may_move_to_a_vehicle_that_stands_ready(station, model, cars):
    soon = clock.now().replace(microsecond=0) + timedelta(minutes=90)
    first = make_booking(renter=make_renter(), vehicle=cars[0], period=a_period(starts_at=soon, hours=4))
    make_booking(
        renter=make_renter(),
        vehicle=cars[1],
        period=a_period(starts_at=soon + timedelta(hours=20), hours=4),
        is_by_model=False,
    )

    allocation = make_room(
        station=station,
        model=model,
        period=a_period(starts_at=soon + timedelta(hours=3), hours=30),
        claimant="booking:VG-NEW",
        hold_expires_at=None,
    )

    assert allocation.vehicle == cars[0]
    assert allocation.state == AllocationState.CONFIRMED
    first.refresh_from_db()
    assert first.allocation.vehicle == cars[1]


def test_room_is_told_in_two_queries_and_without_writing(
    station, model, early, late, django_assert_num_queries
):
    before = claims()

    with django_assert_num_queries(2):
        assert has_room(station, model, in_days(*MIDDLE))
    make_booking(renter=make_renter(), vehicle=late.allocation.vehicle, period=in_days(4, 5))
    make_booking(renter=make_renter(), vehicle=early.allocation.vehicle, period=in_days(4, 5))
    assert not has_room(station, model, in_days(*MIDDLE))
    assert before.items() <= claims().items()


def test_a_hold_that_ran_out_is_not_in_the_way(station, model, cars, early, late):
    stale = make_allocation(
        vehicle=cars[0],
        period=in_days(4, 6),
        state=AllocationState.HELD,
        claimant="booking:VG-STALE",
        hold_expires_at=clock.now() - timedelta(seconds=1),
    )

    assert make_room_in_the_middle(station, model).vehicle == cars[0]
    stale.refresh_from_db()
    assert stale.state == AllocationState.EXPIRED


def test_money_that_comes_late_makes_room_for_its_booking(station, model, cars):
    renter = make_renter()
    quote = make_quote(model=model, station=station, period=in_days(*MIDDLE))
    booking = hold_booking(renter=renter, quote=quote, idempotency_key="1", by=renter_actor(renter))
    fact = paid_fact(intents_of(booking.reference).get())
    VehicleAllocation.objects.filter(pk=booking.allocation_id).update(
        hold_expires_at=clock.now() - timedelta(seconds=1)
    )
    assert expire_hold(Booking.objects.select_related("allocation").get(pk=booking.pk))
    one = make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(2, 4))
    make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(6, 8))

    apply_fact(fact)

    booking.refresh_from_db()
    assert booking.state == BookingState.CONFIRMED
    assert booking.allocation.vehicle == cars[0]
    one.refresh_from_db()
    assert one.allocation.vehicle == cars[1]


def test_what_is_told_of_a_move_names_the_vehicle_before(station, model, cars, early, late):
    told = []

    def listen(sender, booking, before, **kwargs):
        told.append((booking.pk, before, booking.allocation.vehicle))

    booking_moved.connect(listen)
    try:
        hold_the_middle(station, model)
    finally:
        booking_moved.disconnect(listen)

    assert told == [(early.pk, cars[0], cars[1])]


def test_a_vehicle_is_cleared_for_a_booking_that_ends_elsewhere(station, model, cars, early, late):
    vehicle = clear_vehicle(
        station=station,
        model=model,
        rented=in_days(3, 4),
        period=in_days(3, 100),
        by=SYSTEM,
        reason="Trả ở trạm khác",
    )

    # One move for either; the first car is taken.
    assert vehicle == cars[0]
    assert claims() == {early.reference: cars[1].pk, late.reference: cars[1].pk}


def test_no_vehicle_is_cleared_of_whoever_chose_it(station, model, cars, early):
    make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(6, 8), is_by_model=False)
    make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(9, 10), is_by_model=False)
    before = claims()

    vehicle = clear_vehicle(
        station=station, model=model, rented=in_days(3, 4), period=in_days(3, 100), by=SYSTEM, reason="Thử"
    )

    assert vehicle is None
    assert claims() == before


def test_the_situation_says_who_may_move(station, model, cars, early):
    make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(3, 5), is_by_model=False)

    situation = situation_of(station, model)

    assert list(situation.movable) == [early.allocation_id]
    assert len(situation.claims) == 2
