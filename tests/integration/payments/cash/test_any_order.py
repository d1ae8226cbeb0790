"""Whatever happens in a drawer, in whatever order: what should be there is what the ledger says."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.access.actors import staff_actor
from accounts.users.models import User
from payments.cash import services
from payments.cash.enums import MovementKind, SessionState
from payments.cash.models import CashDrop, CashSession
from payments.cash.selectors import expected_in
from payments.intents import services as intents
from payments.intents.enums import RefundReason
from payments.intents.models import Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from tests.factories.accounts import make_user
from tests.factories.cash import make_drawer, notes_for
from tests.factories.payments import make_intent
from voltgo.core import clock
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import DomainError

THOUSANDS = st.integers(1, 3_000).map(lambda number: number * 1_000)
DRAWER = chart.cash_drawer("BTH")


class Drawer(RuleBasedStateMachine):
    """One drawer, two people, and any sequence of presses; a refusal changes nothing."""

    people: tuple[User, User]
    payer: User

    def __init__(self) -> None:
        super().__init__()
        self.numbers = count(1)
        # What the model expects to lie there.
        self.cash = 0
        self.floats = self.paid = self.refunded = self.dropped = self.differences = 0
        self.open: list[Refund] = []
        self.drawer = make_drawer()
        self.closed: dict[Any, tuple[Any, ...]] = {}

    @property
    def session(self) -> CashSession | None:
        return CashSession.objects.filter(
            state__in=[SessionState.OPEN, SessionState.COUNTING, SessionState.DISPUTED]
        ).first()

    def actor(self, number: int) -> Actor:
        return staff_actor(self.people[number], supervisor=True)

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do something in a savepoint; None if it was refused."""
        try:
            with transaction.atomic():
                return act()
        except DomainError:
            return None

    @rule(found=st.integers(-50, 50), brought=st.sampled_from([0, 500_000]))
    def opens(self, found: int, brought: int) -> None:
        counted = max(brought, self.cash + brought + found * 1_000)
        made = self.attempt(
            lambda: services.open_session(
                drawer=self.drawer, counts=notes_for(counted), float_in=brought, reason="x", by=self.actor(0)
            )
        )
        if made is not None:
            self.differences += counted - self.cash - brought
            self.floats += brought
            self.cash = counted

    @rule(amount=THOUSANDS)
    def takes(self, amount: int) -> None:
        session, number = self.session, next(self.numbers)
        if session is None:
            return
        asking = make_intent(
            payer=self.payer, reference=f"order:{number}", prepayment_amount=amount, deposit_amount=0
        )
        taken = None
        for _again in range(2):
            taken = self.attempt(
                lambda: services.take_payment(
                    intent=asking,
                    session=session,
                    tendered=amount + 1_000,
                    by=self.actor(1),
                    idempotency_key=str(number),
                )
            )
        if taken is not None:
            self.cash += amount
            self.paid += amount
            back = intents.refund(
                reference=asking.reference,
                prepayment_amount=amount,
                deposit_amount=0,
                reason=RefundReason.CANCELLATION,
                idempotency_key=f"back:{number}",
                by=SYSTEM,
            )
            intents.submit_refund(refund_id=back.pk)
            self.open.append(back)

    @rule()
    def pays_back(self) -> None:
        session = self.session
        if session is None or not self.open:
            return
        back = self.open[0]
        if self.attempt(lambda: services.pay_refund(refund=back, session=session, by=self.actor(0))):
            self.open.pop(0)
            self.cash -= back.amount
            self.refunded += back.amount

    @rule(amount=THOUSANDS)
    def drops(self, amount: int) -> None:
        session, number = self.session, next(self.numbers)
        if session is not None and self.attempt(
            lambda: services.drop_cash(
                session=session,
                amount=amount,
                bag_number=f"B{number}",
                idempotency_key=str(number),
                by=self.actor(0),
            )
        ):
            self.cash -= amount
            self.dropped += amount

    @rule()
    def banks(self) -> None:
        for bag in CashDrop.objects.filter(state="in_transit")[:1]:
            services.bank_drop(drop=bag, bank_ref=f"FT{bag.pk}", at=clock.now(), by=SYSTEM)

    @rule(missing=st.integers(-40, 40), who=st.integers(0, 1))
    def counts(self, missing: int, who: int) -> None:
        session = self.session
        if session is None:
            return
        counted = max(0, self.cash + missing * 1_000)
        self.attempt(lambda: services.start_count(session=session, by=self.actor(who)))
        self.attempt(
            lambda: services.hand_in_count(session=session, counts=notes_for(counted), by=self.actor(who))
        )
        self.attempt(lambda: services.close_session(session=session, by=self.actor(who), reason="x"))
        self._note_closing(session)

    @rule(who=st.integers(0, 1))
    def confirms(self, who: int) -> None:
        session = self.session
        if session is not None:
            self.attempt(lambda: services.confirm_difference(session=session, by=self.actor(who)))
            self._note_closing(session)

    @rule()
    def resumes(self) -> None:
        session = self.session
        if session is not None:
            self.attempt(lambda: services.resume_session(session=session, by=self.actor(0)))

    def _note_closing(self, session: CashSession) -> None:
        session.refresh_from_db()
        if session.state == SessionState.CLOSED and session.pk not in self.closed:
            assert session.expected_amount == self.cash
            assert session.counted_amount is not None
            self.differences += session.counted_amount - self.cash
            self.cash = session.counted_amount
            self.closed[session.pk] = (session.counted_amount, session.closed_at)

    @invariant()
    def the_drawer_is_what_came_less_what_went(self) -> None:
        assert self.cash == self.floats + self.paid - self.refunded - self.dropped + self.differences
        assert ledger.balance(DRAWER) == self.cash >= 0
        session = self.session
        if session is not None:
            assert expected_in(session) == self.cash

    @invariant()
    def the_other_accounts_agree(self) -> None:
        assert ledger.balance(chart.CASH_FLOATS) == self.floats
        assert ledger.balance(chart.CASH_DIFFERENCES) == -self.differences
        assert ledger.balance(chart.CASH_IN_TRANSIT) + ledger.balance(chart.BANK) == self.dropped

    @invariant()
    def what_is_closed_stays_closed(self) -> None:
        for key, told in self.closed.items():
            session = CashSession.objects.get(pk=key)
            assert (session.counted_amount, session.closed_at) == told
            # A closed session's movements end at what was counted.
            assert expected_in(session) == session.counted_amount
            assert session.movements.filter(kind=MovementKind.TAKEN_OVER).count() <= 1


@pytest.mark.django_db
def test_the_expected_amount_is_float_and_payments_less_refunds_and_drops_in_any_order() -> None:
    people = (make_user(full_name="Bùi Quang Huy"), make_user(full_name="Ngô Khánh Linh"))
    payer = make_user(full_name="Nguyễn Minh Anh")

    class Run(Drawer):
        def __init__(self) -> None:
            self.savepoint = transaction.savepoint()
            self.people, self.payer = people, payer
            super().__init__()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.savepoint)

    run_state_machine_as_test(
        Run,
        settings=settings(
            max_examples=8,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
