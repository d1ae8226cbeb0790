from datetime import timedelta

import pytest

from accounts.access.actors import renter_actor
from accounts.notifications.models import Delivery
from payments.intents.models import Deposit, PaymentIntent
from payments.intents.selectors import debt_of
from payments.intents.services.retention import release_retained
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from rentals.fines import services
from rentals.fines.errors import (
    EvidenceMissing,
    FileUnreadable,
    NoSuchRental,
    ReasonMissing,
    TooLateToContest,
)
from rentals.fines.models import TrafficFine
from rentals.fines.selectors import fines_of, keeps_deposit
from tests.factories.money import paid_fact
from tests.factories.stations import make_vehicle
from tests.integration.rentals.fines.conftest import a_list, told
from voltgo.core import clock, outbox
from voltgo.core.errors import IllegalTransition

pytestmark = pytest.mark.django_db


def paid(intent: PaymentIntent) -> None:
    from payments.intents.services import apply_fact

    apply_fact(paid_fact(intent))
    intent.refresh_from_db()


def test_a_list_finds_the_rental_by_plate_and_time(rental, operator) -> None:
    at = rental.started_at + timedelta(minutes=1)
    done = services.import_fines(content=a_list("51k 00001", at), by=operator)

    fine = TrafficFine.objects.get()
    assert (done.new, done.known, done.matched) == (1, 0, 1)
    assert (fine.state, fine.rental, fine.payer, fine.vehicle) == (
        "matched", rental, rental.renter, rental.vehicle,
    )  # fmt: skip


def test_the_same_list_twice_changes_nothing(rental, operator) -> None:
    content = a_list(rental.vehicle.plate, rental.started_at)
    services.import_fines(content=content, by=operator)
    again = services.import_fines(content=content, by=operator)

    assert (again.new, again.known, again.matched) == (0, 1, 0)
    assert TrafficFine.objects.count() == 1


def test_a_wrong_line_lets_nothing_of_the_list_in(rental, operator) -> None:
    content = a_list(rental.vehicle.plate, rental.started_at) + b"x\n"
    with pytest.raises(FileUnreadable):
        services.import_fines(content=content, by=operator)
    assert not TrafficFine.objects.exists()


@pytest.mark.parametrize("minutes", [-1, None])
def test_before_the_keys_and_from_the_return_on_it_is_nobodys(closed, operator, minutes) -> None:
    at = closed.presented_at if minutes is None else closed.started_at + timedelta(minutes=minutes)
    services.import_fines(content=a_list(closed.vehicle.plate, at), by=operator)

    fine = TrafficFine.objects.get()
    assert (fine.state, fine.rental, fine.vehicle) == ("received", None, closed.vehicle)
    services.bear_fine(fine=fine, reason="xe do nhân viên di chuyển", by=operator)
    assert (fine.state, fine.ending) == ("closed", "ours")


def test_a_hand_may_not_give_it_to_a_rental_that_did_not_have_the_vehicle(closed, operator) -> None:
    make_vehicle(model=closed.vehicle.model, station=closed.vehicle.station, plate="51K-000.02")
    services.import_fines(content=a_list("51K-000.02", closed.started_at), by=operator)
    fine = TrafficFine.objects.get()
    with pytest.raises(NoSuchRental):
        services.assign_rental(fine=fine, rental=closed, reason="khách nhận", by=operator)
    with pytest.raises(ReasonMissing):
        services.assign_rental(fine=fine, rental=closed, reason=" ", by=operator)


def test_nobody_is_told_without_evidence(rental, operator) -> None:
    services.import_fines(content=a_list(rental.vehicle.plate, rental.started_at), by=operator)
    with pytest.raises(EvidenceMissing):
        services.tell_driver(fine=TrafficFine.objects.get(), by=operator)
    assert not fines_of(rental.renter).exists()


def test_the_renter_is_told_once_with_seven_days_to_answer(rental, operator) -> None:
    fine = told(rental, operator)
    with pytest.raises(IllegalTransition):
        services.tell_driver(fine=fine, by=operator)

    assert fine.notified_at is not None
    assert fine.answer_until == fine.notified_at + timedelta(days=7)
    assert (
        Delivery.objects.filter(kind="fine_received", recipient=rental.renter, channel="email").count() == 1
    )
    assert keeps_deposit(rental.booking.reference)


def test_a_fine_during_the_rental_leaves_the_deposit_alone_and_becomes_a_debt(rental, operator) -> None:
    fine = services.accept_fine(fine=told(rental, operator), by=renter_actor(rental.renter))

    assert (fine.state, fine.from_deposit_amount, fine.debt_amount) == ("accepted", 0, 1_000_000)
    assert debt_of(rental.renter) == 1_000_000
    intent = PaymentIntent.objects.get(reference=fine.reference)
    assert (intent.purpose, intent.amount, intent.payer) == ("fine", 1_000_000, rental.renter)

    paid(intent)
    fine.refresh_from_db()
    assert fine.state == "paid"
    assert debt_of(rental.renter) == 0
    assert ledger.balance(chart.fine_payable(fine.reference)) == 1_000_000

    services.close_with_state(fine=fine, receipt="BL-77", by=operator)
    assert ledger.balance(chart.fine_payable(fine.reference)) == 0
    assert ledger.balance(chart.BANK) == -1_000_000
    assert ledger.balance(chart.COMPENSATION_INCOME) == 0
    assert ledger.prove().holds


def test_what_was_kept_of_the_deposit_pays_first_and_waits_for_the_answer(
    closed, operator, traveller
) -> None:
    reference = closed.booking.reference
    deposit = Deposit.objects.get(reference=reference)
    assert deposit.retained == 500_000
    fine = told(closed, operator)
    traveller.move_to(clock.now() + timedelta(days=40))
    release_retained()
    assert Deposit.objects.get(reference=reference).retained == 500_000

    services.lapse_due()
    fine.refresh_from_db()
    assert (fine.from_deposit_amount, fine.debt_amount) == (500_000, 500_000)
    assert Deposit.objects.get(reference=reference).retained == 0
    assert ledger.balance(chart.deposit_liability(reference)) == 0
    assert ledger.balance(chart.fine_payable(fine.reference)) == 1_000_000
    assert ledger.prove().holds


def test_accepting_twice_charges_once(rental, operator) -> None:
    fine = told(rental, operator)
    services.accept_fine(fine=fine, by=renter_actor(rental.renter))
    services.accept_fine(fine=fine, by=renter_actor(rental.renter))

    assert LedgerEntry.objects.filter(kind="fine").count() == 1
    assert PaymentIntent.objects.filter(purpose="fine").count() == 1


def test_silence_is_consent_after_the_time_to_answer(rental, operator, traveller) -> None:
    fine = told(rental, operator)
    assert services.lapse_due() == 0
    traveller.move_to(fine.answer_until)

    assert services.lapse_due() == 1
    assert services.lapse_due() == 0
    fine.refresh_from_db()
    assert (fine.state, fine.debt_amount) == ("accepted", 1_000_000)


def test_an_objection_stops_everything_until_it_is_answered(rental, operator, traveller) -> None:
    fine = told(rental, operator)
    services.contest_fine(fine=fine, objection="Xe đang sạc tại trạm lúc đó.", by=renter_actor(rental.renter))
    assert fine.answer_until is not None
    traveller.move_to(fine.answer_until + timedelta(days=1))

    assert services.lapse_due() == 0
    assert not LedgerEntry.objects.filter(kind="fine").exists()
    with pytest.raises(ReasonMissing):
        services.dismiss_objection(fine=fine, answer=" ", by=operator)
    fine = services.dismiss_objection(fine=fine, answer="Đúng là xe đang sạc.", by=operator)
    assert (fine.state, fine.ending) == ("closed", "dismissed")
    assert not keeps_deposit(rental.booking.reference)
    assert Delivery.objects.filter(kind="fine_decided", channel="email").count() == 1


def test_an_objection_turned_down_is_charged(rental, operator) -> None:
    fine = told(rental, operator)
    services.contest_fine(fine=fine, objection="Không phải tôi lái.", by=renter_actor(rental.renter))
    fine = services.uphold_fine(fine=fine, answer="Hợp đồng: người thuê chịu.", by=operator)
    assert (fine.state, fine.debt_amount) == ("accepted", 1_000_000)


def test_too_late_to_object(rental, operator, traveller) -> None:
    fine = told(rental, operator)
    traveller.move_to(fine.answer_until)
    with pytest.raises(TooLateToContest):
        services.contest_fine(fine=fine, objection="Không đồng ý.", by=renter_actor(rental.renter))


def test_a_named_driver_pays_the_state_and_not_us(rental, operator) -> None:
    fine = services.name_driver(fine=told(rental, operator), letter="CV-12", by=operator)
    services.close_with_state(fine=fine, receipt="đã nhận", by=operator)
    fine.refresh_from_db()
    assert (fine.state, fine.ending) == ("closed", "driver_named")
    assert not LedgerEntry.objects.filter(kind="fine").exists()


def test_a_charged_fine_cannot_be_passed_on_before_the_money_is_there(rental, operator) -> None:
    fine = services.accept_fine(fine=told(rental, operator), by=renter_actor(rental.renter))
    with pytest.raises(IllegalTransition):
        services.close_with_state(fine=fine, receipt="BL-1", by=operator)
    assert ledger.balance(chart.fine_payable(fine.reference)) == 1_000_000


def test_the_messages_leave(rental, operator) -> None:
    told(rental, operator)
    outbox.run_all()
    assert Delivery.objects.get(kind="fine_received", channel="email").state == "sent"
