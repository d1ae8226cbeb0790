import pytest

from rentals.bookings.enums import BookingState
from rentals.bookings.errors import CannotMove
from rentals.bookings.models import Booking
from rentals.bookings.services.moving import Move, move_booking, move_bookings
from rentals.bookings.services.repack import apply_plan, plan_without
from stations.fleet.enums import Condition
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.factories.accounts import make_renter
from tests.factories.rentals import in_days, make_booking
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

MIDDLE = (3, 7)


def claims():
    rows = VehicleAllocation.objects.live(clock.now()).order_by("pk")
    return {claim.claimant: claim.vehicle_id for claim in rows}


def test_a_booking_is_moved_by_hand(cars, early):
    allocation = move_booking(booking=early, vehicle=cars[1], reason="Phanh kêu", by=SYSTEM)

    assert early.allocation == allocation
    early.refresh_from_db()
    assert early.allocation.vehicle == cars[1]


def test_two_bookings_exchange_their_vehicles(cars):
    one = make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(2, 4))
    other = make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(3, 5))

    move_bookings(
        moves=[Move(one, cars[0], cars[1]), Move(other, cars[1], cars[0])], reason="Đổi chéo", by=SYSTEM
    )

    assert claims() == {one.reference: cars[1].pk, other.reference: cars[0].pk}


def test_a_vehicle_that_is_taken_or_unfit_is_refused_and_nothing_moves(station, model, cars, early):
    make_booking(renter=make_renter(), vehicle=cars[1], period=in_days(3, 5))
    broken = make_vehicle(station=station, model=model, condition=Condition.MAINTENANCE)
    elsewhere = make_vehicle(model=model)
    before = claims()

    for vehicle in (cars[1], broken, elsewhere):
        with pytest.raises(VehicleUnavailable):
            move_booking(booking=early, vehicle=vehicle, reason="Thử", by=SYSTEM)

    assert claims() == before


def test_a_booking_at_the_counter_is_not_moved(cars):
    arrived = make_booking(
        renter=make_renter(), vehicle=cars[0], period=in_days(2, 4), state=BookingState.ARRIVED
    )

    with pytest.raises(CannotMove):
        move_booking(booking=arrived, vehicle=cars[1], reason="Thử", by=SYSTEM)


def test_a_plan_frees_a_vehicle_and_moves_others_to_do_so(station, model, cars, early, late):
    third = make_vehicle(station=station, model=model)
    middle = make_booking(renter=make_renter(), vehicle=third, period=in_days(*MIDDLE))

    plan = plan_without(vehicle=third, period=in_days(0.5, 20))
    assert claims()[middle.reference] == third.pk
    apply_plan(plan, by=SYSTEM, reason="Hỏng phanh")

    assert plan.stuck == ()
    assert [move.booking for move in plan.moved_off] == [middle]
    assert len(plan.moves) == 2
    assert third.pk not in claims().values()


def test_who_picks_up_first_is_helped_first_and_the_others_are_named(station, model, cars):
    blocked = make_vehicle(station=station, model=model)
    for car in cars:
        make_booking(renter=make_renter(), vehicle=car, period=in_days(3, 5), is_by_model=False)
    second = make_booking(renter=make_renter(), vehicle=blocked, period=in_days(4, 6))
    first = make_booking(renter=make_renter(), vehicle=blocked, period=in_days(1, 2))
    chosen = make_booking(renter=make_renter(), vehicle=blocked, period=in_days(8, 9), is_by_model=False)

    plan = plan_without(vehicle=blocked, period=in_days(0.5, 20))

    assert [move.booking for move in plan.moves] == [first]
    assert list(plan.stuck) == [second, chosen]


def test_one_who_chose_a_broken_vehicle_may_be_offered_an_equal_one(cars):
    chosen = make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(8, 9), is_by_model=False)

    plan = plan_without(vehicle=cars[0], period=in_days(0.5, 20), moves_chosen=True)

    assert [(move.booking, move.after) for move in plan.moves] == [(chosen, cars[1])]
    assert plan.stuck == ()


def test_only_the_hours_in_question_must_be_free(cars, early):
    plan = plan_without(vehicle=cars[0], period=in_days(4, 9))

    assert (plan.moves, plan.stuck) == ((), ())


def test_a_plan_that_is_no_longer_true_changes_nothing(station, model, cars, early):
    other = make_booking(renter=make_renter(), vehicle=cars[0], period=in_days(5, 6))
    plan = plan_without(vehicle=cars[0], period=in_days(0.5, 20))
    assert len(plan.moves) == 2
    move_booking(booking=Booking.objects.get(pk=other.pk), vehicle=cars[1], reason="Khác", by=SYSTEM)
    before = claims()

    with pytest.raises(CannotMove):
        apply_plan(plan, by=SYSTEM, reason="Hỏng phanh")

    assert claims() == before
