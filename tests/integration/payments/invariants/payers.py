"""What payers and their banks may do: book, pay in every way, give up, tell late, dispute."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from accounts.access.actors import operator_actor, staff_actor
from accounts.users.models import User
from payments.cash import services as cash
from payments.cash.models import CashSession
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import services
from payments.intents.enums import OPEN_STATES, HoldState
from payments.intents.models import (
    DepositHold,
    Payment,
    PaymentAttempt,
    PaymentIntent,
)
from tests.factories.accounts import make_user
from tests.factories.cash import make_drawer, notes_for
from tests.simulation.providers import SimGateway
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import DomainError

METHODS = ("stripe", "vnpay", "cash", "payos", "momo", "stripe", "credit")
SETTLED = ("vnpay", "momo", "stripe")
# How likely a call to a provider fails, before or after it worked.
TROUBLE = 0.12


class Payers:
    """Three people, up to eleven references, every way to pay. Numbers that are drawn are taken modulo what there is."""

    gateways: dict[str, SimGateway]
    session: CashSession

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.numbers = count(1)
        # Whatever providers have said or will say; it may come at any time, and again.
        self.news: list[ProviderFact] = []
        self.rng = random.Random(5)

    def open(self) -> None:
        self.payers = [make_user(email=f"tra{n}@example.vn") for n in range(3)]
        self.cashier, self.boss = make_user(email="quay@example.vn"), make_user(email="truong@example.vn")
        self.staff = staff_actor(self.cashier)
        self.supervisor = staff_actor(self.boss, supervisor=True)
        self.operator = operator_actor(make_user(email="ke.toan@example.vn", is_staff=True))
        self.drawer = make_drawer()
        self.session = cash.open_session(
            drawer=self.drawer, counts=notes_for(500_000), float_in=500_000, by=self.staff
        )

    # --- Words of this file ----------------------------------------------------------------------
    def tried(self, what: str, act: Callable[[], Any]) -> Any:
        """Do something that may be refused, and note that it came about."""
        try:
            done = act()
        except DomainError:
            self.seen[f"refused: {what}"] += 1
            return None
        self.seen[what] += 1
        return done

    def one(self, rows: Any, which: int) -> Any:
        # Keys are random; a failure must come again.
        order = "idempotency_key" if hasattr(rows.model, "idempotency_key") else "pk"
        found = list(rows.order_by(order))
        return found[which % len(found)] if found else None

    def references(self) -> list[str]:
        return sorted(set(PaymentIntent.objects.values_list("reference", flat=True)))

    def reference(self, which: int) -> str:
        known = self.references()
        return known[which % len(known)]

    def payer_of(self, reference: str) -> User:
        return PaymentIntent.objects.filter(reference=reference).earliest("created_at").payer

    def say(self, fact: ProviderFact, *, now: bool) -> None:
        """Let a provider say something, now or when the news finds its way."""
        self.news.append(fact)
        if now:
            self.hear(fact)

    def hear(self, fact: ProviderFact) -> None:
        outcome = services.apply_fact(fact).outcome
        self.seen[f"{fact.kind} {outcome}"] += 1

    def key(self) -> str:
        return f"event:{next(self.numbers)}"

    # --- Payers ----------------------------------------------------------------------------------
    def book(self, which: int, number: int, *, yes: bool) -> None:
        """Ask for rent and deposit; for rent alone; or for the deposit alone. Most people pay at once."""
        if len(self.references()) >= 11:
            return
        rent = 0 if number % 5 == 4 else 200_000 + 150_000 * (number % 17)
        deposit = 0 if rent and number % 5 == 3 else 500_000 + 100_000 * (which % 9)
        intent = services.create_intent(
            payer=self.payers[which % 3],
            reference=f"order:{next(self.numbers)}",
            purpose="booking" if rent else "deposit",
            prepayment_amount=rent,
            deposit_amount=deposit,
            expires_at=clock.now() + timedelta(minutes=30),
            idempotency_key=self.key(),
            by=SYSTEM,
        )
        if yes:
            self._go(intent, which + number, number, pays=True)

    def go_to_pay(self, which: int, number: int, *, yes: bool) -> None:
        intent = self.one(PaymentIntent.objects.filter(state__in=OPEN_STATES), which)
        if intent is not None:
            self._go(intent, number, number, pays=yes)

    def _go(self, intent: PaymentIntent, way: int, number: int, *, pays: bool) -> None:
        method = METHODS[way % len(METHODS)]
        if method == "cash":
            self.tried("paid in cash", lambda: self._take_cash(intent))
        elif method == "credit":
            self.tried("paid with credit", lambda: services.pay_with_credit(intent=intent, by=SYSTEM))
        else:
            started = self.tried(f"went to {method}", lambda: self._start(intent, method))
            if started is not None and pays:
                self._take_money(intent.attempts.latest("number"), number, told=number % 3 > 0)

    def _start(self, intent: PaymentIntent, method: str) -> object:
        return services.start_payment(
            intent=intent, method=method, origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
        )

    def _take_cash(self, intent: PaymentIntent) -> object:
        return cash.take_payment(
            intent=intent,
            session=self.session,
            tendered=intent.amount,
            by=self.staff,
            idempotency_key=self.key(),
        )

    def pay(self, which: int, number: int, *, yes: bool) -> None:
        """Pay on a page that was opened before, however old it is by now."""
        online = PaymentAttempt.objects.exclude(provider__in=["cash", "credit"])
        attempt = self.one(online, which)
        if attempt is not None:
            self._take_money(attempt, number, told=yes)

    def _take_money(self, attempt: PaymentAttempt, number: int, *, told: bool) -> None:
        gateway, ref = self.gateways[attempt.provider], attempt.merchant_ref
        if not attempt.amount:
            self.say(gateway.authorize(ref, attempt.hold_amount), now=told)
        elif gateway.capabilities.transfer:
            share = (attempt.amount, attempt.amount // 2, attempt.amount + 70_000)[number % 3]
            self.say(gateway.pay(ref, share), now=told)
        elif ref not in gateway.paid:
            fact = gateway.pay(ref, attempt.amount)
            if attempt.provider == "vnpay" and number % 4 == 3:
                # First a person must look; the success itself may come as well.
                self.news.append(fact)
                fact = replace(fact, kind=FactKind.REVIEW)
            self.say(fact, now=told)

    def give_up(self, which: int, number: int, *, yes: bool) -> None:
        attempt = self.one(PaymentAttempt.objects.filter(provider__in=SETTLED, amount__gt=0), which)
        if attempt is not None:
            self.say(
                ProviderFact(attempt.provider, FactKind.FAILED, attempt.merchant_ref, code="24"), now=yes
            )

    def news_comes(self, which: int, number: int, *, yes: bool) -> None:
        """Old news or new, in any order, once more or for the first time."""
        if self.news:
            for step in range(1 + number % 3):
                self.hear(self.news[(which + step * number) % len(self.news)])

    def bank_disputes(self, which: int, number: int, *, yes: bool) -> None:
        payment = self.one(Payment.objects.filter(provider="stripe", amount__gt=0), which)
        gateway = self.gateways["stripe"]
        if payment is None or payment.merchant_ref not in gateway.paid:
            return
        name = f"dp_{payment.merchant_ref}"
        opened = [fact.kind for fact in self.news if fact.provider_ref == name]
        if not opened:
            self.say(gateway.dispute(payment.merchant_ref, FactKind.DISPUTE_OPENED, name), now=yes)
        elif opened == [FactKind.DISPUTE_OPENED]:
            verdict = FactKind.DISPUTE_WON if number % 2 else FactKind.DISPUTE_LOST
            self.say(gateway.dispute(payment.merchant_ref, verdict, name), now=yes)

    def hold_runs_out(self, which: int, number: int, *, yes: bool) -> None:
        hold = self.one(DepositHold.objects.filter(state__in=[HoldState.HELD, HoldState.CAPTURING]), which)
        if hold is not None and hold.merchant_ref in self.gateways[hold.provider].holds:
            self.say(self.gateways[hold.provider].let_go(hold.merchant_ref), now=yes)
