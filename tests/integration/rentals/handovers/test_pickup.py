from datetime import timedelta

import pytest

from accounts.access.actors import staff_actor
from accounts.kyc.eligibility import NotEligible
from accounts.kyc.models import IdentityDocument
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.services import cancel_booking
from rentals.contracts.enums import ContractState
from rentals.contracts.models import Contract
from rentals.contracts.services import current_contract
from rentals.handovers import services
from rentals.handovers.enums import RENTAL, RentalState
from rentals.handovers.errors import (
    AlreadyHandedOver,
    BookingNotConfirmed,
    NotPaid,
    NotSigned,
    ReasonMissing,
    RenterHasOpenRental,
    StepClosed,
    TooEarly,
    TooLate,
    VehicleStillOut,
    WrongStation,
)
from rentals.handovers.models import Inspection, Rental
from stations.fleet.enums import Condition
from stations.timeline.enums import AllocationState
from tests.factories.handovers import (
    handed_over,
    opened,
    paid_booking,
    pickup_of,
    ready_to_sign,
    sign_both,
)
from tests.factories.rentals import a_period, make_booking
from tests.factories.stations import make_post, make_station, make_vehicle
from voltgo.core import clock, states
from voltgo.core.audit.models import AuditEvent


def nothing_begun(booking):
    booking.refresh_from_db()
    return (
        booking.state == BookingState.CONFIRMED
        and not Rental.objects.exists()
        and not Inspection.objects.exists()
    )


# --- Opening ---------------------------------------------------------------------------------------


def test_a_handover_begins_with_a_draft_inspection_and_the_renters_eligibility_today(booking, attendant):
    rental = opened(booking=booking, attendant=attendant)

    booking.refresh_from_db()
    assert booking.state == BookingState.ARRIVED
    assert rental.state == RentalState.PREPARING
    assert (rental.renter, rental.vehicle, rental.due_at) == (
        booking.renter,
        booking.allocation.vehicle,
        booking.ends_at,
    )
    assert rental.eligibility["is_eligible"] is True
    assert pickup_of(rental).by == attendant
    assert [event.target for event in states.events_of(RENTAL, rental)] == ["preparing"]


def test_a_second_call_returns_the_same_rental(booking, attendant, other_attendant):
    first = opened(booking=booking, attendant=attendant)
    again = opened(booking=booking, attendant=other_attendant)

    assert again == first
    assert Rental.objects.count() == Inspection.objects.count() == 1


def test_another_station_cannot_begin_it(booking, attendant):
    elsewhere = make_station()
    with pytest.raises(WrongStation):
        services.open_handover(booking=booking, station=elsewhere, user=attendant, by=staff_actor(attendant))
    assert nothing_begun(booking)


def test_it_does_not_begin_earlier_than_half_an_hour_before_the_start(renter, vehicle, attendant):
    booking = paid_booking(
        renter=renter, vehicle=vehicle, period=a_period(starts_at=clock.now() + timedelta(minutes=31))
    )
    with pytest.raises(TooEarly) as refusal:
        opened(booking=booking, attendant=attendant)
    assert refusal.value.details["opens_at"] == clock.now() + timedelta(minutes=1)
    assert nothing_begun(booking)


def test_it_does_not_begin_after_the_end(booking, attendant, traveller):
    traveller.shift(timedelta(hours=10, minutes=30))
    with pytest.raises(TooLate):
        opened(booking=booking, attendant=attendant)
    assert nothing_begun(booking)


@pytest.mark.parametrize("state", ["held", "expired", "cancelled", "no_show"])
def test_only_a_confirmed_booking_is_handed_over(renter, vehicle, attendant, state):
    booking = make_booking(renter=renter, vehicle=vehicle, state=state)
    with pytest.raises(BookingNotConfirmed) as refusal:
        opened(booking=booking, attendant=attendant)
    assert refusal.value.details == {"state": state}
    assert not Rental.objects.exists()


def test_a_renter_with_a_vehicle_out_gets_no_second_one(rental, renter, vehicle, attendant):
    second = paid_booking(renter=renter, vehicle=make_vehicle(model=vehicle.model, station=vehicle.station))
    with pytest.raises(RenterHasOpenRental) as refusal:
        opened(booking=second, attendant=attendant)
    assert refusal.value.details == {"booking": rental.booking.code}
    second.refresh_from_db()
    assert second.state == BookingState.CONFIRMED


def test_a_vehicle_that_is_still_out_cannot_be_handed_over_again(
    rental, stranger, vehicle, attendant, traveller
):
    traveller.shift(timedelta(hours=11))
    late = make_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=clock.now() + timedelta(minutes=15))
    )
    with pytest.raises(VehicleStillOut) as refusal:
        opened(booking=late, attendant=attendant)
    assert refusal.value.details == {"booking": rental.booking.code}


def test_a_vehicle_that_was_handed_over_is_not_handed_over_again(rental, booking, attendant):
    with pytest.raises(AlreadyHandedOver):
        opened(booking=booking, attendant=attendant)


# --- Papers ----------------------------------------------------------------------------------------


def test_papers_are_checked_once_by_the_person_who_did_it(booking, attendant, other_attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    services.record_papers(rental=rental, user=attendant, by=by)
    services.record_papers(rental=rental, user=other_attendant, by=staff_actor(other_attendant))

    rental.refresh_from_db()
    assert (rental.papers_checked_by, rental.papers_checked_at) == (attendant, clock.now())
    assert AuditEvent.objects.filter(action="rental.papers_checked").count() == 1


def test_a_licence_revoked_since_booking_stops_the_handover_and_is_kept_as_the_reason(
    booking, attendant, by, renter
):
    rental = opened(booking=booking, attendant=attendant)
    IdentityDocument.objects.filter(user=renter, kind="driving_licence").update(state="revoked")

    with pytest.raises(NotEligible) as refusal:
        services.record_papers(rental=rental, user=attendant, by=by)

    rental.refresh_from_db()
    assert [reason.code for reason in refusal.value.reasons] == ["licence_rejected"]
    assert [reason["code"] for reason in rental.eligibility["reasons"]] == ["licence_rejected"]
    assert rental.papers_checked_at is None


def test_a_licence_revoked_at_the_last_moment_stops_the_keys(booking, attendant, by, renter):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    sign_both(rental, attendant)
    IdentityDocument.objects.filter(user=renter, kind="driving_licence").update(state="revoked")

    with pytest.raises(NotEligible):
        services.hand_over_keys(rental=rental, by=by)

    rental.refresh_from_db()
    assert (rental.state, rental.started_at) == (RentalState.READY_TO_SIGN, None)


# --- Keys ------------------------------------------------------------------------------------------


def test_the_keys_make_the_rental_active_and_everything_else_follow(booking, attendant, vehicle):
    rental = handed_over(booking=booking, attendant=attendant, odometer_km=12_034, battery_percent=87)

    booking.refresh_from_db()
    vehicle.refresh_from_db()
    assert (rental.state, rental.started_at) == (RentalState.ACTIVE, clock.now())
    assert booking.state == BookingState.FULFILLED
    assert booking.allocation.state == AllocationState.ON_RENTAL
    assert (vehicle.condition, vehicle.odometer_km, vehicle.battery_percent) == (
        Condition.ON_RENTAL,
        12_034,
        87,
    )
    steps = [(event.target, event.actor_ref) for event in states.events_of(RENTAL, rental)]
    assert steps == [(state, attendant.public_id) for state in ("preparing", "ready_to_sign", "active")]


def test_the_signed_contract_carries_what_was_found(booking, attendant):
    rental = ready_to_sign(booking=booking, attendant=attendant, odometer_km=12_034, battery_percent=87)
    sign_both(rental, attendant)

    contract = Contract.objects.get(state=ContractState.SIGNED)
    assert (contract.handover["odometer_km"], contract.handover["battery_percent"]) == (12_034, 87)
    assert contract.handover["inspected_by"] == attendant.full_name
    assert [photo["vi"] for photo in contract.handover["photos"]] == [
        "Phía trước",
        "Phía sau",
        "Bên trái",
        "Bên phải",
        "Trong xe",
        "Bảng đồng hồ",
    ]


def test_keys_given_twice_are_given_once(rental, by):
    started_at = rental.started_at
    services.hand_over_keys(rental=rental, by=by)
    rental.refresh_from_db()
    assert rental.started_at == started_at
    assert len(states.events_of(RENTAL, rental)) == 3


def test_without_signatures_there_are_no_keys(booking, attendant, by):
    rental = ready_to_sign(booking=booking, attendant=attendant)
    with pytest.raises(NotSigned):
        services.hand_over_keys(rental=rental, by=by)
    rental.refresh_from_db()
    booking.refresh_from_db()
    assert (rental.state, booking.state) == (RentalState.READY_TO_SIGN, BookingState.ARRIVED)


def test_without_the_money_there_are_no_keys(renter, vehicle, attendant, by):
    unpaid = make_booking(renter=renter, vehicle=vehicle)
    rental = ready_to_sign(booking=unpaid, attendant=attendant)
    sign_both(rental, attendant)
    with pytest.raises(NotPaid) as refusal:
        services.hand_over_keys(rental=rental, by=by)
    assert refusal.value.details == {"due": 600_000 + 3_000_000}


def test_without_the_inspection_there_are_no_keys(booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    with pytest.raises(StepClosed):
        services.hand_over_keys(rental=rental, by=by)


# --- Abort -----------------------------------------------------------------------------------------


def test_an_unfit_vehicle_gives_everything_back_and_waits_for_preparation(booking, attendant, by, vehicle):
    rental = opened(booking=booking, attendant=attendant)
    services.abort_handover(rental=rental, reason=CancelReason.VEHICLE_UNFIT, note="Lốp sau thủng", by=by)

    booking.refresh_from_db()
    vehicle.refresh_from_db()
    rental.refresh_from_db()
    assert (rental.state, booking.state, booking.cancel_reason) == ("aborted", "cancelled", "vehicle_unfit")
    assert vehicle.condition == Condition.PREPARATION
    assert booking.allocation.state == AllocationState.RELEASED
    assert current_contract(booking) is None


def test_a_renter_without_papers_pays_by_the_policy_and_the_vehicle_stays_ready(
    booking, attendant, by, vehicle
):
    rental = opened(booking=booking, attendant=attendant)
    services.abort_handover(rental=rental, reason=CancelReason.NOT_ELIGIBLE, note="Bằng lái giả", by=by)

    booking.refresh_from_db()
    vehicle.refresh_from_db()
    assert booking.cancel_reason == "not_eligible"
    assert vehicle.condition == Condition.READY


def test_an_abort_needs_a_word_on_why(booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    with pytest.raises(ReasonMissing):
        services.abort_handover(rental=rental, reason=CancelReason.RENTER, note="  ", by=by)
    rental.refresh_from_db()
    assert rental.state == RentalState.PREPARING


def test_after_the_keys_there_is_no_abort(rental, by):
    with pytest.raises(StepClosed):
        services.abort_handover(rental=rental, reason=CancelReason.RENTER, note="Đổi ý", by=by)


def test_a_booking_cancelled_in_between_cannot_be_opened_again(booking, attendant, by):
    cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=by)
    with pytest.raises(BookingNotConfirmed):
        opened(booking=booking, attendant=attendant)
    assert not Rental.objects.exists()


def test_an_aborted_handover_is_not_begun_again(booking, attendant, by):
    rental = opened(booking=booking, attendant=attendant)
    services.abort_handover(rental=rental, reason=CancelReason.RENTER, note="Đổi ý", by=by)
    with pytest.raises(BookingNotConfirmed):
        opened(booking=booking, attendant=attendant)


def test_staff_of_the_station_need_no_other_post(booking, attendant):
    make_post(user=attendant, station=make_station())
    assert opened(booking=booking, attendant=attendant).state == RentalState.PREPARING
