"""Two people at one drawer, and one impatient finger."""

from collections import Counter
from typing import Any

import pytest

from accounts.access.actors import staff_actor
from accounts.users.models import User
from payments.cash import services
from payments.cash.enums import SessionState
from payments.cash.models import CashMovement, CashSession
from payments.cash.selectors import expected_in
from payments.intents.models import Payment
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from tests.factories.cash import FLOAT, make_drawer, notes_for, open_session
from tests.factories.payments import make_intent

DRAWER = chart.cash_drawer("BTH")


@pytest.fixture
def people() -> list[User]:
    return [make_user(full_name="Bùi Quang Huy"), make_user(full_name="Ngô Khánh Linh")]


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def session(people: list[User]) -> CashSession:
    return open_session(people[0])


def kinds(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ if isinstance(result, Exception) else "ok" for result in results)


def test_twenty_identical_presses_are_one_payment(
    session: CashSession, people: list[User], payer: User
) -> None:
    intent = make_intent(payer=payer)
    by = staff_actor(people[0])

    def press(_number: int) -> int:
        movement = services.take_payment(
            intent=intent.__class__.objects.get(pk=intent.pk),
            session=session,
            tendered=intent.amount,
            by=by,
            idempotency_key="press",
        )
        return movement.pk

    results = race(20, press)
    assert kinds(results) == {"ok": 20}
    assert len(set(results)) == 1
    assert Payment.objects.count() == LedgerEntry.objects.filter(kind="payment").count() == 1
    assert ledger.balance(DRAWER) == expected_in(session) == FLOAT + intent.amount


def test_two_people_who_take_for_one_request_take_it_once(
    session: CashSession, people: list[User], payer: User
) -> None:
    intent = make_intent(payer=payer)

    def press(number: int) -> int:
        return services.take_payment(
            intent=intent.__class__.objects.get(pk=intent.pk),
            session=session,
            tendered=intent.amount,
            by=staff_actor(people[number]),
            idempotency_key=f"press-{number}",
        ).pk

    assert kinds(race(2, press)) == {"ok": 1, "AlreadyPaid": 1}
    assert Payment.objects.count() == 1
    assert ledger.balance(DRAWER) == FLOAT + intent.amount


def test_two_people_open_one_session(people: list[User]) -> None:
    drawer = make_drawer()

    def begin(number: int) -> Any:
        return services.open_session(
            drawer=drawer, counts=notes_for(FLOAT), float_in=FLOAT, by=staff_actor(people[number])
        ).pk

    assert kinds(race(2, begin)) == {"ok": 1, "DrawerInUse": 1}
    assert CashSession.objects.count() == 1
    assert ledger.balance(DRAWER) == FLOAT


def test_two_people_who_close_close_once(session: CashSession, people: list[User]) -> None:
    services.start_count(session=session, by=staff_actor(people[0]))
    services.hand_in_count(session=session, counts=notes_for(990_000), by=staff_actor(people[0]))

    def end(number: int) -> str:
        return services.close_session(
            session=session, by=staff_actor(people[number]), reason=f"reason {number}"
        ).state

    assert race(2, end) == [SessionState.CLOSED, SessionState.CLOSED]
    assert CashMovement.objects.filter(kind="variance").count() == 1
    assert LedgerEntry.objects.filter(kind="cash_variance").count() == 1
    assert ledger.balance(DRAWER) == 990_000


def test_a_payment_and_the_count_meet_but_the_books_agree(
    session: CashSession, people: list[User], payer: User
) -> None:
    intent = make_intent(payer=payer)

    def act(number: int) -> Any:
        by = staff_actor(people[number])
        if number:
            return services.start_count(session=session, by=by)
        return services.take_payment(
            intent=intent.__class__.objects.get(pk=intent.pk),
            session=session,
            tendered=intent.amount,
            by=by,
            idempotency_key="press",
        )

    results = race(2, act)
    assert not isinstance(results[1], Exception)
    taken = intent.amount if not isinstance(results[0], Exception) else 0
    assert kinds(results) in ({"ok": 2}, {"ok": 1, "SessionNotOpen": 1})
    handed_in = services.hand_in_count(
        session=session, counts=notes_for(FLOAT + taken), by=staff_actor(people[0])
    )
    assert handed_in.expected_amount == ledger.balance(DRAWER) == FLOAT + taken


def test_two_drops_never_overdraw_the_drawer(session: CashSession, people: list[User]) -> None:
    def drop(number: int) -> int:
        return services.drop_cash(
            session=session,
            amount=600_000,
            bag_number=f"B{number}",
            idempotency_key=f"k{number}",
            by=staff_actor(people[number % 2]),
        ).pk

    assert kinds(race(4, drop)) == {"ok": 1, "DrawerTooEmpty": 3}
    assert ledger.balance(DRAWER) == expected_in(session) == 400_000
