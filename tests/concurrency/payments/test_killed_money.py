"""A process is killed between any two steps of taking, holding, capturing or returning money over real HTTP.

Afterwards the jobs run again, and the provider tells again. Then our books are proved, and the provider's own store
says the same amounts: everything was paid, taken and returned once.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.users.models import User
from payments.gateways.sandbox.notifier import Mishap
from payments.intents import services
from payments.intents.enums import HoldState, IntentState, RefundReason, RefundState
from payments.intents.models import DepositHold, Payment, PaymentAttempt, PaymentIntent, Refund
from payments.ledger import chart
from payments.ledger.selectors import balance
from payments.reconciliation.proof import prove_books
from payments.webhooks.models import ProviderEvent
from tests.concurrency.payments import killing
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, RENT, make_intent
from tests.fakes import momo, stripe, vnpay
from voltgo.core import clock, http, outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.models import OutboxMessage

DAMAGE = 500_000
# Work with fewer steps was not watched.
FEWEST_STEPS = 2


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs wait in the outbox: who runs them is chosen here."""
    monkeypatch.setattr(outbox, "_send", lambda _message_id, _topic: None)


@pytest.fixture(autouse=True)
def _everything_loaded() -> None:
    """Load what a process loads only once, so that the many processes to come do not each do it."""
    http.client().close()
    Client().post("/webhooks/momo/")


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


@pytest.fixture
def momo_sandbox() -> Iterator[momo.Sandbox]:
    with momo.running_momo(on_start=lambda made: made.control.change({"drop": 999})) as running:
        yield running


@pytest.fixture
def vnpay_sandbox() -> Iterator[vnpay.Sandbox]:
    with vnpay.running_sandbox(on_start=lambda made: made.control.change({"drop": 999})) as running:
        yield running


@pytest.fixture
def stripe_sandbox() -> Iterator[stripe.StripeSandbox]:
    with stripe.running_stripe() as running:
        yield running


# --- What is done -----------------------------------------------------------------------------------
def start(intent: PaymentIntent, method: str) -> str:
    destination = services.start_payment(
        intent=intent, method=method, origin="http://x", ip_address="127.0.0.1", language="vi", by=SYSTEM
    )
    intent.refresh_from_db()
    return str(destination.url)


def pay(intent: PaymentIntent, method: str) -> None:
    """Let the payer pay on the provider's page; nobody has told us."""
    pages: dict[str, Callable[[str], object]] = {"momo": momo.pay, "vnpay": vnpay.pay, "stripe": stripe.pay}
    pages[method](start(intent, method))


def paid(intent: PaymentIntent, method: str) -> PaymentIntent:
    pay(intent, method)
    assert services.query_now(intent.reference)
    return intent


def run_jobs_after(last: int) -> None:
    """Run what payments has promised since, and what follows from that."""
    while True:
        open_jobs = OutboxMessage.objects.filter(pk__gt=last, done_at=None, topic__startswith="payments.")
        job = open_jobs.order_by("pk").first()
        if job is None:
            return
        assert outbox.run(job.pk)


def newest_job() -> int:
    return OutboxMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def back_to_work() -> None:
    """Beat and workers run again, until nothing is left to do."""
    for _round in range(3):
        now = clock.now()
        PaymentAttempt.objects.filter(next_poll_at__isnull=False).update(next_poll_at=now)
        Refund.objects.filter(next_poll_at__isnull=False).update(next_poll_at=now)
        DepositHold.objects.filter(next_check_at__isnull=False).exclude(state=HoldState.HELD).update(
            next_check_at=now
        )
        services.poll_pending()
        services.poll_refunds()
        services.mind_holds()
        run_jobs_after(0)


def die_everywhere(prepare: Callable[[int], Any], work: Callable[[Any], object]) -> list[Any]:
    """Do the same work again and again, and die one step later each time, until a process lives to its end.

    Returns what was prepared for each of them.
    """
    made: list[Any] = []
    life = killing.Life([], was_killed=True)
    while life.was_killed:
        made.append(prepare(len(made) + 1))
        life = killing.live(lambda: work(made[-1]), die_at=len(made))
    assert len(life.steps) == len(made) - 1 >= FEWEST_STEPS
    assert "commit" in life.steps
    return made


def prove() -> None:
    assert prove_books().problems == []
    assert not OutboxMessage.objects.filter(done_at=None, topic__startswith="payments.").exists()


# --- Paying -----------------------------------------------------------------------------------------
def test_killed_while_opening_a_payment_the_payer_pays_once(momo_sandbox: momo.Sandbox, payer: User) -> None:
    intents = die_everywhere(
        lambda number: make_intent(payer=payer, reference=f"order:OPEN-{number}"),
        lambda intent: start(intent, "momo"),
    )

    for intent in intents:
        momo.pay(start(intent, "momo"))
    back_to_work()

    assert len(momo_sandbox.store.find("order")) == len(intents)
    assert [intent.attempts.count() for intent in intents] == [1] * len(intents)
    assert Payment.objects.count() == len(intents)
    assert balance(chart.psp_clearing("momo")) == len(intents) * (RENT + DEPOSIT)
    prove()


def test_killed_while_taking_in_a_notification_the_money_is_booked_once(
    momo_sandbox: momo.Sandbox, payer: User
) -> None:
    def prepare(number: int) -> tuple[PaymentIntent, bytes]:
        intent = make_intent(payer=payer, reference=f"order:TOLD-{number}")
        pay(intent, "momo")
        said = momo_sandbox.callback(str(intent.merchant_ref), {}, Mishap())
        assert said is not None
        return intent, said.body

    def deliver(told: tuple[PaymentIntent, bytes]) -> None:
        answer = Client().post("/webhooks/momo/", told[1], content_type="application/json")
        assert answer.status_code == 204

    made = die_everywhere(prepare, deliver)
    # MoMo tells half of them again; of the others only the poll finds out.
    for told in made[::2]:
        deliver(told)
    back_to_work()
    for told in made:
        deliver(told)

    assert Payment.objects.count() == len(made)
    assert {intent.state for intent in PaymentIntent.objects.all()} == {IntentState.SUCCEEDED}
    assert not ProviderEvent.objects.exclude(result__in=["recorded", "repeated"]).exists()
    taken = [order["amount"] for order in momo_sandbox.store.find("order", code=0)]
    assert balance(chart.psp_clearing("momo")) == sum(taken) == len(made) * (RENT + DEPOSIT)
    prove()


def test_killed_while_asking_the_money_is_booked_once(vnpay_sandbox: vnpay.Sandbox, payer: User) -> None:
    def prepare(number: int) -> PaymentIntent:
        intent = make_intent(payer=payer, reference=f"order:ASKED-{number}")
        pay(intent, "vnpay")
        return intent

    intents = die_everywhere(prepare, lambda intent: services.query_now(intent.reference))
    back_to_work()

    assert Payment.objects.count() == len(intents)
    assert balance(chart.psp_clearing("vnpay")) == len(intents) * (RENT + DEPOSIT)
    assert len([row for row in vnpay_sandbox.store.recent_payments() if row["outcome"]]) == len(intents)
    prove()


# --- Returning --------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["vnpay", "momo"])
def test_killed_while_returning_money_it_goes_back_once(
    method: str, momo_sandbox: momo.Sandbox, vnpay_sandbox: vnpay.Sandbox, payer: User
) -> None:
    def give_back(intent: PaymentIntent) -> None:
        services.refund(
            reference=intent.reference,
            prepayment_amount=RENT // 2,
            deposit_amount=DEPOSIT,
            reason=RefundReason.CANCELLATION,
            idempotency_key=f"back:{intent.reference}",
            by=SYSTEM,
        )

    def work(intent: PaymentIntent) -> None:
        last = newest_job()
        give_back(intent)
        run_jobs_after(last)

    intents = die_everywhere(
        lambda number: paid(make_intent(payer=payer, reference=f"order:BACK-{number}"), method), work
    )
    for intent in intents:
        give_back(intent)
    back_to_work()

    assert [row.state for row in Refund.objects.all()] == [RefundState.SUCCEEDED] * len(intents)
    if method == "momo":
        theirs = [row["refunds"] for row in momo_sandbox.store.find("order")]
    else:
        store = vnpay_sandbox.store
        theirs = [store.refunds(row["token"]) for row in store.recent_payments()]
    # VNPay counts in hundredths.
    unit = 100 if method == "vnpay" else 1
    returned = [[refund["amount"] // unit for refund in refunds] for refunds in theirs]
    assert returned == [[RENT // 2 + DEPOSIT]] * len(intents)
    assert balance(chart.psp_clearing(method)) == len(intents) * RENT // 2
    assert balance(chart.refund_clearing(method)) == 0
    prove()


# --- Holding and taking -----------------------------------------------------------------------------
def test_killed_while_holding_a_deposit_it_is_held_once(
    stripe_sandbox: stripe.StripeSandbox, payer: User
) -> None:
    def prepare(number: int) -> tuple[PaymentIntent, int]:
        last = newest_job()
        return paid(make_intent(payer=payer, reference=f"order:HOLD-{number}"), "stripe"), last

    made = die_everywhere(prepare, lambda made: run_jobs_after(made[1]))
    back_to_work()

    assert [hold.state for hold in DepositHold.objects.all()] == [HoldState.HELD] * len(made)
    there = stripe_sandbox.store.find("payment_intent", capture_method="manual")
    assert Counter(row["status"] for row in there) == {"requires_capture": len(made)}
    assert balance(chart.psp_clearing("stripe")) == len(made) * RENT
    prove()


def settle_with_damage(reference: str) -> None:
    """Take a part of the deposit and let the rest go, as the counter does."""
    services.capture_deposit(
        reference=reference, amount=DAMAGE, settlement_line="damage", idempotency_key=reference, by=SYSTEM
    )
    services.release_deposit(reference=reference, idempotency_key=f"rest:{reference}", by=SYSTEM)


def take_a_part(intent: PaymentIntent) -> None:
    last = newest_job()
    settle_with_damage(intent.reference)
    run_jobs_after(last)


def test_killed_while_taking_a_part_of_a_hold_it_is_taken_once(
    stripe_sandbox: stripe.StripeSandbox, payer: User
) -> None:
    def prepare(number: int) -> PaymentIntent:
        last = newest_job()
        intent = paid(make_intent(payer=payer, reference=f"order:TAKE-{number}"), "stripe")
        run_jobs_after(last)
        return intent

    intents = die_everywhere(prepare, take_a_part)
    for intent in intents:
        settle_with_damage(intent.reference)
    back_to_work()

    holds = DepositHold.objects.all()
    assert [(hold.state, hold.captured) for hold in holds] == [(HoldState.CAPTURED, DAMAGE)] * len(intents)
    there = stripe_sandbox.store.find("payment_intent", capture_method="manual")
    assert [row["amount_received"] for row in there] == [DAMAGE] * len(intents)
    booked = sum(row["amount"] for row in stripe_sandbox.store.find("balance_transaction"))
    assert balance(chart.psp_clearing("stripe")) == booked == len(intents) * (RENT + DAMAGE)
    assert balance(chart.hold_clearing("stripe")) == 0
    prove()


def test_killed_while_taking_all_of_a_hold_the_rest_goes_back_once(
    momo_sandbox: momo.Sandbox, payer: User
) -> None:
    """MoMo takes a hold whole, so that what was not needed is returned afterwards."""

    def prepare(number: int) -> PaymentIntent:
        asked = make_intent(
            payer=payer, reference=f"order:WHOLE-{number}", prepayment_amount=0, purpose="deposit"
        )
        return paid(asked, "momo")

    intents = die_everywhere(prepare, take_a_part)
    for intent in intents:
        settle_with_damage(intent.reference)
    back_to_work()

    holds = DepositHold.objects.all()
    assert [(hold.state, hold.captured) for hold in holds] == [(HoldState.CAPTURED, DEPOSIT)] * len(intents)
    orders = momo_sandbox.store.find("order")
    assert [order["code"] for order in orders] == [0] * len(intents)
    returned = [[refund["amount"] for refund in order["refunds"]] for order in orders]
    assert returned == [[DEPOSIT - DAMAGE]] * len(intents)
    assert balance(chart.psp_clearing("momo")) == len(intents) * DAMAGE
    assert balance(chart.hold_clearing("momo")) == balance(chart.refund_clearing("momo")) == 0
    prove()
