"""Deposits on cards as tests need them: paid with a kept card, or held by the payer's own visit."""

from datetime import timedelta
from typing import Any

from accounts.users.models import User
from payments.gateways.base import FactKind, ProviderFact
from payments.intents import services
from payments.intents.models import Deposit, DepositHold, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger import selectors as ledger
from tests.factories.payments import REFERENCE, make_intent
from tests.fakes.cards import CARD, CODE, Cards
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.errors import DomainError
from voltgo.core.models import OutboxMessage

STAFF = Actor(ActorKind.STAFF, "U-STAFF", "Quang Huy")
SUPERVISOR = Actor(ActorKind.SUPERVISOR, "U-SUPER", "Thu Hà")


def start_with_card(intent: PaymentIntent) -> str:
    """Send the payer to the cards; return the attempt's reference."""
    services.start_payment(
        intent=intent, method=CODE, origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
    )
    intent.refresh_from_db()
    assert intent.merchant_ref is not None
    return intent.merchant_ref


def pay_with_card(payer: User, *, keeps: bool = True, **fields: Any) -> PaymentIntent:
    """Pay the rent with a card that is kept for the deposit."""
    intent = make_intent(payer=payer, **fields)
    reference = start_with_card(intent)
    services.apply_fact(
        ProviderFact(
            CODE,
            FactKind.SUCCEEDED,
            reference,
            provider_ref=f"pi_{reference}",
            amount=intent.prepayment_amount,
            instrument=CARD if keeps else None,
        )
    )
    intent.refresh_from_db()
    return intent


def hold_deposit_on_card(payer: User, **fields: Any) -> DepositHold:
    """Pay the rent, and let the jobs place the hold."""
    pay_with_card(payer, **fields)
    run_jobs()
    return DepositHold.objects.latest("pk")


def ask_deposit_only(payer: User, **fields: Any) -> PaymentIntent:
    return make_intent(payer=payer, prepayment_amount=0, purpose="deposit", **fields)


def capture(amount: int, key: str = "damage:1") -> Deposit:
    return services.capture_deposit(
        reference=REFERENCE, amount=amount, settlement_line="Xước cản trước", idempotency_key=key, by=STAFF
    )


def the_deposit() -> Deposit:
    return Deposit.objects.get(reference=REFERENCE)


def release(amount: int | None = None) -> Refund | None:
    return services.release_deposit(reference=REFERENCE, amount=amount, idempotency_key="release:1", by=STAFF)


def due_now(hold: DepositHold) -> None:
    DepositHold.objects.filter(pk=hold.pk).update(next_check_at=clock.now() - timedelta(seconds=1))


def check_books(cards: Cards | None = None) -> None:
    """Prove the ledger, and that deposit and holds say the same as it, and the provider the same as we."""
    assert ledger.prove().holds
    for deposit in Deposit.objects.all():
        if deposit.state not in {"due", "waived"}:
            assert ledger.balance(chart.deposit_liability(deposit.reference)) == deposit.money
        assert 0 <= deposit.retained <= deposit.remaining or deposit.state == "due"
        assert deposit.on_hold >= 0
    for hold in DepositHold.objects.all():
        assert 0 <= hold.captured <= hold.amount
    if cards is None:
        return
    for hold in DepositHold.objects.all():
        there = cards.holds.get(hold.merchant_ref)
        said = there.state if there else "unknown"
        expected = {
            "planned": {"unknown"},
            "held": {"held"},
            "captured": {"captured"},
            "ended": {"ended", "unknown", "declined"},
            "expired": {"ended"},
            "failed": {"declined", "ended"},
        }
        assert said in expected[hold.state], (hold.state, said)
        assert hold.captured == (there.captured if there else 0)


def run_jobs() -> int:
    """Run what the outbox promises until nothing new comes; a job that fails keeps what it has committed.

    The outbox itself runs a job within the test's transaction and would undo all of a failed one.
    """
    done, failed = 0, set[int]()
    while True:
        rows = OutboxMessage.objects.filter(done_at=None, dead_at=None).exclude(pk__in=failed)
        row = rows.order_by("pk").first()
        if row is None:
            return done
        try:
            outbox._handlers[row.topic](**row.payload)
        except DomainError:
            failed.add(row.pk)
            continue
        OutboxMessage.objects.filter(pk=row.pk).update(done_at=clock.now())
        done += 1


def finish(cards: Cards) -> None:
    """Let time pass and run the jobs until nothing is left to do; calls that failed work again."""
    cards.failing.clear()
    for _ in range(3):
        undone = DepositHold.objects.filter(next_check_at__isnull=False).exclude(
            state__in=["held", "planned"]
        )
        undone.update(next_check_at=clock.now())
        services.mind_holds()
        run_jobs()
