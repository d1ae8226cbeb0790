from datetime import timedelta

import pytest

from payments.cases.models import MoneyCase
from payments.cash.enums import SessionState
from payments.cash.models import CashDrop, CashMovement, CashSession
from payments.intents.selectors import intents_of
from rentals.bookings.enums import BookingState
from rentals.bookings.services import hold_booking
from rentals.contracts.services import current_contract
from rentals.handovers.models import Rental
from rentals.pricing.services import make_quote
from rentals.sync.models import SyncConflict
from tests.factories.cash import notes_for
from tests.factories.handovers import rendered_contract
from tests.factories.money import pay
from tests.factories.rentals import a_period
from voltgo.core import clock

FLOAT = 1_000_000


@pytest.fixture
def unpaid(renter, vehicle, by):
    """Held at the counter: 08:30 to 18:30 today."""
    period = a_period(starts_at=clock.now() + timedelta(minutes=30), hours=10)
    quote = make_quote(model=vehicle.model, station=vehicle.station, period=period, vehicle=vehicle)
    return hold_booking(renter=renter, quote=quote, idempotency_key="c", by=by, hold_minutes=60)


@pytest.fixture
def due(unpaid):
    return unpaid.quote.total_amount + unpaid.quote.deposit_amount


@pytest.fixture
def opened(mobile):
    return mobile.of_drawer("cash_open", counts=notes_for(FLOAT), reason="Tiền lẻ đầu ca")


def outcome(result):
    return result.state, result.code


def test_a_day_at_the_drawer_arrives_in_one_call_and_in_order(mobile, unpaid, due, opened, traveller):
    began_at = clock.now()
    reference = opened["id"]
    taken = mobile.of_drawer(
        "cash_take", booking=unpaid.code, amount=due, tendered=due + 40_000, session_ref=reference
    )
    dropped = mobile.of_drawer("cash_drop", amount=500_000, bag="TUI-1", session_ref=reference)
    left = FLOAT + due - 500_000
    closed = mobile.of_drawer("cash_close", counts=notes_for(left), note="Hết ca", session_ref=reference)
    traveller.shift(timedelta(minutes=30))

    results = mobile.send(opened, taken, dropped, closed)

    assert [outcome(result) for result in results] == [("applied", "")] * 4
    session = CashSession.objects.get()
    assert (session.state, session.opened_at, session.counted_amount) == (SessionState.CLOSED, began_at, left)
    payment = CashMovement.objects.get(kind="payment")
    assert (payment.amount, payment.tendered_amount, payment.at) == (due, due + 40_000, began_at)
    assert CashDrop.objects.get().bag_number == "TUI-1"
    unpaid.refresh_from_db()
    assert unpaid.state == BookingState.CONFIRMED


def test_what_was_paid_online_meanwhile_is_cash_that_belongs_to_nothing(mobile, unpaid, due, opened):
    taken = mobile.of_drawer(
        "cash_take", booking=unpaid.code, amount=due, tendered=due, session_ref=opened["id"]
    )
    pay(unpaid)

    results = mobile.send(opened, taken)

    assert outcome(results[1]) == ("conflict", "cash_twice")
    assert SyncConflict.objects.get().severity == "high"
    case = MoneyCase.objects.get(key=f"sync:{taken['id']}")
    assert case.amount == due
    assert not CashMovement.objects.filter(kind="payment").exists()


def test_the_same_cash_by_two_tablets_is_taken_once(mobile, other_mobile, unpaid, due, opened):
    def take(tablet):
        return tablet.of_drawer(
            "cash_take", booking=unpaid.code, amount=due, tendered=due, session_ref=opened["id"]
        )

    mobile.send(opened)
    assert outcome(mobile.send(take(mobile))[0]) == ("applied", "")
    assert outcome(other_mobile.send(take(other_mobile))[0]) == ("conflict", "cash_twice")
    assert CashMovement.objects.filter(kind="payment").count() == 1


def test_another_amount_than_is_asked_for(mobile, unpaid, due, opened):
    taken = mobile.of_drawer(
        "cash_take", booking=unpaid.code, amount=due - 1_000, tendered=due, session_ref=opened["id"]
    )

    assert outcome(mobile.send(opened, taken)[1]) == ("conflict", "cash_differs")


def test_cash_waits_for_the_session_that_another_tablet_opened(mobile, other_mobile, unpaid, due, opened):
    taken = other_mobile.of_drawer(
        "cash_take", booking=unpaid.code, amount=due, tendered=due, session_ref=opened["id"]
    )

    assert outcome(other_mobile.send(taken)[0]) == ("waiting", "waiting_session")
    mobile.send(opened)
    assert outcome(other_mobile.send(taken)[0]) == ("applied", "")


def test_a_difference_at_the_opening_needs_a_word(mobile):
    silent = mobile.of_drawer("cash_open", counts=notes_for(FLOAT), reason="")

    assert outcome(mobile.send(silent)[0]) == ("conflict", "drawer_differs")
    assert not CashSession.objects.exists()


def test_a_drawer_that_runs_already(mobile, other_mobile, opened):
    mobile.send(opened)
    second = other_mobile.of_drawer("cash_open", counts=notes_for(FLOAT), reason="x")

    assert outcome(other_mobile.send(second)[0]) == ("conflict", "drawer_in_use")


def test_another_stations_drawer_is_unknown(mobile):
    command = mobile.command("cash_open", "drawer:D-ZZZZZZ", {"counts": {}, "reason": ""})

    assert outcome(mobile.send(command)[0]) == ("rejected", "unknown_subject")


@pytest.mark.usefixtures("quick_paper")
def test_cash_that_a_handover_carries_confirms_and_pays_it(mobile, unpaid, due, opened):
    mobile.send(opened)
    command = mobile.pickup(unpaid, cash={"amount": due, "tendered": due, "session_ref": opened["id"]})
    # Nothing was drawn up yet when the tablet took its snapshot.
    (result,) = mobile.deliver(command)

    assert result.state == "conflict"
    assert not Rental.objects.exists()
    assert intents_of(unpaid.reference).last().received_amount == 0
    if current_contract(unpaid) is not None:
        rendered_contract(unpaid)
