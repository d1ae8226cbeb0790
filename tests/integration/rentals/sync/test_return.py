from datetime import timedelta

import pytest

from rentals.handovers.enums import Acceptance, InspectionKind, RentalState
from rentals.handovers.models import Inspection, Rental, Settlement
from rentals.handovers.rules import OBJECTION_TIME
from stations.fleet.enums import Condition
from tests.factories.handovers import handed_over, rendered_contract
from voltgo.core import clock

pytestmark = pytest.mark.usefixtures("quick_paper")
AFTERNOON = timedelta(hours=9)


@pytest.fixture
def rental(booking, attendant):
    return handed_over(booking=booking, attendant=attendant)


def outcome_of(mobile, command):
    (result,) = mobile.deliver(command)
    return result.state, result.code, result.flags


def test_a_return_arrives_late_and_the_fee_clock_stopped_when_it_was_presented(
    mobile, booking, rental, vehicle, traveller
):
    traveller.shift(AFTERNOON)
    command = mobile.returned(booking, vehicle=vehicle)
    traveller.shift(timedelta(hours=6))

    assert outcome_of(mobile, command) == ("applied", "", ["fee_recomputed"])

    settlement = Settlement.objects.get()
    assert settlement.extra_amount == 0
    assert settlement.objection_until == clock.now() + OBJECTION_TIME
    rental.refresh_from_db()
    assert rental.state == RentalState.SETTLING
    assert rental.presented_at == clock.now() - timedelta(hours=6, minutes=3)
    vehicle.refresh_from_db()
    assert (vehicle.condition, vehicle.battery_percent) == (Condition.PREPARATION, 60)


def test_a_signature_under_the_very_amounts_closes_the_rental(mobile, booking, rental, vehicle, traveller):
    traveller.shift(AFTERNOON)
    deposit = booking.quote.deposit_amount
    shown = {"lines": [], "extra": 0, "captured": 0, "released": deposit, "debt": 0}

    assert outcome_of(mobile, mobile.returned(booking, vehicle=vehicle, shown=shown)) == ("applied", "", [])

    settlement = Settlement.objects.get()
    assert settlement.acceptance == Acceptance.SIGNATURE
    assert Rental.objects.get().state == RentalState.CLOSED


def test_other_amounts_than_were_shown_go_to_the_renter(mobile, booking, rental, vehicle, traveller):
    traveller.shift(AFTERNOON)
    shown = {"lines": [], "extra": 0, "captured": 0, "released": 1, "debt": 0}

    state, _code, flags = outcome_of(mobile, mobile.returned(booking, vehicle=vehicle, shown=shown))

    assert (state, flags) == ("applied", ["amounts_differ"])
    assert Settlement.objects.get().acceptance == ""
    assert Rental.objects.get().state == RentalState.SETTLING


def test_a_lower_odometer_than_at_pickup_costs_nothing_and_is_flagged(
    mobile, booking, rental, vehicle, traveller
):
    traveller.shift(AFTERNOON)

    state, _code, flags = outcome_of(mobile, mobile.returned(booking, vehicle=vehicle, odometer_km=11_500))

    assert (state, flags) == ("applied", ["odometer_lower"])
    assert Inspection.objects.get(kind=InspectionKind.RETURN).odometer_km == 11_500
    assert Settlement.objects.get().extra_amount == 0


def test_a_return_waits_for_its_pickup_and_becomes_a_case_after_a_day(mobile, booking, vehicle, traveller):
    from rentals.sync.services import try_waiting

    command = mobile.returned(booking, vehicle=vehicle)
    assert outcome_of(mobile, command)[:2] == ("waiting", "waiting_pickup")

    traveller.shift(timedelta(hours=24, minutes=1))
    try_waiting()
    assert outcome_of(mobile, command)[:2] == ("conflict", "return_without_pickup")


def test_pickup_and_return_of_one_day_arrive_together_in_any_order(
    mobile, other_mobile, booking, vehicle, traveller
):

    rendered_contract(booking)
    pickup = mobile.pickup(booking)
    traveller.shift(AFTERNOON)
    back = other_mobile.returned(booking, vehicle=vehicle)

    assert outcome_of(other_mobile, back)[:2] == ("waiting", "waiting_pickup")
    assert outcome_of(mobile, pickup)[0] == "applied"
    assert other_mobile.send(back)[0].state == "applied"


def test_a_second_return_is_a_persons_matter(mobile, other_mobile, booking, rental, vehicle, traveller):
    traveller.shift(AFTERNOON)
    first, second = mobile.returned(booking, vehicle=vehicle), other_mobile.returned(booking, vehicle=vehicle)

    assert outcome_of(mobile, first)[0] == "applied"
    assert outcome_of(other_mobile, second)[:2] == ("conflict", "already_returned")
    assert Settlement.objects.count() == 1


def test_a_return_before_its_own_pickup_cannot_be(mobile, booking, rental, vehicle):
    early = mobile.returned(booking, vehicle=vehicle, at=clock.now() - timedelta(hours=1))

    assert outcome_of(mobile, early)[:2] == ("conflict", "time_impossible")
