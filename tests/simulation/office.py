"""The counter's drawer, and finance with its files."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from tests.simulation.ending import Ending
from tests.simulation.world import EXPECTED_OF, FIRST_DAY, void

# In the drawer in the morning.
FLOAT = 20_000_000


class Office(Ending):
    """Cash is counted, files are imported, days are compared."""

    def _notes(self, amount: int) -> dict[str, int]:
        from payments.cash.denominations import NOTES

        counts = {}
        for note in NOTES:
            counts[str(note)], amount = divmod(amount, note)
        return {note: number for note, number in counts.items() if number}

    def _open_drawer(self) -> None:
        from payments.cash import services as cash
        from payments.ledger import chart
        from payments.ledger import selectors as ledger

        left = ledger.balance(chart.cash_drawer(self.drawer.code))
        # Headquarters brings what the refunds of the day may need.
        brought = max(0, FLOAT - left) // 1_000_000 * 1_000_000
        self.session = cash.open_session(
            drawer=self.drawer, counts=self._notes(left + brought), by=self.staff, float_in=brought
        )

    def _pay_cash(self, intent: Any) -> None:
        from payments.cash import services as cash

        self.report.happened["paid in cash"] += 1
        for _ in range(self.rng.randrange(1, 3)):
            cash.take_payment(
                intent=intent,
                session=self.session,
                tendered=intent.amount + 100_000,
                by=self.staff,
                idempotency_key=f"press:{intent.pk}",
            )

    def _close_drawer(self) -> None:
        from payments.cash import services as cash
        from payments.intents.models import Refund
        from payments.ledger import chart
        from payments.ledger import selectors as ledger

        for refund in Refund.objects.filter(payment__provider="cash", state="by_hand").order_by("pk"):
            if refund.amount <= ledger.balance(chart.cash_drawer(self.drawer.code)):
                self.report.happened["paid out in cash"] += 1
                cash.pay_refund(refund=refund, session=self.session, by=self.staff)
        held = ledger.balance(chart.cash_drawer(self.drawer.code))
        if held > 2 * FLOAT:
            bag = f"BAG{next(self.numbers):07d}"
            amount = (held - FLOAT) // 1_000_000 * 1_000_000
            cash.drop_cash(
                session=self.session, amount=amount, bag_number=bag, by=self.staff, idempotency_key=bag
            )
            self.report.happened["cash dropped"] += 1
            self._in(14 * 60, lambda: void(self.bank.book(amount, f"NOP TIEN {bag}", "VOLTGO")))
            held -= amount
        wrong = self.rng.choice((0, 0, 0, 0, -50_000, 10_000, -2_000)) if held > 100_000 else 0
        cash.start_count(session=self.session, by=self.staff)
        cash.hand_in_count(session=self.session, counts=self._notes(held + wrong), by=self.staff)
        session = cash.close_session(
            session=self.session, by=self.staff, reason="đếm lại hai lần" if wrong else ""
        )
        if session.state == "disputed":
            cash.confirm_difference(session=session, by=self.supervisor)
        if wrong:
            self.report.happened["cash variance"] += 1
            self.variances += wrong

    # --- Finance ---------------------------------------------------------------------------------
    def _pay_by_hand(self) -> None:
        """Finance transfers what no provider returns; the statement of the day closes it."""
        from payments.intents.models import Refund

        waiting = Refund.objects.filter(state="by_hand").exclude(payment__provider="cash").exclude(memo="")
        for refund in waiting.order_by("pk"):
            if refund.pk not in self.paid_by_hand:
                self.paid_by_hand.add(refund.pk)
                self.report.happened["returned by hand"] += 1
                self.bank.book(-refund.amount, refund.memo, "NGUOI TRA")

    def _files(self, day: date) -> None:
        """Import what providers and the bank say of a day, twice, and compare."""
        from payments.gateways import settlement_file
        from payments.reconciliation import services as recon
        from payments.reconciliation.services.payouts import day_sums
        from voltgo.core.actors import SYSTEM

        if day < FIRST_DAY:
            return
        for source in ("vnpay", "momo", "stripe"):
            lines = self._careless(source, day)
            if lines:
                content = settlement_file.write(lines)
                for _ in range(2):
                    recon.import_settlement(
                        source=source, name=f"{source}-{day}.csv", content=content, by=SYSTEM, day=day
                    )
                recon.reconcile(source=source, day=day)
                net = sum(row.net for row in day_sums(source, [day]))
                if net:
                    # Paid an hour after the file, as far as it goes.
                    self._in(60, partial(self.bank.book, net, f"{source} thanh toan", source.upper()))
        if self.bank.rows[day]:
            for _ in range(2):
                recon.import_statement(name=f"bank-{day}.csv", content=self.bank.statement(day), by=SYSTEM)
            recon.settle_bank_lines()
            recon.reconcile(source="bank", day=day)

    def _careless(self, source: str, day: date) -> list[Any]:
        """Return a day's lines with a discrepancy of one kind put into some of the files."""
        from payments.gateways.base import LineKind, SettledLine

        lines = list(self.gateways[source].lines[day])
        payments = [n for n, line in enumerate(lines) if line.kind is LineKind.PAYMENT]
        if len(payments) < 3 or self.rng.random() < 0.5:
            return lines
        kind = self.rng.choice(sorted(EXPECTED_OF))
        at = self.rng.choice(payments)
        self.put_in[source, day, kind] += 1
        self.report.happened[f"file: {kind}"] += 1
        match kind:
            case "missing":
                del lines[at]
            case "extra":
                noon = self._at(day, 12)
                lines.append(
                    SettledLine(LineKind.PAYMENT, f"X{day:%y%m%d}", f"NOBODY{day:%y%m%d}", 777_000, 0, noon)
                )
            case "amount":
                lines[at] = replace(lines[at], amount=lines[at].amount + 1_000)
            case "fee":
                lines[at] = replace(lines[at], fee=lines[at].fee + 500)
            case "repeated":
                lines.append(lines[at])
        return lines
