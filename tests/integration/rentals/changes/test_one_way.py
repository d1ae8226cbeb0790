from datetime import date, timedelta

import pytest

from accounts.access.actors import renter_actor, staff_actor
from accounts.notifications.models import Delivery
from payments.intents.selectors import intents_of, money_of
from payments.intents.services import apply_fact
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.models import Booking
from rentals.bookings.services import cancel_booking, expire_due_holds, hold_booking
from rentals.changes import services
from rentals.changes.errors import ExtensionBlocked
from rentals.changes.wanted import as_booked
from rentals.handovers.services import swap_vehicle
from rentals.pricing.offer_models import OneWayFee
from rentals.pricing.services import make_quote
from stations.bays.errors import NoBayFree
from stations.bays.models import BayReservation
from stations.bays.selectors import free_bays_of
from stations.bays.services import free_bays, reserve_bay
from stations.fleet.models import Vehicle
from stations.network.models import Station
from stations.timeline.enums import AllocationState
from stations.timeline.errors import VehicleUnavailable
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import handed_over, opened, paid_booking, returned
from tests.factories.money import paid_fact
from tests.factories.money import pay as pay_booking
from tests.factories.rentals import a_period
from tests.factories.stations import make_post, make_vehicle
from tests.integration.rentals.changes.conftest import pay
from voltgo.core import clock

HOUR = timedelta(hours=1)
HORIZON = timedelta(days=180)
FEE = 150_000


@pytest.fixture(autouse=True)
def fee(model):
    return OneWayFee.objects.create(vehicle_kind=model.kind, amount=FEE, valid_from=date(2020, 1, 1))


def hold(renter, vehicle, elsewhere, *, start=None, key="1", by_plate=False):
    start = start or clock.now() + 48 * HOUR
    quote = make_quote(
        model=vehicle.model,
        station=vehicle.station,
        return_station=elsewhere,
        period=a_period(starts_at=start, hours=4),
        vehicle=vehicle if by_plate else None,
    )
    return hold_booking(renter=renter, quote=quote, idempotency_key=key, by=renter_actor(renter))


@pytest.fixture
def one_way(renter, vehicle, elsewhere):
    booking = hold(renter, vehicle, elsewhere)
    pay_booking(booking)
    booking.refresh_from_db()
    return booking


def blocks(booking):
    rows = VehicleAllocation.objects.live(clock.now()).filter(claimant=f"oneway:{booking.code}")
    return [(row.kind, row.state, row.period.lower, row.period.upper) for row in rows]


def expected_at(station):
    return list(
        BayReservation.objects.filter(station=station, ended_at=None).values_list("claimant", flat=True)
    )


def test_a_hold_keeps_a_bay_and_the_time_behind_it(renter, vehicle, elsewhere):
    booking = hold(renter, vehicle, elsewhere)

    assert booking.quote.total_amount == 400_000 + FEE
    end = booking.ends_at + timedelta(minutes=30)
    assert blocks(booking) == [("transfer", AllocationState.HELD, end, end + HORIZON)]
    assert expected_at(elsewhere) == [booking.reference]


def test_money_makes_bay_and_block_firm(one_way, elsewhere):
    assert one_way.state == BookingState.CONFIRMED
    assert [row[1] for row in blocks(one_way)] == [AllocationState.BLOCKED]
    assert expected_at(elsewhere) == [one_way.reference]


def test_nobody_books_a_vehicle_that_will_be_elsewhere(one_way, stranger, vehicle):
    quote = make_quote(
        model=vehicle.model,
        station=vehicle.station,
        period=a_period(starts_at=one_way.ends_at + 100 * HOUR, hours=4),
    )
    with pytest.raises(VehicleUnavailable):
        hold_booking(renter=stranger, quote=quote, idempotency_key="2", by=renter_actor(stranger))


def test_a_vehicle_that_is_promised_later_goes_nowhere(renter, stranger, vehicle, elsewhere):
    quote = make_quote(
        model=vehicle.model,
        station=vehicle.station,
        period=a_period(starts_at=clock.now() + 400 * HOUR, hours=4),
    )
    hold_booking(renter=stranger, quote=quote, idempotency_key="2", by=renter_actor(stranger))

    with pytest.raises(VehicleUnavailable):
        hold(renter, vehicle, elsewhere)
    assert (expected_at(elsewhere), Booking.objects.count()) == ([], 1)


def test_the_last_bay_is_given_once(renter, vehicle, elsewhere, model, station):
    elsewhere.bays = 1
    elsewhere.save()
    make_vehicle(model=model, station=station)
    hold(renter, vehicle, elsewhere)

    with pytest.raises(NoBayFree):
        hold(renter, vehicle, elsewhere, key="2")
    assert (free_bays(elsewhere), Booking.objects.count()) == (0, 1)


def test_free_bays_count_what_lives_there_and_what_is_expected(elsewhere, model):
    elsewhere.bays = 5
    elsewhere.save()
    make_vehicle(model=model, station=elsewhere)
    make_vehicle(model=model, station=elsewhere, lifecycle="retired")
    reserve_bay(station=elsewhere, claimant="booking:VG-1", arrives_at=clock.now())
    reserve_bay(station=elsewhere, claimant="booking:VG-1", arrives_at=clock.now() + HOUR)

    assert free_bays(elsewhere) == 3


def test_a_hold_that_runs_out_lets_bay_and_block_go(renter, vehicle, elsewhere, hand):
    booking = hold(renter, vehicle, elsewhere)
    hand.shift(timedelta(minutes=16))
    assert blocks(booking) == []
    expire_due_holds()

    assert expected_at(elsewhere) == []
    assert not VehicleAllocation.objects.filter(state__in=["held", "blocked"]).exists()


def test_a_cancellation_lets_bay_and_block_go(one_way, elsewhere):
    cancel_booking(booking=one_way, reason=CancelReason.RENTER, by=renter_actor(one_way.renter))

    assert (blocks(one_way), expected_at(elsewhere)) == ([], [])


def test_late_money_takes_bay_and_block_again(renter, vehicle, elsewhere, hand):
    booking = hold(renter, vehicle, elsewhere)
    fact = paid_fact(intents_of(booking.reference).get())
    hand.shift(timedelta(minutes=16))
    expire_due_holds()
    apply_fact(fact)

    booking = Booking.objects.get(pk=booking.pk)
    assert booking.state == BookingState.CONFIRMED
    assert [row[1] for row in blocks(booking)] == [AllocationState.BLOCKED]
    assert expected_at(elsewhere) == [booking.reference]


def test_the_vehicle_lives_where_it_was_returned(
    renter, vehicle, elsewhere, attendant, other_attendant, quick_paper, hand
):
    make_post(user=other_attendant, station=elsewhere)
    booking = hold(renter, vehicle, elsewhere, start=clock.now() + timedelta(minutes=30))
    pay_booking(booking)
    booking.refresh_from_db()
    rental = handed_over(booking=booking, attendant=attendant)
    hand.shift(4 * HOUR)
    settlement = returned(rental, other_attendant, odometer_km=12_040)

    assert Vehicle.objects.get(pk=vehicle.pk).station == elsewhere
    assert (blocks(booking), expected_at(elsewhere)) == ([], [])
    assert (settlement.prepaid_amount, settlement.extra_amount) == (550_000, 0)
    assert not VehicleAllocation.objects.live(clock.now()).exists()


def test_a_change_to_another_return_station_reserves_a_bay_first(booking, change, elsewhere):
    asked = change(booking, return_station=elsewhere)

    assert asked.rent_difference == FEE
    assert expected_at(elsewhere) == [asked.reference]
    pay(asked)
    assert expected_at(elsewhere) == [booking.reference]
    current = Booking.objects.get(pk=booking.pk)
    assert current.return_station == elsewhere
    assert [row[1] for row in blocks(current)] == [AllocationState.BLOCKED]


def test_a_change_that_nobody_pays_gives_its_bay_back(booking, change, elsewhere, hand):
    change(booking, return_station=elsewhere)
    hand.shift(timedelta(minutes=16))
    services.lapse_due_changes()

    assert expected_at(elsewhere) == []
    assert blocks(booking) == []


def test_a_booking_that_ends_at_home_after_all_lets_bay_and_block_go(one_way, change, station, elsewhere):
    change(one_way, return_station=station)

    assert (blocks(one_way), expected_at(elsewhere)) == ([], [])
    assert money_of(one_way.reference).prepaid == 400_000


def test_a_longer_one_way_booking_pushes_its_block_back(one_way, change):
    pay(change(one_way, end=2))

    current = Booking.objects.get(pk=one_way.pk)
    end = current.ends_at + timedelta(minutes=30)
    assert blocks(current) == [("transfer", AllocationState.BLOCKED, end, end + HORIZON)]


def test_no_change_to_a_station_without_a_bay(booking, elsewhere):
    elsewhere.bays = 0
    elsewhere.save()

    with pytest.raises(NoBayFree):
        services.preview_change(booking=booking, wanted=as_booked(booking).but(return_station=elsewhere))


def test_a_renter_on_the_road_may_bring_the_vehicle_elsewhere(
    rental, elsewhere, by, other_attendant, vehicle, hand
):
    make_post(user=other_attendant, station=elsewhere)
    preview = services.preview_extension(rental=rental, ends_at=rental.due_at, return_station=elsewhere)
    assert preview.difference.due == FEE
    asked = services.request_extension(rental=rental, quote=preview.after, idempotency_key="1", by=by)
    pay(asked)
    assert expected_at(elsewhere) == [rental.booking.reference]
    assert Delivery.objects.filter(kind="booking_changed").count() == 1

    hand.shift(3 * HOUR)
    rental.refresh_from_db()
    settlement = returned(rental, other_attendant, odometer_km=12_030)
    assert (settlement.prepaid_amount, settlement.extra_amount) == (300_000 + FEE, 0)
    assert Vehicle.objects.get(pk=vehicle.pk).station == elsewhere


def test_a_vehicle_that_is_promised_next_stays_where_it_is(rental, stranger, vehicle, elsewhere):
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + 100 * HOUR, hours=4)
    )
    with pytest.raises(ExtensionBlocked) as refusal:
        services.preview_extension(rental=rental, ends_at=rental.due_at, return_station=elsewhere)

    assert refusal.value.longest is None


def test_a_return_is_taken_even_if_the_vehicle_is_promised_where_it_was(
    rental, elsewhere, by, other_attendant, stranger, vehicle, hand, caplog
):
    make_post(user=other_attendant, station=elsewhere)
    preview = services.preview_extension(rental=rental, ends_at=rental.due_at, return_station=elsewhere)
    pay(services.request_extension(rental=rental, quote=preview.after, idempotency_key="1", by=by))
    VehicleAllocation.objects.filter(claimant=f"oneway:{rental.booking.code}").update(state="released")
    paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=rental.due_at + 100 * HOUR, hours=4)
    )
    hand.shift(3 * HOUR)
    rental.refresh_from_db()
    returned(rental, other_attendant, odometer_km=12_030)

    rental.refresh_from_db()
    assert rental.state == "settling"
    assert "is promised at another station" in caplog.text


def test_the_block_follows_a_vehicle_that_was_swapped_at_the_counter(
    renter, vehicle, elsewhere, attendant, model, station, quick_paper
):
    booking = hold(renter, vehicle, elsewhere, start=clock.now() + timedelta(minutes=30))
    pay_booking(booking)
    booking.refresh_from_db()
    other = make_vehicle(model=model, station=station)
    rental = opened(booking=booking, attendant=attendant)
    swap_vehicle(rental=rental, vehicle=other, reason="Xe bẩn", user=attendant, by=staff_actor(attendant))

    block = VehicleAllocation.objects.live(clock.now()).get(claimant=f"oneway:{booking.code}")
    assert block.vehicle == other


def test_a_hold_that_ran_out_keeps_no_bay_though_nothing_has_swept_it(renter, vehicle, elsewhere, hand):
    before = free_bays(elsewhere)
    booking = hold(renter, vehicle, elsewhere)
    assert (free_bays(elsewhere), free_bays_of([elsewhere])) == (before - 1, {elsewhere.pk: before - 1})
    fact = paid_fact(intents_of(booking.reference).get())

    hand.shift(timedelta(minutes=16))

    assert (free_bays(elsewhere), free_bays_of([elsewhere])) == (before, {elsewhere.pk: before})
    # Money that comes before any sweep keeps the bay after all, for good.
    apply_fact(fact)
    hand.shift(timedelta(minutes=16))
    assert (free_bays(elsewhere), expected_at(elsewhere)) == (before - 1, [booking.reference])


def test_neither_does_a_change_that_ran_out(booking, change, elsewhere, hand):
    before = free_bays(elsewhere)
    asked = change(booking, return_station=elsewhere)
    assert free_bays(elsewhere) == before - 1
    hand.shift(timedelta(minutes=16))

    assert (asked.is_over, free_bays(elsewhere)) == (True, before)


def test_the_last_bay_goes_to_whoever_comes_when_a_hold_has_run_out(
    renter, stranger, vehicle, model, station, elsewhere, hand
):
    type(elsewhere).objects.filter(pk=elsewhere.pk).update(bays=1)
    make_vehicle(model=model, station=station)
    late = hold(renter, vehicle, elsewhere)
    fact = paid_fact(intents_of(late.reference).get())
    hand.shift(timedelta(minutes=16))

    taken = hold(stranger, vehicle, elsewhere, key="2")
    pay_booking(taken)
    apply_fact(fact)

    late.refresh_from_db()
    assert (late.state, money_of(late.reference).prepaid) == (BookingState.EXPIRED, 0)
    assert expected_at(elsewhere) == [taken.reference]
    assert free_bays(Station.objects.get(pk=elsewhere.pk)) == 0
