from datetime import timedelta

import pytest

from accounts.access.actors import operator_actor, renter_actor, staff_actor
from accounts.notifications.models import Delivery
from payments.intents.models import Deposit, PaymentIntent
from payments.intents.selectors import balance_of, debt_of, money_of
from payments.invoices.models import Receipt
from payments.ledger.models import LedgerLine
from rentals.contracts.errors import SignatureTooShort
from rentals.handovers import services
from rentals.handovers.enums import RentalState
from rentals.handovers.errors import NotSettling, ObjectionEmpty, ObjectionTooLate, ReasonMissing
from rentals.handovers.models import DamageMark
from rentals.pricing.services import Option
from tests.factories.accounts import photo_bytes
from tests.factories.handovers import (
    accepted_on_the_glass,
    handed_over,
    paid_booking,
    presented,
    return_of,
    returned,
    signature_image,
)
from tests.factories.offers import make_liability
from tests.factories.rentals import a_period
from tests.factories.stations import make_vehicle
from voltgo.core import clock, outbox
from voltgo.core.errors import NotAllowed
from voltgo.core.images import SignatureMissing

pytestmark = pytest.mark.usefixtures("quick_paper")

# Booked 08:30 to 18:30 for 600,000; the clock stands at 08:00 when the keys are given.
DUE = timedelta(hours=10, minutes=30)
RENT, DEPOSIT = 600_000, 3_000_000


def lines_of(settlement):
    rows = settlement.lines.order_by("position")
    return [
        (row.code, row.gross_amount, row.net_amount, row.vat_amount) for row in rows if not row.is_prepaid
    ]


def sums_of(settlement):
    return {
        "total": settlement.total_amount,
        "extra": settlement.extra_amount,
        "captured": settlement.captured_amount,
        "released": settlement.released_amount,
        "debt": settlement.debt_amount,
    }


def income():
    """Return {account: what stands on it} of everything that was earned."""
    codes = ["revenue_rental", "revenue_fees", "compensation_income", "vat_output"]
    sums: dict[str, int] = {}
    for line in LedgerLine.objects.filter(account__code__in=codes).select_related("account"):
        sums[line.account.code] = sums.get(line.account.code, 0) - line.amount
    return sums


def add_damage(rental, attendant, by, amount):
    presented(rental, attendant)
    return services.add_damage(
        inspection=return_of(rental),
        part="hood",
        kind="dent",
        upload=photo_bytes(),
        charge_amount=amount,
        by=by,
    )


# --- Arithmetic ------------------------------------------------------------------------------------


@pytest.mark.parametrize("late", [timedelta(), timedelta(minutes=29)], ids=["on time", "29 minutes late"])
def test_within_the_grace_nothing_comes_on_top(rental, attendant, traveller, late):
    traveller.shift(DUE + late)
    settlement = returned(rental, attendant)
    assert lines_of(settlement) == []
    assert sums_of(settlement) == {"total": RENT, "extra": 0, "captured": 0, "released": DEPOSIT, "debt": 0}


def test_thirty_one_minutes_late_cost_the_first_hour(rental, attendant, traveller):
    traveller.shift(DUE + timedelta(minutes=31))
    settlement = returned(rental, attendant)
    assert lines_of(settlement) == [("late_fee", 100_000, 92_593, 7_407)]
    assert sums_of(settlement) == {
        "total": 700_000,
        "extra": 100_000,
        "captured": 100_000,
        "released": 2_900_000,
        "debt": 0,
    }


def test_three_hours_late_cost_three_hours_of_fee(rental, attendant, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    settlement = returned(rental, attendant)
    assert lines_of(settlement) == [("late_fee", 500_000, 462_963, 37_037)]


def test_time_used_longer_is_charged_as_time_beside_the_fee(renter, vehicle, attendant, traveller):
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=4)
    rental = handed_over(
        booking=paid_booking(renter=renter, vehicle=vehicle, period=period), attendant=attendant
    )
    traveller.shift(timedelta(hours=4, minutes=30) + timedelta(hours=1))
    settlement = returned(rental, attendant, odometer_km=12_050)
    assert lines_of(settlement) == [
        ("late_time", 100_000, 92_593, 7_407),
        ("late_fee", 100_000, 92_593, 7_407),
    ]
    assert settlement.prepaid_amount == 400_000


def test_reduced_liability_limits_what_one_damage_costs(renter, vehicle, attendant, traveller):
    make_liability(liability_amount=300_000)
    booking = paid_booking(renter=renter, vehicle=vehicle, options=[Option("reduced")])
    rental = handed_over(booking=booking, attendant=attendant)
    add_damage(rental, attendant, staff_actor(attendant), 700_000)

    settlement = services.finish_return(rental=rental, by=staff_actor(attendant))

    assert lines_of(settlement) == [("damage", 300_000, 300_000, 0)]
    assert settlement.lines.get(code="damage").params["full_amount"] == 700_000
    assert settlement.captured_amount == 300_000


def test_waiting_at_the_counter_costs_nothing(rental, attendant, traveller):
    traveller.shift(DUE)
    presented(rental, attendant)
    traveller.shift(timedelta(hours=3))
    settlement = services.finish_return(rental=rental, by=operator_actor(attendant))
    assert lines_of(settlement) == []


def test_each_kilometre_beyond_the_included_ones_is_charged(rental, attendant, traveller):
    traveller.shift(DUE)
    # 300 km a day: 125 in ten hours.
    settlement = returned(rental, attendant, odometer_km=12_225)
    assert lines_of(settlement) == [("extra_km", 500_000, 462_963, 37_037)]
    assert settlement.lines.get(code="extra_km").params == {"km": 100, "unit_amount": 5_000}


def test_a_battery_below_the_minimum_is_charged_by_started_tenth(rental, attendant, traveller):
    traveller.shift(DUE)
    settlement = returned(rental, attendant, battery_percent=5)
    assert lines_of(settlement) == [("energy", 100_000, 92_593, 7_407)]


def test_compensation_carries_no_vat_and_names_its_mark(rental, attendant, by, traveller):
    traveller.shift(DUE)
    mark = add_damage(rental, attendant, by, 1_200_000)
    settlement = services.finish_return(rental=rental, by=by)
    assert lines_of(settlement) == [("damage", 1_200_000, 1_200_000, 0)]
    assert settlement.lines.get(code="damage").damage == mark


def test_damage_above_the_deposit_leaves_a_debt(rental, attendant, by, traveller):
    traveller.shift(DUE + timedelta(minutes=31))
    add_damage(rental, attendant, by, 5_000_000)
    settlement = services.finish_return(rental=rental, by=by)
    assert sums_of(settlement) == {
        "total": 5_700_000,
        "extra": 5_100_000,
        "captured": DEPOSIT,
        "released": 0,
        "debt": 2_100_000,
    }


def test_a_mark_without_a_charge_costs_nothing(rental, attendant, by, traveller):
    traveller.shift(DUE)
    presented(rental, attendant)
    services.add_damage(inspection=return_of(rental), part="hood", kind="scratch", by=by)
    assert lines_of(services.finish_return(rental=rental, by=by)) == []
    assert DamageMark.objects.count() == 1


def test_the_preview_is_what_the_settlement_becomes(rental, attendant, by, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    presented(rental, attendant, odometer_km=12_225, battery_percent=5)
    preview = services.preview_settlement(rental)
    settlement = services.finish_return(rental=rental, by=by)
    assert [(line.code, line.gross) for line in preview.extra] == [
        ("late_fee", 500_000),
        ("extra_km", 500_000),
        ("energy", 100_000),
    ]
    assert (preview.total, preview.captured) == (settlement.total_amount, settlement.captured_amount)


# --- Closing ---------------------------------------------------------------------------------------


def test_a_signature_on_the_glass_closes_everything(rental, attendant, booking, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    returned(rental, attendant)
    settlement = accepted_on_the_glass(rental, attendant)

    assert (rental.state, rental.closed_at) == (RentalState.CLOSED, clock.now())
    assert (settlement.acceptance, settlement.accepted_at) == ("signature", clock.now())
    assert settlement.signature.size > 0
    assert len(settlement.content_sha256) == len(settlement.strokes_sha256) == 64

    deposit = Deposit.objects.get(reference=booking.reference)
    assert (deposit.captured, deposit.released) == (500_000, 2_500_000)
    # 600,000 of rent and 500,000 of fee, VAT taken out of each.
    assert income() == {"revenue_rental": 555_556, "revenue_fees": 462_963, "vat_output": 44_444 + 37_037}
    assert balance_of(booking.reference).is_zero
    assert debt_of(rental.renter) == 0


def test_the_receipt_says_the_same_and_is_sent(rental, attendant, booking, renter, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    returned(rental, attendant)
    accepted_on_the_glass(rental, attendant)
    outbox.run_all()

    receipt = Receipt.objects.get(reference=booking.reference)
    assert (receipt.total, receipt.net, receipt.vat) == (1_100_000, 1_018_519, 81_481)
    assert [line["label"] for line in receipt.lines][1] == "Phí trả trễ 3 giờ"
    letter = Delivery.objects.get(kind="receipt_issued")
    assert (letter.recipient, letter.attachments[0]["path"]) == (renter, receipt.pdf.name)


def test_accepting_twice_moves_the_money_once(rental, attendant, renter, booking, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    returned(rental, attendant)
    services.accept_settlement(rental=rental, by=renter_actor(renter))
    services.accept_settlement(rental=rental, by=renter_actor(renter))
    accepted_on_the_glass(rental, attendant)

    settlement = rental.settlement
    assert (settlement.acceptance, settlement.signature.name) == ("online", "")
    assert money_of(booking.reference).captured == 500_000
    assert Receipt.objects.count() == 1


def test_staff_cannot_close_without_the_renters_hand(rental, attendant, by, traveller):
    traveller.shift(DUE)
    returned(rental, attendant)
    with pytest.raises(SignatureMissing):
        services.accept_settlement(rental=rental, by=by)
    with pytest.raises(SignatureTooShort):
        services.accept_settlement(rental=rental, image=signature_image(), strokes="[]", by=by)
    rental.refresh_from_db()
    assert rental.state == RentalState.SETTLING


def test_what_the_deposit_does_not_cover_is_asked_for(rental, attendant, by, booking, renter, traveller):
    traveller.shift(DUE)
    add_damage(rental, attendant, by, 5_000_000)
    services.finish_return(rental=rental, by=by)
    accepted_on_the_glass(rental, attendant)

    assert debt_of(renter) == 2_000_000
    request = PaymentIntent.objects.get(purpose="balance")
    assert (request.amount, request.payer, request.reference) == (2_000_000, renter, booking.reference)
    assert balance_of(booking.reference).deposit == 0


# --- Silence, objection, decision ------------------------------------------------------------------


def test_silence_for_48_hours_closes_by_itself(rental, attendant, traveller):
    traveller.shift(DUE)
    returned(rental, attendant)
    traveller.shift(timedelta(hours=48) - timedelta(seconds=1))
    assert services.close_undisputed() == 0
    traveller.shift(timedelta(seconds=1))
    assert services.close_undisputed() == 1
    assert services.close_undisputed() == 0

    rental.refresh_from_db()
    assert (rental.state, rental.settlement.acceptance) == (RentalState.CLOSED, "lapse")


def test_one_settlement_that_fails_does_not_hold_up_the_next(rental, attendant, stranger, vehicle, traveller):
    other = handed_over(
        booking=paid_booking(
            renter=stranger,
            vehicle=make_vehicle(model=vehicle.model, station=vehicle.station),
            period=rental.booking.period,
        ),
        attendant=attendant,
    )
    traveller.shift(DUE)
    returned(rental, attendant)
    returned(other, attendant)
    rental.settlement.lines.update(kind="unknown")
    traveller.shift(timedelta(hours=48))

    assert services.close_undisputed() == 1
    rental.refresh_from_db()
    other.refresh_from_db()
    assert (rental.state, other.state) == (RentalState.SETTLING, RentalState.CLOSED)


def test_an_objection_stops_the_clock(rental, attendant, renter, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    returned(rental, attendant)
    services.dispute_settlement(rental=rental, objection="Tôi đã đến lúc 18:20", by=renter_actor(renter))
    traveller.shift(timedelta(hours=72))

    assert services.close_undisputed() == 0
    rental.refresh_from_db()
    assert (rental.state, rental.settlement.objection) == (RentalState.DISPUTED, "Tôi đã đến lúc 18:20")
    with pytest.raises(NotSettling):
        services.accept_settlement(rental=rental, by=renter_actor(renter))


def test_after_48_hours_an_objection_comes_too_late_even_without_the_job(
    rental, attendant, renter, traveller
):
    traveller.shift(DUE)
    returned(rental, attendant)
    traveller.shift(timedelta(hours=48))
    with pytest.raises(ObjectionTooLate):
        services.dispute_settlement(rental=rental, objection="Không đúng", by=renter_actor(renter))
    rental.refresh_from_db()
    assert rental.state == RentalState.SETTLING


def test_an_objection_says_something(rental, attendant, renter, traveller):
    traveller.shift(DUE)
    returned(rental, attendant)
    with pytest.raises(ObjectionEmpty):
        services.dispute_settlement(rental=rental, objection="  ", by=renter_actor(renter))


def test_only_the_renter_objects(rental, attendant, by, traveller):
    traveller.shift(DUE)
    returned(rental, attendant)
    with pytest.raises(NotAllowed):
        services.dispute_settlement(rental=rental, objection="Không đúng", by=by)


def test_an_operator_drops_a_line_and_closes(rental, attendant, renter, operator, booking, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    settlement = returned(rental, attendant, battery_percent=5)
    services.dispute_settlement(rental=rental, objection="Trạm kẹt xe", by=renter_actor(renter))
    fee = settlement.lines.get(code="late_fee")
    services.resolve_dispute(
        rental=rental, waived=[fee.position], resolution="Đồng ý bỏ phí trễ", by=operator_actor(operator)
    )

    settlement.refresh_from_db()
    rental.refresh_from_db()
    assert rental.state == RentalState.CLOSED
    assert lines_of(settlement) == [("energy", 100_000, 92_593, 7_407)]
    assert sums_of(settlement) == {
        "total": 700_000,
        "extra": 100_000,
        "captured": 100_000,
        "released": 2_900_000,
        "debt": 0,
    }
    assert (settlement.acceptance, settlement.resolution) == ("resolution", "Đồng ý bỏ phí trễ")
    assert balance_of(booking.reference).is_zero


def test_a_decision_is_given_in_words(rental, attendant, renter, operator, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    returned(rental, attendant)
    services.dispute_settlement(rental=rental, objection="Trạm kẹt xe", by=renter_actor(renter))
    with pytest.raises(ReasonMissing):
        services.resolve_dispute(rental=rental, waived=[], resolution=" ", by=operator_actor(operator))
    rental.refresh_from_db()
    assert rental.state == RentalState.DISPUTED


def test_prepaid_rent_is_not_dropped_by_a_decision(rental, attendant, renter, operator, traveller):
    traveller.shift(DUE + timedelta(hours=3))
    settlement = returned(rental, attendant)
    services.dispute_settlement(rental=rental, objection="Trạm kẹt xe", by=renter_actor(renter))
    services.resolve_dispute(rental=rental, waived=[1, 2], resolution="Bỏ phí", by=operator_actor(operator))
    settlement.refresh_from_db()
    assert settlement.lines.get().code == "rent_hours"
    assert settlement.total_amount == RENT
