"""Opening, counting blind, and closing."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.cash import services, signals
from payments.cash.enums import MovementKind, SessionState
from payments.cash.errors import (
    CountHandedIn,
    CountNeedsSecondPerson,
    CountNotHandedIn,
    DifferenceNeedsReason,
    DrawerInUse,
    SessionNotOpen,
)
from payments.cash.models import CashMovement, CashSession
from payments.cash.selectors import expected_in
from payments.intents.models import PaymentIntent
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.factories.cash import FLOAT, close, make_drawer, notes_for, open_session, take
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit.models import AuditEvent
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed

DRAWER = chart.cash_drawer("BTH")


def test_a_place_has_one_drawer_however_often_it_is_asked_for() -> None:
    drawer = make_drawer()

    assert make_drawer() == drawer
    assert (drawer.code, drawer.place_ref) == ("BTH", "station:BTH")


def test_a_session_opens_with_the_float_of_headquarters(session: CashSession) -> None:
    assert (session.state, session.opening_amount) == (SessionState.OPEN, FLOAT)
    assert session.opening_counts == {"500000": 2}
    assert ledger.balance(DRAWER) == ledger.balance(chart.CASH_FLOATS) == FLOAT
    assert expected_in(session) == FLOAT


def test_a_drawer_has_one_running_session(session: CashSession, other_attendant: User) -> None:
    with pytest.raises(DrawerInUse):
        open_session(other_attendant, drawer=session.drawer, amount=0)

    assert CashSession.objects.count() == 1


def test_the_next_session_takes_over_what_the_last_one_left(
    session: CashSession, cashier: Actor, other_attendant: User
) -> None:
    close(session, FLOAT, by=cashier)
    following = open_session(other_attendant, amount=FLOAT, float_in=0)

    assert [row.kind for row in following.movements.all()] == [MovementKind.TAKEN_OVER]
    assert expected_in(following) == FLOAT
    assert MoneyCase.objects.count() == 0


def test_an_opening_count_that_differs_needs_a_reason(
    session: CashSession, cashier: Actor, colleague: Actor
) -> None:
    close(session, FLOAT, by=cashier)
    with pytest.raises(DifferenceNeedsReason) as refused:
        services.open_session(drawer=session.drawer, counts=notes_for(950_000), by=colleague)

    assert refused.value.details == {"counted": 950_000, "expected": FLOAT, "difference": -50_000}
    assert CashSession.objects.count() == 1


def test_an_opening_difference_is_booked_and_told(
    session: CashSession, cashier: Actor, colleague: Actor
) -> None:
    told: list[Any] = []

    def hear(sender: Any, **news: Any) -> None:
        told.append((news["amount"], news["at_opening"]))

    close(session, FLOAT, by=cashier)
    signals.cash_variance_found.connect(hear)
    try:
        following = services.open_session(
            drawer=session.drawer, counts=notes_for(950_000), by=colleague, reason="Thiếu một tờ 50.000"
        )
    finally:
        signals.cash_variance_found.disconnect(hear)

    assert told == [(-50_000, True)]
    assert expected_in(following) == ledger.balance(DRAWER) == 950_000
    assert ledger.balance(chart.CASH_DIFFERENCES) == 50_000
    case = MoneyCase.objects.get()
    assert (case.kind, case.amount, case.reference) == ("cash_variance", -50_000, "cash:BTH")


def test_more_change_comes_into_an_open_session_once(session: CashSession, cashier: Actor) -> None:
    first = services.add_float(session=session, amount=200_000, by=cashier, idempotency_key="a")
    again = services.add_float(session=session, amount=200_000, by=cashier, idempotency_key="a")

    assert first == again
    assert ledger.balance(DRAWER) == FLOAT + 200_000


@pytest.mark.parametrize("counts", [{"500000": -1}, {"7": 1}])
def test_a_count_that_is_none_opens_nothing(counts: dict[str, int], cashier: Actor) -> None:
    with pytest.raises(InvalidInput):
        services.open_session(drawer=make_drawer(), counts=counts, by=cashier)

    assert not CashSession.objects.exists()


def test_a_machine_opens_no_drawer() -> None:
    with pytest.raises(NotAllowed):
        services.open_session(drawer=make_drawer(), counts={}, by=SYSTEM)


# --- Counting -----------------------------------------------------------------------------------
def test_a_count_that_agrees_closes_the_session(session: CashSession, cashier: Actor) -> None:
    closed = close(session, FLOAT, by=cashier)

    assert closed.state == SessionState.CLOSED
    assert (closed.counted_amount, closed.expected_amount) == (FLOAT, FLOAT)
    assert closed.closed_at is not None
    assert not CashMovement.objects.filter(kind=MovementKind.VARIANCE).exists()


def test_nothing_is_computed_before_the_count_is_handed_in(session: CashSession, cashier: Actor) -> None:
    counting = services.start_count(session=session, by=cashier)

    assert (counting.counted_amount, counting.expected_amount) == (None, None)
    with pytest.raises(CountNotHandedIn):
        services.close_session(session=session, by=cashier)


def test_a_count_cannot_be_handed_in_twice_nor_taken_back(session: CashSession, cashier: Actor) -> None:
    services.start_count(session=session, by=cashier)
    services.hand_in_count(session=session, counts=notes_for(990_000), by=cashier)

    with pytest.raises(CountHandedIn):
        services.hand_in_count(session=session, counts=notes_for(FLOAT), by=cashier)
    with pytest.raises(CountHandedIn):
        services.resume_session(session=session, by=cashier)


def test_a_session_that_was_not_counted_goes_on(session: CashSession, cashier: Actor) -> None:
    services.start_count(session=session, by=cashier)

    assert services.resume_session(session=session, by=cashier).state == SessionState.OPEN


def test_counting_anew_keeps_the_first_count_in_the_audit(session: CashSession, cashier: Actor) -> None:
    services.start_count(session=session, by=cashier)
    services.hand_in_count(session=session, counts=notes_for(990_000), by=cashier)
    services.recount(session=session, by=cashier)
    services.hand_in_count(session=session, counts=notes_for(FLOAT), by=cashier)
    closed = services.close_session(session=session, by=cashier)

    assert closed.state == SessionState.CLOSED
    counts = AuditEvent.objects.filter(action="cash.counted").order_by("pk")
    assert [event.changes["counted"] for event in counts] == [990_000, FLOAT]


def test_a_small_difference_needs_a_reason_and_is_booked(session: CashSession, cashier: Actor) -> None:
    with pytest.raises(DifferenceNeedsReason):
        close(session, 990_000, by=cashier)
    closed = services.close_session(session=session, by=cashier, reason="Thối nhầm")

    assert (closed.state, closed.variance_reason) == (SessionState.CLOSED, "Thối nhầm")
    assert ledger.balance(chart.CASH_DIFFERENCES) == 10_000
    assert ledger.balance(DRAWER) == expected_in(closed) == 990_000
    assert not MoneyCase.objects.exists()


def test_what_is_found_too_much_lowers_the_differences(session: CashSession, cashier: Actor) -> None:
    close(session, 1_005_000, by=cashier, reason="Khách không nhận tiền thối")

    assert ledger.balance(chart.CASH_DIFFERENCES) == -5_000
    assert ledger.balance(DRAWER) == 1_005_000


def test_a_shift_closed_50_000_short_waits_for_a_second_person(
    session: CashSession, cashier: Actor, supervisor: Actor
) -> None:
    disputed = close(session, 950_000, by=cashier, reason="Không rõ")

    assert disputed.state == SessionState.DISPUTED
    # Nothing is booked before somebody else has looked.
    assert ledger.balance(DRAWER) == FLOAT
    case = MoneyCase.objects.get()
    assert (case.kind, case.amount) == ("cash_variance", -50_000)

    closed = services.confirm_difference(session=session, by=supervisor)

    assert closed.state == SessionState.CLOSED
    assert closed.confirmed_by is not None
    assert closed.confirmed_by.public_id == supervisor.ref
    assert ledger.balance(DRAWER) == 950_000
    assert ledger.balance(chart.CASH_DIFFERENCES) == 50_000
    assert services.confirm_difference(session=session, by=supervisor).pk == closed.pk


def test_exactly_the_limit_needs_no_second_person(session: CashSession, cashier: Actor) -> None:
    assert close(session, 980_000, by=cashier, reason="Thối nhầm").state == SessionState.CLOSED


def test_who_counted_does_not_confirm(session: CashSession, supervisor: Actor) -> None:
    close(session, 950_000, by=supervisor, reason="Không rõ")
    with pytest.raises(CountNeedsSecondPerson):
        services.confirm_difference(session=session, by=supervisor)

    assert ledger.balance(DRAWER) == FLOAT


def test_only_a_supervisor_confirms(session: CashSession, cashier: Actor, colleague: Actor) -> None:
    close(session, 950_000, by=cashier, reason="Không rõ")
    with pytest.raises(NotAllowed):
        services.confirm_difference(session=session, by=colleague)

    session.refresh_from_db()
    assert session.state == SessionState.DISPUTED
    assert ledger.balance(DRAWER) == FLOAT


def test_a_disputed_count_can_be_done_again(session: CashSession, cashier: Actor) -> None:
    close(session, 950_000, by=cashier, reason="Không rõ")
    services.recount(session=session, by=cashier)
    services.hand_in_count(session=session, counts=notes_for(FLOAT), by=cashier)

    assert services.close_session(session=session, by=cashier).state == SessionState.CLOSED
    assert ledger.balance(chart.CASH_DIFFERENCES) == 0


def test_closing_twice_is_closing_once(session: CashSession, cashier: Actor) -> None:
    closed = close(session, 990_000, by=cashier, reason="Thối nhầm")
    again = services.close_session(session=session, by=cashier, reason="Khác")

    assert (again.closed_at, again.variance_reason) == (closed.closed_at, "Thối nhầm")
    assert LedgerEntry.objects.filter(kind="cash_variance").count() == 1


# --- What stays closed --------------------------------------------------------------------------
def test_a_closed_session_never_opens_again(session: CashSession, cashier: Actor) -> None:
    close(session, FLOAT, by=cashier)
    for step in (services.start_count, services.resume_session):
        with pytest.raises(IllegalTransition):
            step(session=session, by=cashier)

    session.refresh_from_db()
    assert session.state == SessionState.CLOSED


@pytest.mark.parametrize(
    "change", ["state = 'open'", "state = 'counting'", "counted_amount = 5", "opening_amount = 5"]
)
def test_the_database_refuses_to_open_or_alter_a_closed_session(
    change: str, session: CashSession, cashier: Actor
) -> None:
    close(session, FLOAT, by=cashier)
    with (
        pytest.raises(IntegrityError, match="stays closed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE payments_cashsession SET {change}")


def test_the_database_refuses_cash_in_a_closed_session(
    session: CashSession, cashier: Actor, attendant: User
) -> None:
    close(session, FLOAT, by=cashier)
    with pytest.raises(IntegrityError, match="within a running session"), transaction.atomic():
        CashMovement.objects.create(
            session=session,
            kind=MovementKind.PAYMENT,
            amount=1,
            idempotency_key="x",
            by=attendant,
            at=session.opened_at,
        )


@pytest.mark.parametrize(
    "statement", ["UPDATE payments_cashmovement SET amount = 1", "DELETE FROM payments_cashmovement"]
)
def test_the_database_keeps_movements_as_they_are(statement: str, session: CashSession) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_payment_is_taken_while_the_drawer_is_counted(
    session: CashSession, cashier: Actor, intent: PaymentIntent
) -> None:
    services.start_count(session=session, by=cashier)
    with pytest.raises(SessionNotOpen):
        take(session, intent, by=cashier)

    assert not intent.payments.exists()


def test_finance_reconciles_a_closed_session(session: CashSession, cashier: Actor, operator: User) -> None:
    from accounts.access.actors import operator_actor

    with pytest.raises(IllegalTransition):
        services.reconcile_session(session=session, by=operator_actor(operator))
    close(session, FLOAT, by=cashier)
    with pytest.raises(NotAllowed):
        services.reconcile_session(session=session, by=cashier)
    services.reconcile_session(session=session, by=operator_actor(operator))

    assert session.state == SessionState.RECONCILED
