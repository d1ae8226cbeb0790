"""Taking from the deposit, giving it back, and closing a reference at exactly zero."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accounts.users.models import User
from payments.intents import selectors, services
from payments.intents.enums import DepositState, RefundReason, RefundState
from payments.intents.errors import DepositTooSmall, IdempotencyConflict, UnknownReference
from payments.intents.models import Deposit, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent, make_paid_intent
from voltgo.core import money
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import InvalidInput

STAFF = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")


@pytest.fixture
def paid(payer: User) -> PaymentIntent:
    return make_paid_intent(payer=payer)


def capture(amount: int, key: str = "damage:1") -> Deposit:
    return services.capture_deposit(
        reference=REFERENCE, amount=amount, settlement_line="Xước cản trước", idempotency_key=key, by=STAFF
    )


def release(amount: int | None = None, key: str = "release:1") -> Refund | None:
    return services.release_deposit(reference=REFERENCE, amount=amount, idempotency_key=key, by=STAFF)


def test_a_capture_turns_deposit_into_prepaid_money_and_names_its_line(paid: PaymentIntent) -> None:
    deposit = capture(500_000)
    assert (deposit.state, deposit.captured, deposit.remaining) == (
        DepositState.PARTLY_CAPTURED,
        500_000,
        2_500_000,
    )
    balance = selectors.balance_of(REFERENCE)
    assert (balance.prepaid, balance.deposit) == (1_700_000, 2_500_000)
    event = AuditEvent.objects.get(action="deposit.captured")
    assert (event.reason, event.changes, event.actor_ref) == (
        "Xước cản trước",
        {"amount": 500_000},
        "U-STAFF",
    )


def test_the_same_capture_twice_is_one(paid: PaymentIntent) -> None:
    capture(500_000)
    again = capture(500_000)
    assert again.captured == 500_000
    assert LedgerEntry.objects.filter(kind="deposit_capture").count() == 1


def test_the_same_key_for_another_amount_is_refused(paid: PaymentIntent) -> None:
    capture(500_000)
    with pytest.raises(IdempotencyConflict):
        capture(600_000)
    assert Deposit.objects.get().captured == 500_000


def test_more_than_is_held_is_not_captured(paid: PaymentIntent) -> None:
    capture(2_900_000)
    with pytest.raises(DepositTooSmall) as refusal:
        capture(100_001, key="damage:2")
    assert refusal.value.details == {"available": 100_000}
    assert Deposit.objects.get().captured == 2_900_000
    assert selectors.balance_of(REFERENCE).deposit == 100_000


def test_a_deposit_that_was_never_paid_is_not_captured(payer: User) -> None:
    make_intent(payer=payer)
    with pytest.raises(DepositTooSmall):
        capture(1)
    assert not LedgerEntry.objects.exists()


def test_no_deposit_no_capture(payer: User) -> None:
    with pytest.raises(UnknownReference):
        capture(1)


@pytest.mark.parametrize("amount", [0, -5])
def test_nothing_is_not_captured(paid: PaymentIntent, amount: int) -> None:
    with pytest.raises(InvalidInput):
        capture(amount)


def test_a_deposit_taken_whole_is_captured(paid: PaymentIntent) -> None:
    assert capture(DEPOSIT).state == DepositState.CAPTURED
    assert release() is None


def test_the_rest_goes_back_to_the_payment_it_came_from(paid: PaymentIntent) -> None:
    capture(500_000)
    refund = release()
    assert refund is not None
    assert (refund.amount, refund.deposit_amount, refund.reason, refund.state) == (
        2_500_000,
        2_500_000,
        RefundReason.DEPOSIT_RELEASE,
        # No second person: the money never was ours.
        RefundState.APPROVED,
    )
    assert refund.payment == paid.payments.get()
    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.released, deposit.remaining) == (DepositState.RELEASED, 2_500_000, 0)
    assert ledger.balance(chart.refund_clearing("vnpay")) == 2_500_000


def test_releasing_twice_with_one_key_is_once(paid: PaymentIntent) -> None:
    first, again = release(), release()
    assert first is not None
    assert again is not None
    assert first.pk == again.pk
    assert release(key="release:2") is None
    assert Refund.objects.count() == 1


def test_a_part_may_be_kept_for_later(paid: PaymentIntent) -> None:
    release(2_500_000)
    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.remaining) == (DepositState.HELD, 500_000)
    release(500_000, key="release:2")
    deposit.refresh_from_db()
    assert (deposit.state, deposit.remaining) == (DepositState.RELEASED, 0)


def test_more_than_is_held_is_not_released(paid: PaymentIntent) -> None:
    with pytest.raises(DepositTooSmall):
        release(DEPOSIT + 1)
    assert not Refund.objects.exists()
    assert Deposit.objects.get().released == 0


def test_a_reference_without_deposit_has_nothing_to_release(payer: User) -> None:
    make_paid_intent(payer=payer, deposit_amount=0)
    assert release() is None


def test_capturing_what_was_left_after_a_release_ends_the_deposit(paid: PaymentIntent) -> None:
    release(2_500_000)
    deposit = capture(500_000)
    assert (deposit.state, deposit.remaining) == (DepositState.RELEASED, 0)


# --- Revenue and closing ------------------------------------------------------------------------
def close(rental: int, *, fee: int = 0, damage: int = 0) -> None:
    """Settle as a return does: capture what the prepayment does not cover, earn, give back the rest."""
    total = rental + fee + damage
    missing = total - selectors.balance_of(REFERENCE).prepaid
    from_deposit = min(max(missing, 0), selectors.balance_of(REFERENCE).deposit)
    if from_deposit:
        capture(from_deposit, key="close:capture")
    lines = [
        ("rental", *money.split_vat(rental, 800)),
        ("fee", *money.split_vat(fee, 800)),
        ("compensation", damage, 0),
    ]
    services.recognise_revenue(reference=REFERENCE, lines=lines, idempotency_key="close", by=SYSTEM)
    release(key="close:release")
    unused = selectors.balance_of(REFERENCE).prepaid
    if unused:
        services.refund(
            reference=REFERENCE,
            prepayment_amount=unused,
            deposit_amount=0,
            reason=RefundReason.ADJUSTMENT,
            idempotency_key="close:unused",
            by=SYSTEM,
        )


def test_revenue_comes_out_of_prepaid_money_with_its_vat_apart(paid: PaymentIntent) -> None:
    entry = services.recognise_revenue(
        reference=REFERENCE,
        lines=[("rental", 925_926, 74_074), ("fee", 92_593, 7_407), ("compensation", 100_000, 0)],
        idempotency_key="close",
        by=SYSTEM,
    )
    assert entry is not None
    assert sorted(entry.lines.values_list("account__code", "amount")) == [
        ("compensation_income", -100_000),
        (f"customer_prepaid:{REFERENCE}", 1_200_000),
        ("revenue_fees", -92_593),
        ("revenue_rental", -925_926),
        ("vat_output", -81_481),
    ]


def test_revenue_is_recognised_once(paid: PaymentIntent) -> None:
    lines = [("rental", 1_111_111, 88_889)]
    first = services.recognise_revenue(reference=REFERENCE, lines=lines, idempotency_key="close", by=SYSTEM)
    again = services.recognise_revenue(reference=REFERENCE, lines=lines, idempotency_key="close", by=SYSTEM)
    assert first is not None
    assert again is not None
    assert first.pk == again.pk
    assert ledger.balance(chart.REVENUE_RENTAL) == 1_111_111


def test_the_same_key_for_other_lines_is_refused(paid: PaymentIntent) -> None:
    services.recognise_revenue(
        reference=REFERENCE, lines=[("rental", 100, 8)], idempotency_key="close", by=SYSTEM
    )
    with pytest.raises(IdempotencyConflict):
        services.recognise_revenue(
            reference=REFERENCE, lines=[("rental", 101, 8)], idempotency_key="close", by=SYSTEM
        )


def test_what_prepaid_money_does_not_cover_is_a_debt(paid: PaymentIntent, payer: User) -> None:
    services.recognise_revenue(
        reference=REFERENCE, lines=[("rental", 1_300_000, 104_000)], idempotency_key="close", by=SYSTEM
    )
    assert selectors.debt_of(payer) == 204_000
    assert selectors.money_of(REFERENCE).due == 204_000
    assert selectors.balance_of(REFERENCE).prepaid == 0


def test_lines_that_come_to_nothing_write_nothing(paid: PaymentIntent) -> None:
    entries = LedgerEntry.objects.count()
    assert (
        services.recognise_revenue(reference=REFERENCE, lines=[("fee", 0, 0)], idempotency_key="x", by=SYSTEM)
        is None
    )
    assert LedgerEntry.objects.count() == entries


@pytest.mark.parametrize("lines", [[("tips", 5, 0)], [("rental", -5, 0)]])
def test_unknown_kinds_and_negative_totals_are_refused(
    paid: PaymentIntent, lines: list[tuple[str, int, int]]
) -> None:
    with pytest.raises(InvalidInput):
        services.recognise_revenue(reference=REFERENCE, lines=lines, idempotency_key="x", by=SYSTEM)


def test_a_debt_needs_somebody_who_owes_it(payer: User) -> None:
    lines = [("fee", 100_000, 8_000)]
    with pytest.raises(UnknownReference):
        services.recognise_revenue(reference="order:CASH", lines=lines, idempotency_key="x", by=SYSTEM)
    services.recognise_revenue(
        reference="order:CASH", lines=lines, idempotency_key="x", by=SYSTEM, payer=payer
    )
    assert selectors.debt_of(payer) == 108_000


def test_a_clean_return_closes_at_zero(paid: PaymentIntent) -> None:
    close(RENT)
    assert selectors.balance_of(REFERENCE) == selectors.ReferenceBalance(0, 0, 0, 0)
    assert selectors.money_of(REFERENCE) == selectors.MoneySummary(
        paid=1_200_000,
        prepaid=0,
        deposit_held=0,
        captured=0,
        refunded=0,
        pending_refunds=3_000_000,
        due=0,
    )


def test_damage_and_late_fee_come_out_of_the_deposit(paid: PaymentIntent) -> None:
    close(RENT, fee=300_000, damage=500_000)
    deposit = Deposit.objects.get()
    assert (deposit.captured, deposit.released) == (800_000, 2_200_000)
    assert ledger.balance(chart.COMPENSATION_INCOME) == 500_000
    assert selectors.balance_of(REFERENCE) == selectors.ReferenceBalance(0, 0, 0, 0)


class _Undo(Exception):
    pass


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rent=st.integers(1, 5_000_000),
    deposit=st.integers(0, 5_000_000),
    rental=st.integers(0, 6_000_000),
    fee=st.integers(0, 2_000_000),
    damage=st.integers(0, 9_000_000),
)
def test_whatever_is_charged_the_reference_ends_at_zero_and_no_dong_is_lost(
    payer: User, rent: int, deposit: int, rental: int, fee: int, damage: int
) -> None:
    assume(rental + fee + damage > 0)
    try:
        with transaction.atomic():
            make_paid_intent(payer=payer, prepayment_amount=rent, deposit_amount=deposit)
            close(rental, fee=fee, damage=damage)
            balance = selectors.balance_of(REFERENCE)
            assert balance.is_zero
            charged = rental + fee + damage
            assert balance.debt == max(0, charged - rent - deposit)
            earned = sum(
                ledger.balance(account)
                for account in (
                    chart.REVENUE_RENTAL,
                    chart.REVENUE_FEES,
                    chart.COMPENSATION_INCOME,
                    chart.VAT_OUTPUT,
                )
            )
            assert earned == charged
            back = selectors.money_of(REFERENCE).pending_refunds
            assert back == max(0, rent + deposit - charged)
            row = Deposit.objects.filter(reference=REFERENCE).first()
            if row is not None:
                assert row.captured + row.released == row.amount == deposit
            assert ledger.prove().holds
            raise _Undo
    except _Undo:
        pass
