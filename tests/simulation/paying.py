"""Payers and the news of their money."""

from datetime import date, timedelta
from typing import Any

from tests.simulation.world import METHODS, Stay, World, void


class Paying(World):
    """Bookings are made and paid, in every way that goes wrong."""

    def _book(self, day: date) -> None:
        from payments.intents import services
        from voltgo.core.actors import SYSTEM

        number = next(self.numbers)
        stay = Stay(
            reference=f"sim:{number:06d}",
            payer=self.rng.choice(self.payers),
            rent=self.rng.randrange(300, 2_000) * 1_000,
            deposit=self.rng.randrange(10, 50) * 100_000,
            ends_on=day + timedelta(days=self.rng.randrange(3)),
        )
        self.stays.append(stay)
        intent = services.create_intent(
            payer=stay.payer,
            reference=stay.reference,
            purpose="booking",
            prepayment_amount=stay.rent,
            deposit_amount=stay.deposit,
            expires_at=self._now() + timedelta(minutes=15),
            idempotency_key=f"sim:{number}",
            by=SYSTEM,
        )
        self._pay(stay, intent)
        self._in(15.5, lambda: self._expire(stay))

    def _method(self) -> str:
        return self.rng.choices(list(METHODS), list(METHODS.values()))[0]

    def _pay(self, stay: Stay, intent: Any) -> None:
        method, luck = self._method(), self.rng.random()
        if method == "cash":
            self._pay_cash(intent)
            return
        ref, amount = self._start(intent, method)
        gateway = self.gateways[method]
        if luck < 0.05:
            self.report.happened["payer gave up"] += 1
        elif luck < 0.12:
            self.report.happened["first try failed"] += 1
            self._tell(self._failed(gateway, ref))
            other, asked = self._start(intent, "vnpay")
            self._take("vnpay", other, asked)
        elif luck < 0.15:
            self.report.happened["paid too late"] += 1
            self._in(self.rng.randrange(17, 60), lambda: self._take(method, ref, amount))
        elif luck < 0.18:
            self.report.happened["paid twice in two ways"] += 1
            other, asked = self._start(intent, "vnpay")
            self._take(method, ref, amount)
            self._take("vnpay", other, asked)
        elif method == "payos" and luck < 0.30:
            self.report.happened["transfer in two parts"] += 1
            self._take(method, ref, amount // 3)
            self._in(self.rng.randrange(1, 12), lambda: self._take(method, ref, amount - amount // 3))
        elif method == "payos" and luck < 0.36:
            self.report.happened["transfer of too little"] += 1
            self._take(method, ref, amount // 2)
        elif method == "payos" and luck < 0.42:
            self.report.happened["transfer of too much"] += 1
            self._take(method, ref, amount + 50_000)
        elif method == "payos" and luck < 0.46:
            self.report.happened["transferred twice"] += 1
            self._take(method, ref, amount)
            self._take(method, ref, amount)
        else:
            self._take(method, ref, amount)

    def _start(self, intent: Any, method: str) -> tuple[str, int]:
        from payments.intents import services
        from voltgo.core.actors import SYSTEM

        services.start_payment(
            intent=intent,
            method=method,
            origin="https://sim",
            ip_address="127.0.0.1",
            language="vi",
            by=SYSTEM,
        )
        attempt = intent.attempts.order_by("-number").first()
        return attempt.merchant_ref, attempt.amount

    def _take(self, method: str, merchant_ref: str, amount: int) -> None:
        """Let the provider take the money, and the news of it find its way or not."""
        from django.conf import settings

        from payments.gateways import vietqr
        from payments.gateways.payos import protocol as payos

        ref = ""
        if method == "payos":
            # Whoever tells us of a transfer names it by the bank's number.
            number = self.bank.book(amount, vietqr.memo_of(merchant_ref), "NGUOI TRA")
            ref = payos.transfer_ref(settings.BANK_ACCOUNT["NUMBER"], number)
        fact = self.gateways[method].pay(merchant_ref, amount, ref=ref)
        self._tell(fact)
        if method == "stripe" and self.rng.random() < 0.03:
            self._in(2 * 1440, lambda: self._dispute(merchant_ref))

    def _tell(self, fact: Any) -> None:
        from payments.intents import services

        luck = self.rng.random()
        if luck < 0.10:
            self.report.happened["notification lost"] += 1
            return
        times = self.rng.randrange(2, 6) if luck < 0.25 else 1
        if times > 1:
            self.report.happened["notification repeated"] += times - 1
        for _ in range(times):
            if self.rng.random() < 0.2:
                self.report.happened["notification delayed"] += 1
                self._in(self.rng.choice((1, 5, 20, 300, 2_000)), lambda: void(services.apply_fact(fact)))
            else:
                services.apply_fact(fact)

    def _failed(self, gateway: Any, merchant_ref: str) -> Any:
        from payments.gateways.base import FactKind, ProviderFact

        return ProviderFact(gateway.code, FactKind.FAILED, merchant_ref, code="24")

    def _expire(self, stay: Stay) -> None:
        from payments.intents import services

        services.query_now(stay.reference)
        if services.expire_intents(stay.reference):
            self.report.happened["booking expired"] += 1
            stay.is_dead = True

    def _dispute(self, merchant_ref: str) -> None:
        from payments.gateways.base import FactKind
        from payments.intents.models import Payment

        if not Payment.objects.filter(merchant_ref=merchant_ref, provider="stripe").exists():
            return
        number = f"dp_{merchant_ref}"
        gateway = self.gateways["stripe"]
        self.report.happened["dispute opened"] += 1
        self._tell_surely(gateway.dispute(merchant_ref, FactKind.DISPUTE_OPENED, number))
        verdict = self.rng.choice((FactKind.DISPUTE_WON, FactKind.DISPUTE_LOST))
        self.report.happened[verdict.value.replace("_", " ")] += 1
        self._in(2 * 1440, lambda: self._tell_surely(gateway.dispute(merchant_ref, verdict, number)))

    def _tell_surely(self, fact: Any) -> None:
        from payments.intents import services

        for _ in range(self.rng.randrange(1, 4)):
            services.apply_fact(fact)
