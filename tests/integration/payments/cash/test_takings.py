"""Taking money over the counter, giving it back, and sending it to the bank."""

from datetime import timedelta

import pytest

from accounts.access.actors import operator_actor
from accounts.users.models import User
from payments.cash import services
from payments.cash.enums import DropState, MovementKind
from payments.cash.errors import (
    AmountHasChanged,
    BagAlreadyUsed,
    DrawerTooEmpty,
    NotPaidInCash,
    SessionNotOpen,
    TooLittleTendered,
    WitnessIsSamePerson,
)
from payments.cash.models import CashDrop, CashMovement, CashSession
from payments.cash.selectors import expected_in, needs_other_proof, payment_of, slip_of
from payments.intents import services as intents
from payments.intents.enums import DepositState, IntentState, RefundReason, RefundState
from payments.intents.errors import AlreadyPaid, IdempotencyConflict, PaymentEnded, PaymentExpired
from payments.intents.models import Deposit, Payment, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.cash import FLOAT, close, drop, take
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent, make_paid_intent
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import InvalidInput, NotAllowed

DRAWER = chart.cash_drawer("BTH")


def test_cash_pays_rent_and_deposit_at_once(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    movement = take(session, intent, by=cashier, tendered=4_500_000)

    assert (movement.amount, movement.tendered_amount) == (RENT + DEPOSIT, 4_500_000)
    assert intent.state == IntentState.SUCCEEDED
    payment = Payment.objects.get()
    assert (payment.provider, payment.provider_ref) == ("cash", f"cash:{movement.pk}")
    assert (payment.account_ref, payment.deposit_amount) == ("BTH", DEPOSIT)
    assert payment_of(movement) == payment
    assert ledger.balance(DRAWER) == expected_in(session) == FLOAT + RENT + DEPOSIT
    assert ledger.balance(chart.customer_prepaid(REFERENCE)) == RENT
    assert Deposit.objects.get().state == DepositState.HELD


def test_the_same_press_twice_is_one_payment(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    first = take(session, intent, by=cashier, idempotency_key="press")
    again = take(session, intent, by=cashier, idempotency_key="press")

    assert first == again
    assert Payment.objects.count() == LedgerEntry.objects.filter(kind="payment").count() == 1


def test_a_key_is_for_one_payment(
    session: CashSession, cashier: Actor, intent: PaymentIntent, renter: User
) -> None:
    other = make_intent(payer=renter, reference="order:VG-9Q8R7T")
    take(session, intent, by=cashier, idempotency_key="press")
    with pytest.raises(IdempotencyConflict):
        take(session, other, by=cashier, idempotency_key="press")

    assert Payment.objects.count() == 1


def test_cash_is_never_more_than_asked_for(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    take(session, intent, by=cashier)
    with pytest.raises(AlreadyPaid):
        take(session, intent, by=cashier)

    assert ledger.balance(DRAWER) == FLOAT + RENT + DEPOSIT


def test_too_little_is_not_taken(session: CashSession, cashier: Actor, intent: PaymentIntent) -> None:
    with pytest.raises(TooLittleTendered):
        take(session, intent, by=cashier, tendered=RENT)

    assert not CashMovement.objects.filter(kind=MovementKind.PAYMENT).exists()
    assert intent.attempts.count() == 0


def test_a_page_that_showed_another_amount_takes_nothing(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    with pytest.raises(AmountHasChanged) as refused:
        take(session, intent, by=cashier, shown_amount=RENT)

    assert refused.value.details == {"amount": RENT + DEPOSIT}
    assert ledger.balance(DRAWER) == FLOAT


def test_an_intent_whose_time_is_over_takes_no_cash(
    session: CashSession, cashier: Actor, renter: User
) -> None:
    late = make_intent(payer=renter, minutes=-1)
    cancelled = make_intent(payer=renter, reference="order:VG-9Q8R7T")
    intents.cancel_intent(intent=cancelled, by=SYSTEM, reason="test")
    with pytest.raises(PaymentExpired):
        take(session, late, by=cashier)
    with pytest.raises(PaymentEnded):
        take(session, cancelled, by=cashier)

    assert not Payment.objects.exists()


def test_a_deposit_alone_is_paid_in_cash(session: CashSession, cashier: Actor, renter: User) -> None:
    alone = make_intent(payer=renter, prepayment_amount=0, purpose="deposit")
    take(session, alone, by=cashier)

    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.amount, deposit.on_hold) == (DepositState.HELD, DEPOSIT, 0)
    assert ledger.balance(chart.deposit_liability(REFERENCE)) == DEPOSIT


def test_cash_moves_only_within_a_session(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    close(session, FLOAT, by=cashier)
    with pytest.raises(SessionNotOpen):
        take(session, intent, by=cashier)
    with pytest.raises(SessionNotOpen):
        drop(session, 100_000, by=cashier)
    with pytest.raises(SessionNotOpen):
        services.add_float(session=session, amount=1, by=cashier, idempotency_key="x")

    assert ledger.balance(DRAWER) == FLOAT


def test_each_payment_has_one_numbered_slip(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    movement = take(session, intent, by=cashier, idempotency_key="press")
    take(session, intent, by=cashier, idempotency_key="press")

    slip = slip_of(movement)
    assert slip is not None
    assert (slip.total, slip.payer) == (movement.amount, intent.payer)
    assert slip.number == f"PT-{clock.local(movement.at).year}-000001"


@pytest.mark.parametrize(("amount", "expected"), [(4_999_999, False), (5_000_000, True)])
def test_from_five_million_a_business_needs_proof_that_is_not_cash(amount: int, expected: bool) -> None:
    assert needs_other_proof(amount) is expected


# --- Giving back --------------------------------------------------------------------------------
def refund_of(reference: str = REFERENCE, rent: int = 200_000, deposit: int = 0) -> Refund:
    made = intents.refund(
        reference=reference,
        prepayment_amount=rent,
        deposit_amount=deposit,
        reason=RefundReason.CANCELLATION,
        idempotency_key="cancel:1",
        by=SYSTEM,
    )
    outbox.run_all()
    made.refresh_from_db()
    return made


def test_what_was_paid_in_cash_goes_back_in_cash(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    take(session, intent, by=cashier)
    refund = refund_of()
    movement = services.pay_refund(refund=refund, session=session, by=cashier)
    again = services.pay_refund(refund=refund, session=session, by=cashier)

    assert movement == again
    refund.refresh_from_db()
    assert (refund.state, refund.account_ref) == (RefundState.SUCCEEDED, "BTH")
    assert movement.amount == -200_000
    assert ledger.balance(DRAWER) == expected_in(session) == FLOAT + RENT + DEPOSIT - 200_000
    assert ledger.balance(chart.refund_clearing("cash")) == 0


def test_cash_back_for_a_card_payment_is_refused(session: CashSession, cashier: Actor, renter: User) -> None:
    make_paid_intent(payer=renter)
    refund = intents.refund(
        reference=REFERENCE,
        prepayment_amount=200_000,
        deposit_amount=0,
        reason=RefundReason.CANCELLATION,
        idempotency_key="cancel:1",
        by=SYSTEM,
    )
    with pytest.raises(NotPaidInCash):
        services.pay_refund(refund=refund, session=session, by=cashier)

    assert ledger.balance(DRAWER) == FLOAT


def test_a_drawer_pays_out_no_more_than_it_has(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    take(session, intent, by=cashier)
    drop(session, 5_000_000, by=cashier)
    refund = refund_of(rent=RENT)
    with pytest.raises(DrawerTooEmpty):
        services.pay_refund(refund=refund, session=session, by=cashier)

    refund.refresh_from_db()
    assert refund.state == RefundState.BY_HAND
    assert ledger.balance(DRAWER) == expected_in(session) == 200_000


# --- To the bank --------------------------------------------------------------------------------
def test_a_drop_leaves_the_drawer_and_is_on_its_way(
    session: CashSession, cashier: Actor, other_attendant: User
) -> None:
    bag = drop(session, 400_000, by=cashier, bag_number=" vg-001 ", witness=other_attendant)

    assert (bag.bag_number, bag.amount, bag.state) == ("VG-001", 400_000, DropState.IN_TRANSIT)
    assert bag.witness == other_attendant
    assert ledger.balance(DRAWER) == expected_in(session) == 600_000
    assert ledger.balance(chart.CASH_IN_TRANSIT) == 400_000


def test_a_drop_is_made_once(session: CashSession, cashier: Actor) -> None:
    first = drop(session, 400_000, by=cashier, bag_number="A1", idempotency_key="k")
    again = drop(session, 400_000, by=cashier, bag_number="A1", idempotency_key="k")

    assert first == again
    with pytest.raises(BagAlreadyUsed):
        drop(session, 100_000, by=cashier, bag_number="A1")
    with pytest.raises(IdempotencyConflict):
        drop(session, 100_000, by=cashier, bag_number="A2", idempotency_key="k")
    assert ledger.balance(DRAWER) == 600_000


def test_no_drawer_falls_below_nothing(session: CashSession, cashier: Actor) -> None:
    with pytest.raises(DrawerTooEmpty):
        drop(session, FLOAT + 1, by=cashier)

    assert not CashDrop.objects.exists()
    assert ledger.balance(DRAWER) == FLOAT


def test_a_witness_is_somebody_else(session: CashSession, cashier: Actor, attendant: User) -> None:
    with pytest.raises(WitnessIsSamePerson):
        drop(session, 1_000, by=cashier, witness=attendant)
    with pytest.raises(InvalidInput):
        drop(session, 0, by=cashier)


def test_the_bank_has_the_bag_once(session: CashSession, cashier: Actor, operator: User) -> None:
    bag = drop(session, 400_000, by=cashier)
    at = clock.now() + timedelta(days=1)
    with pytest.raises(NotAllowed):
        services.bank_drop(drop=bag, bank_ref="FT1", at=at, by=cashier)
    services.bank_drop(drop=bag, bank_ref="FT1", at=at, by=operator_actor(operator))
    services.bank_drop(drop=bag, bank_ref="FT1", at=at, by=SYSTEM)
    with pytest.raises(IdempotencyConflict):
        services.bank_drop(drop=bag, bank_ref="FT2", at=at, by=SYSTEM)

    assert (bag.state, bag.bank_ref) == (DropState.BANKED, "FT1")
    assert ledger.balance(chart.BANK) == 400_000
    assert ledger.balance(chart.CASH_IN_TRANSIT) == 0
