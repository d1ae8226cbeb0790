"""What may happen to money: payers, their banks, staff, jobs and careless providers, each as one event.

An event does nothing where it does not fit, or where our own services refuse it.
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

from django.core.cache import cache

from accounts.access.actors import operator_actor, staff_actor
from accounts.users.models import User
from payments.cash import services as cash
from payments.cash.models import CashSession
from payments.gateways import settlement_file
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import services
from payments.intents.enums import OPEN_STATES, PAID_STATES, HoldState, RefundReason, RefundState, RefundWay
from payments.intents.models import (
    Chargeback,
    CreditPayout,
    Deposit,
    DepositHold,
    Payment,
    PaymentAttempt,
    PaymentIntent,
    Refund,
)
from payments.intents.services.claims import charge_claim
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.reconciliation import services as recon
from tests.factories.accounts import make_user
from tests.factories.cash import make_drawer, notes_for
from tests.simulation.providers import SimGateway
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import DomainError
from voltgo.core.models import OutboxMessage
from voltgo.core.money import split_vat

METHODS = ("stripe", "vnpay", "cash", "payos", "momo", "stripe", "credit")
SETTLED = ("vnpay", "momo", "stripe")
# How likely a call to a provider fails, before or after it worked.
TROUBLE = 0.12


class World:
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

        self._begin_with_what_is_rare()

    def _begin_with_what_is_rare(self) -> None:
        """Every way to pay, a review, refunds by hand and by two: what comes after meets them all."""
        for gateway in self.gateways.values():
            gateway.trouble = 0.0
        # Rent and deposit by card, a deposit alone by wallet, half of a transfer, and one not yet paid.
        for which, number in ((0, 7), (0, 4), (2, 1), (0, 2)):
            self.book(which, number, yes=number != 2)
        unpaid = PaymentIntent.objects.get(state="created")
        self.give_credit(0, 0, yes=True)
        self._go(unpaid, METHODS.index("credit"), 0, pays=True)
        # A try that fails, then a transfer of too much.
        self._go(unpaid, METHODS.index("vnpay"), 0, pays=False)
        self.hear(ProviderFact("vnpay", FactKind.FAILED, str(unpaid.merchant_ref), code="24"))
        self._go(unpaid, METHODS.index("payos"), 5, pays=True)
        self.hear(self.news[-1])
        # Cash that goes back over the counter.
        self.book(1, 1, yes=True)
        self.refund(self._place_of("cash"), 3, yes=True)
        self.pay_by_hand(0, 0, yes=True)
        self.retain(self._place_of("cash"), 0, yes=True)
        self.release(self._place_of("cash"), 0, yes=True)
        self.days_pass(0, 0, yes=True)
        # Money that a person had to look at, and that goes back whole, once a second person agrees and VNPay answers.
        self.book(0, 15, yes=True)
        self.hear(self.news[-1])
        self.review(0, 0, yes=True)
        for agrees in (False, True):
            self.refund(self._place_of("vnpay"), 4, yes=True)
            self.decide_refund(0, 0, yes=agrees)
        self.release(self._place_of("vnpay"), 0, yes=True)
        self.gateways["vnpay"].trouble = 1.0
        self.jobs(0, 0, yes=True)
        self.gateways["vnpay"].trouble = 0.0
        for _round in range(3):
            self.jobs(0, 0, yes=True)
        # Refunds that people make: by a transfer, and into credit that is taken out.
        self.refund(self._place_of("credit"), 2, yes=False)
        self.pay_by_hand(0, 0, yes=True)
        self.refund(self._place_of("credit"), 1, yes=True)
        self.credit(0, 0, yes=True)
        # A request that ends, and one that is withdrawn.
        for end in (self.expire, self.cancel):
            self.book(1, 2, yes=False)
            newest = PaymentIntent.objects.get(state="created").reference
            end(self.references().index(newest), 0, yes=True)
        self.count_drawer(0, 2, yes=True)
        self.file_comes(0, 0, yes=True)
        for gateway in self.gateways.values():
            gateway.trouble = TROUBLE

    def _place_of(self, provider: str) -> int:
        return self.references().index(Payment.objects.get(provider=provider).intent.reference)

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
        return PaymentIntent.objects.filter(reference=reference).first().payer  # type: ignore[union-attr]

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
                self._take_money(intent.attempts.order_by("-number").first(), number, told=number % 3 > 0)

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

    # --- Counter and office ----------------------------------------------------------------------
    def expire(self, which: int, number: int, *, yes: bool) -> None:
        self.seen["expired"] += bool(services.expire_intents(self.reference(which)))

    def cancel(self, which: int, number: int, *, yes: bool) -> None:
        intent = PaymentIntent.objects.filter(reference=self.reference(which)).latest("created_at")
        self.tried("cancelled", lambda: services.cancel_intent(intent=intent, by=SYSTEM, reason="thử"))

    def review(self, which: int, number: int, *, yes: bool) -> None:
        intent = self.one(PaymentIntent.objects.filter(state="needs_review"), which)
        if intent is not None:
            self.tried(
                f"review {'accepted' if yes else 'refused'}",
                lambda: services.settle_review(intent=intent, accept=yes, by=self.operator, reason="thử"),
            )

    def capture(self, which: int, number: int, *, yes: bool) -> None:
        reference = self.reference(which)
        self.tried(
            "deposit taken",
            lambda: services.capture_deposit(
                reference=reference,
                amount=50_000 * (1 + number % 12),
                settlement_line="1",
                idempotency_key=self.key(),
                by=self.staff,
            ),
        )

    def retain(self, which: int, number: int, *, yes: bool) -> None:
        kept = services.retain_deposit(
            reference=self.reference(which),
            amount=300_000,
            until=clock.today() + timedelta(days=number % 4),
            by=self.staff,
        )
        self.seen["kept for fines"] += bool(kept)

    def release(self, which: int, number: int, *, yes: bool) -> None:
        reference = self.reference(which)
        amount = None if yes else 100_000
        self.tried(
            "deposit released",
            lambda: services.release_deposit(
                reference=reference, idempotency_key=self.key(), by=self.staff, amount=amount
            ),
        )

    def days_pass(self, which: int, number: int, *, yes: bool) -> None:
        self.hand.shift(timedelta(days=1 + number % 3))  # type: ignore[attr-defined]
        self.seen["kept part released"] += services.release_retained()

    def refund(self, which: int, number: int, *, yes: bool) -> None:
        """A part or all of what is prepaid; sometimes by staff, above the limit, in another way."""
        reference = self.reference(which)
        prepaid = ledger.balance(chart.customer_prepaid(reference))
        way = (RefundWay.ORIGINAL, RefundWay.CREDIT, RefundWay.TRANSFER, RefundWay.ORIGINAL)[number % 4]
        amount = prepaid if yes else prepaid // 2 + 1
        self.tried(
            f"refunded: {way}",
            lambda: services.refund(
                reference=reference,
                prepayment_amount=amount,
                deposit_amount=0,
                reason=RefundReason.OPERATOR_FAULT,
                idempotency_key=self.key(),
                by=self.staff if number % 3 else SYSTEM,
                way=way,
            ),
        )

    def decide_refund(self, which: int, number: int, *, yes: bool) -> None:
        row = self.one(Refund.objects.filter(state=RefundState.REQUESTED), which)
        if row is None:
            return
        if yes:
            self.tried("refund approved", lambda: services.approve_refund(refund=row, by=self.supervisor))
        else:
            self.tried(
                "refund rejected",
                lambda: services.reject_refund(refund=row, by=self.supervisor, reason="thử"),
            )

    def change_way(self, which: int, number: int, *, yes: bool) -> None:
        row = self.one(Refund.objects.all(), which)
        if row is not None:
            self.tried("refund became credit", lambda: services.refund_to_credit(refund=row, by=SYSTEM))

    def pay_by_hand(self, which: int, number: int, *, yes: bool) -> None:
        row = self.one(Refund.objects.filter(state=RefundState.BY_HAND), which)
        if row is None:
            return
        if row.way == RefundWay.CASH:
            self.tried(
                "paid out in cash", lambda: cash.pay_refund(refund=row, session=self.session, by=self.staff)
            )
        else:
            self.tried(
                "transferred by hand",
                lambda: services.settle_by_hand(
                    refund=row, bank_ref=f"FT{row.pk}", at=clock.now(), by=self.operator
                ),
            )

    def credit(self, which: int, number: int, *, yes: bool) -> None:
        """Take credit out; or take that back, or let finance transfer it."""
        payout = self.one(CreditPayout.objects.filter(state="waiting"), which)
        owner = self.payers[which % 3]
        if payout is None:
            amount = services.credit_of(owner) // 2
            self.tried(
                "credit taken out",
                lambda: services.pay_out_credit(
                    owner=owner, amount=amount, bank="VCB", number="0011002233", name="NGUYEN VAN A",
                    idempotency_key=self.key(), by=SYSTEM,
                ),
            )  # fmt: skip
        elif yes:
            self.tried(
                "credit transferred",
                lambda: services.settle_by_hand(
                    refund=payout, bank_ref=f"FT{payout.pk}", at=clock.now(), by=self.operator
                ),
            )
        else:
            self.tried("credit kept", lambda: services.cancel_payout(payout=payout, by=SYSTEM, reason="thử"))

    def give_credit(self, which: int, number: int, *, yes: bool) -> None:
        self.tried(
            "credit given",
            lambda: services.adjust(
                kind="credit",
                person=self.payers[which % 3],
                amount=100_000,
                reason="thử",
                idempotency_key=self.key(),
                by=self.operator,
            ),
        )

    def fine(self, which: int, number: int, *, yes: bool) -> None:
        reference = self.reference(which)
        charged = self.tried(
            "fined",
            lambda: charge_claim(
                claim=f"ticket:{next(self.numbers)}",
                payer=self.payer_of(reference),
                amount=150_000 + 50_000 * (number % 10),
                deposit_of=reference,
                description="",
                expires_at=clock.now() + timedelta(days=20),
                by=SYSTEM,
            ),
        )
        self.seen["fine is owed"] += bool(charged and charged.debt)

    def earn(self, which: int, number: int, *, yes: bool) -> None:
        """The service is done; what it cost above the prepaid money is owed, and asked for."""
        reference = self.reference(which)
        payer = self.payer_of(reference)
        net, vat = split_vat(100_000 + 50_000 * (number % 15), 800)
        self.tried(
            "earned",
            lambda: services.recognise_revenue(
                reference=reference,
                lines=[("rental", net, vat)],
                idempotency_key=self.key(),
                by=SYSTEM,
                payer=payer,
            ),
        )
        debt = ledger.debt_of_reference(user_ref=payer.public_id, reference=reference)
        if debt:
            services.create_intent(
                payer=payer, reference=reference, purpose="balance", prepayment_amount=debt, deposit_amount=0,
                expires_at=clock.now() + timedelta(days=30), idempotency_key=self.key(), by=SYSTEM,
            )  # fmt: skip

    def count_drawer(self, which: int, number: int, *, yes: bool) -> None:
        """Close the session, with a difference or without, and open the next."""
        self.hand.shift(timedelta(minutes=5))  # type: ignore[attr-defined]
        held = ledger.balance(chart.cash_drawer(self.drawer.code))
        found = max(0, held + (0, 1_000, -70_000)[number % 3])
        cash.start_count(session=self.session, by=self.staff)
        cash.hand_in_count(session=self.session, counts=notes_for(found), by=self.staff)
        closed = cash.close_session(session=self.session, by=self.staff, reason="thử")
        if closed.state == "disputed":
            cash.confirm_difference(session=closed, by=self.supervisor)
        self.session = cash.open_session(drawer=self.drawer, counts=notes_for(found), by=self.staff)
        self.seen["drawer counted"] += 1
        self.seen["drawer differs"] += found != held

    def file_comes(self, which: int, number: int, *, yes: bool) -> None:
        """A provider's file of today comes, twice, and is compared."""
        source = SETTLED[which % 3]
        lines = self.gateways[source].lines[clock.today()]
        if lines:
            content = settlement_file.write(lines)
            for _again in range(2):
                recon.import_settlement(
                    source=source, name="f.csv", content=content, by=SYSTEM, day=clock.today()
                )
            recon.reconcile(source=source, day=clock.today())
            self.seen["file settled"] += 1

    # --- Machines --------------------------------------------------------------------------------
    def ask(self, which: int, number: int, *, yes: bool) -> None:
        services.query_now(self.reference(which))

    def jobs(self, which: int, number: int, *, yes: bool) -> None:
        """Beat and workers; what failed comes again another time. No provider is left alone for long."""
        cache.delete_many([f"payments:resting:{code}" for code in self.gateways])
        PaymentAttempt.objects.filter(next_poll_at__isnull=False).update(next_poll_at=clock.now())
        Refund.objects.filter(next_poll_at__isnull=False).update(next_poll_at=clock.now())
        DepositHold.objects.filter(next_check_at__isnull=False).exclude(state=HoldState.HELD).update(
            next_check_at=clock.now()
        )
        services.poll_pending()
        services.poll_refunds()
        services.mind_holds()
        failed: set[int] = set()
        while True:
            rows = OutboxMessage.objects.filter(done_at=None, topic__startswith="payments.")
            row = rows.exclude(pk__in=failed).order_by("pk").first()
            if row is None:
                return
            try:
                # Not by the outbox, which would undo what a failed job has committed.
                outbox._handlers[row.topic](**row.payload)
            except DomainError:
                self.seen["job failed"] += 1
                failed.add(row.pk)
                continue
            OutboxMessage.objects.filter(pk=row.pk).update(done_at=clock.now())

    # --- The end ---------------------------------------------------------------------------------
    def come_to_rest(self) -> None:
        """All news arrives, providers answer again, all jobs are done."""
        for gateway in self.gateways.values():
            gateway.trouble = 0.0
        for _round in range(3):
            for fact in self.news:
                services.apply_fact(fact)
            self.jobs(0, 0, yes=True)
            for reference in self.references():
                services.query_now(reference)

    def states(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that facts may change."""
        return {
            "intents": list(
                PaymentIntent.objects.order_by("pk").values_list("pk", "state", "received_amount")
            ),
            "payments": list(Payment.objects.order_by("pk").values_list("pk", "amount")),
            "refunds": list(Refund.objects.order_by("pk").values_list("pk", "state")),
            "holds": list(DepositHold.objects.order_by("pk").values_list("pk", "state", "captured")),
            "deposits": list(Deposit.objects.order_by("pk").values_list("pk", "state", "amount", "released")),
            "disputes": list(Chargeback.objects.order_by("pk").values_list("pk", "state")),
            "paid": list(PaymentIntent.objects.filter(state__in=PAID_STATES).values_list("pk")),
        }
