"""What may happen to money: payers, their banks, staff, jobs and careless providers, each as one event.

An event does nothing where it does not fit, or where our own services refuse it.
"""

from datetime import timedelta
from typing import Any

from django.core.cache import cache

from payments.cash import services as cash
from payments.gateways import settlement_file
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import services
from payments.intents.enums import PAID_STATES, HoldState, RefundReason, RefundState, RefundWay
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
from tests.factories.cash import notes_for
from tests.integration.payments.invariants.payers import METHODS, SETTLED, TROUBLE, Payers
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import DomainError
from voltgo.core.models import OutboxMessage
from voltgo.core.money import split_vat


class World(Payers):
    """And what we do about it: counter, office, jobs."""

    def open(self) -> None:
        super().open()
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
