from datetime import timedelta

import pytest

from payments.cash.models import CashMovement
from rentals.bookings.enums import BookingState, CancelReason
from rentals.bookings.services import cancel_booking
from rentals.contracts.models import ContractSignature
from rentals.handovers.enums import InspectionKind, RentalState
from rentals.handovers.models import Inspection, InspectionPhoto, Rental
from rentals.sync.models import SyncConflict
from stations.fleet.enums import Condition
from stations.timeline.models import VehicleAllocation
from tests.factories.handovers import rendered_contract
from tests.factories.stations import make_vehicle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

pytestmark = pytest.mark.usefixtures("quick_paper")
NOON = timedelta(hours=2)


@pytest.fixture
def shown(booking):
    """The contract that the snapshot carried."""
    return rendered_contract(booking)


def outcome_of(mobile, command):
    (result,) = mobile.deliver(command)
    return result.state, result.code, result.flags


def test_a_whole_handover_arrives_two_hours_later_with_its_own_times(
    mobile, booking, shown, vehicle, traveller
):
    left_at = clock.now()
    command = mobile.pickup(booking)
    traveller.shift(NOON)

    assert outcome_of(mobile, command) == ("applied", "", [])

    rental = Rental.objects.get(booking=booking)
    assert (rental.state, rental.started_at) == (RentalState.ACTIVE, left_at)
    booking.refresh_from_db()
    assert booking.state == BookingState.FULFILLED
    vehicle.refresh_from_db()
    assert vehicle.condition == Condition.ON_RENTAL
    signatures = {row.signer: row for row in ContractSignature.objects.all()}
    assert signatures["renter"].signed_at == left_at - timedelta(minutes=1)
    assert signatures["renter"].received_at == left_at + NOON
    assert signatures["staff"].tablet == mobile.tablet.code


def test_photos_keep_the_hash_of_what_was_taken(mobile, booking, shown):
    command = mobile.pickup(booking)
    mobile.deliver(command)

    taken = {
        row["role"].partition(":")[2]: row["sha256"] for row in command["files"] if row["role"][:5] == "photo"
    }
    assert dict(InspectionPhoto.objects.values_list("position", "taken_sha256")) == taken


def test_a_repeat_changes_nothing(mobile, booking, shown):
    command = mobile.pickup(booking)

    assert [outcome_of(mobile, command) for _time in range(3)] == [("applied", "", [])] * 3
    assert Rental.objects.count() == 1
    assert ContractSignature.objects.count() == 2


def test_somebody_else_has_handed_it_over(mobile, other_mobile, booking, shown):
    first, second = mobile.pickup(booking), other_mobile.pickup(booking)

    assert outcome_of(mobile, first) == ("applied", "", [])
    assert outcome_of(other_mobile, second)[:2] == ("conflict", "already_handed_over")
    assert InspectionPhoto.objects.count() == 6
    assert SyncConflict.objects.get().severity == "high"


def test_cancelled_meanwhile_and_the_vehicle_is_out(mobile, booking, shown, vehicle, traveller):
    command = mobile.pickup(booking)
    cancel_booking(booking=booking, reason=CancelReason.OPERATOR, by=SYSTEM)

    assert outcome_of(mobile, command)[:2] == ("conflict", "booking_cancelled")
    blocks = VehicleAllocation.objects.filter(vehicle=vehicle, state="blocked")
    assert blocks.get().claimant == f"sync:{command['id'].replace('-', '')}"
    assert not Rental.objects.exists()


def test_another_vehicle_has_gone_than_is_promised_now(mobile, booking, shown, station):
    command = mobile.pickup(booking, vehicle=make_vehicle(model=booking.model, station=station).code)

    assert outcome_of(mobile, command)[:2] == ("conflict", "vehicle_swapped")


def test_a_lower_odometer_is_kept_as_signed_and_flagged(mobile, booking, shown, vehicle):
    command = mobile.pickup(booking, odometer_km=11_000)

    assert outcome_of(mobile, command)[0] == "applied"
    assert outcome_of(mobile, command)[2] == ["odometer_lower"]
    vehicle.refresh_from_db()
    assert vehicle.odometer_km == 12_000
    assert Inspection.objects.get(kind=InspectionKind.PICKUP).odometer_km == 11_000


def test_a_battery_below_the_minimum_is_flagged(mobile, booking, shown):
    assert outcome_of(mobile, mobile.pickup(booking, battery_percent=30)) == ("applied", "", ["battery_low"])


def test_a_licence_that_was_revoked_meanwhile(mobile, booking, shown, renter):
    command = mobile.pickup(booking)
    renter.documents.filter(kind="driving_licence").update(state="revoked")

    assert outcome_of(mobile, command)[:2] == ("conflict", "not_eligible")
    assert not Rental.objects.exists()


def test_a_contract_that_was_replaced_meanwhile(mobile, booking, shown):
    command = mobile.pickup(booking)
    command["payload"]["contract"]["number"] = "HD-OLD-1"

    assert outcome_of(mobile, command)[:2] == ("conflict", "contract_changed")
    assert not ContractSignature.objects.exists()


def test_words_that_nobody_here_has_written(mobile, booking, shown):
    command = mobile.pickup(booking)
    command["payload"]["contract"]["text_sha256"] = "0" * 64

    assert outcome_of(mobile, command)[:2] == ("conflict", "contract_changed")


def test_a_vehicle_that_was_not_ready(mobile, booking, shown, vehicle):
    command = mobile.pickup(booking)
    type(vehicle).objects.filter(pk=vehicle.pk).update(condition=Condition.PREPARATION)

    assert outcome_of(mobile, command)[:2] == ("conflict", "vehicle_not_ready")


def test_a_missing_photo_makes_it_a_persons_matter(mobile, booking, shown):
    command = mobile.pickup(booking)
    command["files"] = [file for file in command["files"] if file["role"] != "photo:front"]

    assert outcome_of(mobile, command)[:2] == ("conflict", "incomplete")


def test_a_ticket_of_three_days_ago(mobile, booking, shown, traveller):
    command = mobile.pickup(booking)
    traveller.shift(timedelta(hours=73))

    assert outcome_of(mobile, command)[:2] == ("conflict", "ticket_expired")


def test_without_a_ticket_nothing_happens(mobile, booking, shown):
    assert outcome_of(mobile, mobile.pickup(booking) | {"ticket": ""})[:2] == ("rejected", "ticket_forged")


def test_a_change_that_does_not_matter_is_flagged(mobile, booking, shown):
    command = mobile.pickup(booking)
    command["ticket"] = mobile.ticket(booking.reference, "0123456789ab")

    assert outcome_of(mobile, command) == ("applied", "", ["stale_base"])


def test_a_handover_by_a_clock_three_hours_out(station, attendant, booking, shown):
    from tests.factories.tablets import make_mobile

    slow = make_mobile(station=station, user=attendant, offset_ms=3 * 3_600_000)

    assert outcome_of(slow, slow.pickup(booking)) == ("applied", "", ["clock_suspect"])
    started_at = Rental.objects.get().started_at
    assert started_at is not None
    assert abs(started_at - clock.now()) < timedelta(seconds=1)


def test_no_money_moved(mobile, booking, shown):
    mobile.deliver(mobile.pickup(booking))
    assert not CashMovement.objects.exists()
