"""The end of a booking: settled, cancelled, or given back because it came too late."""

from datetime import timedelta

from tests.simulation.paying import Paying
from tests.simulation.world import Stay


class Ending(Paying):
    """Bookings end."""

    def _settle(self, stay: Stay) -> None:
        from payments.intents import services
        from payments.intents.enums import PAID_STATES
        from payments.intents.models import PaymentIntent
        from payments.ledger import chart
        from payments.ledger import selectors as ledger
        from voltgo.core.actors import SYSTEM
        from voltgo.core.money import split_vat

        stay.is_over = True
        intent = PaymentIntent.objects.get(reference=stay.reference, purpose="booking")
        services.query_now(stay.reference)
        intent.refresh_from_db()
        if intent.state not in PAID_STATES:
            return
        prepaid = ledger.balance(chart.customer_prepaid(stay.reference))
        if stay.is_dead or prepaid < stay.rent:
            # Came after the booking had expired: all of it goes back.
            self._back(stay, "late_payment")
        elif self.rng.random() < 0.12:
            self.report.happened["cancelled with a fee"] += 1
            fee = stay.rent // 2
            net, vat = split_vat(fee, 800)
            services.recognise_revenue(
                reference=stay.reference, lines=[("fee", net, vat)], idempotency_key=stay.reference, by=SYSTEM
            )
            self._back(stay, "cancellation")
        else:
            self._return_vehicle(stay)

    def _back(self, stay: Stay, reason: str) -> None:
        from payments.intents import services
        from payments.ledger import chart
        from payments.ledger import selectors as ledger
        from voltgo.core.actors import SYSTEM

        services.release_deposit(reference=stay.reference, idempotency_key=f"{stay.reference}:d", by=SYSTEM)
        rest = ledger.balance(chart.customer_prepaid(stay.reference))
        if rest:
            services.refund(
                reference=stay.reference,
                prepayment_amount=rest,
                deposit_amount=0,
                reason=reason,
                idempotency_key=f"{stay.reference}:r",
                by=SYSTEM,
            )

    def _return_vehicle(self, stay: Stay) -> None:
        from payments.intents import services
        from payments.intents.models import Deposit
        from payments.ledger import chart
        from payments.ledger import selectors as ledger
        from voltgo.core import clock
        from voltgo.core.actors import SYSTEM
        from voltgo.core.money import split_vat

        reference = stay.reference
        net, vat = split_vat(stay.rent, 800)
        lines = [("rental", net, vat)]
        if self.rng.random() < 0.3:
            extra = self.rng.randrange(50, 1_500) * 1_000
            lines.append(("compensation", extra, 0))
            deposit = Deposit.objects.filter(reference=reference).first()
            taken = min(extra, deposit.remaining) if deposit else 0
            if taken:
                self.report.happened["deposit captured"] += 1
                services.capture_deposit(
                    reference=reference,
                    amount=taken,
                    settlement_line="1",
                    idempotency_key=reference,
                    by=SYSTEM,
                )
        services.recognise_revenue(
            reference=reference, lines=lines, idempotency_key=reference, by=SYSTEM, payer=stay.payer
        )
        if self.rng.random() < 0.5:
            until = clock.today() + timedelta(days=20)
            if services.retain_deposit(reference=reference, amount=500_000, until=until, by=SYSTEM):
                self.report.happened["kept for fines"] += 1
        services.release_deposit(reference=reference, idempotency_key=f"{reference}:d", by=SYSTEM)
        debt = ledger.debt_of_reference(user_ref=stay.payer.public_id, reference=reference)
        if debt:
            self.report.happened["debt asked for"] += 1
            intent = services.create_intent(
                payer=stay.payer,
                reference=reference,
                purpose="balance",
                prepayment_amount=debt,
                deposit_amount=0,
                expires_at=self._now() + timedelta(days=30),
                idempotency_key=f"{reference}:debt",
                by=SYSTEM,
            )
            ref, amount = self._start(intent, "vnpay")
            self._take("vnpay", ref, amount)
        rest = ledger.balance(chart.customer_prepaid(reference))
        if rest:
            self._back(stay, "surplus")
