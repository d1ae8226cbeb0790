"""Whether a month came out right."""

from collections import Counter
from datetime import date, timedelta

from tests.simulation.office import Office
from tests.simulation.world import EXPECTED_OF, NATURAL


class Judging(Office):
    """Everything ends, and is compared with what really happened."""

    def _finish(self) -> None:
        """Let everything that is under way come to its end."""
        from payments.intents.services.retention import release_retained

        for gateway in self.gateways.values():
            gateway.trouble = 0.0
        release_retained()
        self._decide_refunds()
        for round_number in range(8):
            self._jobs()
            self._pay_by_hand()
            self._go(self._now() + timedelta(hours=26))
            self._files((self._now() - timedelta(days=1)).date())
            if round_number == 3:
                self._open_drawer()
                self._close_drawer()

    def _decide_refunds(self) -> None:
        """A refund of a disputed payment waits for a person: what the bank took back is not returned twice."""
        from payments.intents import services
        from payments.intents.models import Refund

        for refund in Refund.objects.filter(state="requested").order_by("created_at"):
            self.report.happened["refund decided after a dispute"] += 1
            if refund.payment.chargebacks.filter(state="lost").exists():
                services.reject_refund(refund=refund, by=self.supervisor, reason="ngân hàng đã lấy lại")
            else:
                services.approve_refund(refund=refund, by=self.supervisor)

    def _judge(self) -> None:
        from payments.reconciliation.proof import prove_books

        proof = prove_books()
        self.report.entries = proof.entries
        self.report.problems += proof.problems
        self._judge_runs()
        self._judge_providers()
        self._judge_stays()
        self._judge_cash()

    def _judge_runs(self) -> None:
        from payments.reconciliation import services as recon
        from payments.reconciliation.models import ReconciliationItem, ReconciliationRun

        for source, day in ReconciliationRun.objects.values_list("source", "day").distinct():
            recon.reconcile(source=source, day=day, only_if_changed=True)
        found: Counter[tuple[str, date, str]] = Counter()
        runs = ReconciliationRun.objects.filter(is_current=True)
        for run in runs:
            if run.unexplained_amount:
                self.report.problems.append(f"{run}: {run.unexplained_amount} unexplained")
        for item in ReconciliationItem.objects.filter(run__in=runs).select_related("run"):
            if item.key == "unexplained":
                self.report.problems.append(f"{item.run}: a difference without a name")
            elif item.status not in NATURAL:
                found[item.run.source, item.run.day, item.status] += 1
        wanted = Counter({(s, d, EXPECTED_OF[kind]): n for (s, d, kind), n in self.put_in.items()})
        for name, number in (wanted - found).items():
            self.report.problems.append(f"put in and not named: {name} x{number}")
        for name, number in (found - wanted).items():
            self.report.problems.append(f"named and not put in: {name} x{number}")
        self.report.happened["discrepancies named"] = sum((wanted & found).values())

    def _judge_providers(self) -> None:
        """What providers took, returned and hold is what we booked, number by number."""
        from payments.intents.models import DepositHold, Payment, Refund

        for source, gateway in self.gateways.items():
            theirs = {fact.provider_ref: fact.amount for facts in gateway.paid.values() for fact in facts}
            theirs |= {held.ref: held.captured for held in gateway.holds.values() if held.state == "captured"}
            ours = dict(Payment.objects.filter(provider=source).values_list("provider_ref", "amount"))
            if theirs != ours:
                odd = sorted(set(theirs.items()) ^ set(ours.items()))[:5]
                self.report.problems.append(f"{source} took other money than we booked: {odd}")
            back = Refund.objects.filter(payment__provider=source, way="original", state="succeeded")
            if dict(gateway.refunds.values()) != dict(back.values_list("provider_ref", "amount")):
                self.report.problems.append(f"{source} returned other money than we booked")
            standing = {"held": "held", "captured": "captured", "ended": "ended"}
            for hold in DepositHold.objects.filter(provider=source):
                there = gateway.holds.get(hold.merchant_ref)
                if (standing[there.state] if there else "ended") != hold.state:
                    said = there.state if there else "nothing"
                    self.report.problems.append(f"{source} says {said} of {hold}, we say {hold.state}")
        open_refunds = Refund.objects.exclude(state__in=["succeeded", "rejected"])
        for refund in open_refunds[:5]:
            self.report.problems.append(f"refund {refund} of {refund.payment} is still {refund.state}")

    def _judge_stays(self) -> None:
        from payments.intents.models import Chargeback
        from payments.intents.selectors import balance_of

        for stay in self.stays:
            balance = balance_of(stay.reference)
            lost = Chargeback.objects.filter(reference=stay.reference, state="lost").exists()
            # What the bank took is the payer's debt, against which the rest of their money stays.
            if not balance.is_zero and not (lost and balance.debt):
                self.report.problems.append(f"{stay.reference} still has {balance}")

    def _judge_cash(self) -> None:
        from payments.ledger import chart
        from payments.ledger import selectors as ledger

        if ledger.balance(chart.CASH_DIFFERENCES) != -self.variances:
            self.report.problems.append("the drawer's differences are not what was put in")
