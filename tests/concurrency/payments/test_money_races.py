"""Many at once: one entry, one winner, no deadlock."""

import time
from collections import Counter
from typing import Any

import httpx
import pytest
from pytest_django.live_server_helper import LiveServer

from accounts.users.models import User
from payments.gateways.base import FactResult
from payments.intents import selectors, services
from payments.intents.enums import IntentState, RefundReason
from payments.intents.errors import DepositTooSmall, RefundTooLarge
from payments.intents.models import Deposit, Payment, Refund
from payments.invoices.documents import ReceiptLine
from payments.invoices.models import Receipt
from payments.invoices.services import issue_receipt
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.ledger import services as posting
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from payments.webhooks.models import ProviderEvent
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, fact_of, make_intent, make_paid_intent, start
from tests.fakes.vnpay import pay, running_sandbox
from voltgo.core.actors import SYSTEM


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


def kinds(results: list[Any]) -> Counter[str]:
    """Count results by the name of their error, or as "ok"."""
    return Counter(type(result).__name__ if isinstance(result, Exception) else "ok" for result in results)


def test_the_notification_sent_20_times_at_once_over_http_is_one_entry(
    live_server: LiveServer, payer: User
) -> None:
    intent = make_intent(payer=payer)
    with running_sandbox(f"{live_server.url}/webhooks/vnpay/ipn") as sandbox:
        # The notification itself is lost on the way, so that the twenty are the first to arrive.
        sandbox.control.drop = 10
        url = pay(start(intent))
        message = httpx.URL(url).query.decode()

        def call(_number: int) -> str:
            response = httpx.get(f"{live_server.url}/webhooks/vnpay/ipn?{message}", timeout=60)
            return str(response.json()["RspCode"])

        answers = Counter(str(result) for result in race(20, call))
    assert answers == {"00": 1, "02": 19}
    assert LedgerEntry.objects.count() == 1
    assert Payment.objects.count() == 1
    event = ProviderEvent.objects.get()
    assert (event.deliveries, event.result) == (20, "recorded")
    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED


def test_notification_copies_of_the_provider_itself_are_one_entry(
    live_server: LiveServer, payer: User
) -> None:
    intent = make_intent(payer=payer)
    with running_sandbox(f"{live_server.url}/webhooks/vnpay/ipn") as sandbox:
        sandbox.control.duplicate = 9
        pay(start(intent))
        answers: list[str] = []
        for _ in range(100):
            answers = [line["answer"] for line in sandbox.store.log() if line["event"] == "callback"]
            if len(answers) == 10:
                break
            time.sleep(0.05)
    assert Counter(answers) == {"00": 1, "02": 9}
    assert LedgerEntry.objects.count() == 1


def test_poll_notification_and_return_at_once_are_one_entry(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    fact = fact_of(intent)
    results = race(12, lambda _number: services.apply_fact(fact))
    outcomes = Counter(result.outcome.value for result in results if isinstance(result, FactResult))
    assert outcomes == {"recorded": 1, "repeated": 11}
    assert LedgerEntry.objects.count() == 1


def test_two_payments_of_one_intent_at_once_are_one_success_and_one_surplus(payer: User) -> None:
    intent = make_intent(payer=payer)
    start(intent)
    facts = [fact_of(intent, provider_ref=f"1400000{number}") for number in range(2)]
    results = race(2, lambda number: services.apply_fact(facts[number]))
    outcomes = Counter(result.outcome.value for result in results if isinstance(result, FactResult))
    assert outcomes == {"recorded": 1, "surplus": 1}
    assert selectors.balance_of(REFERENCE) == selectors.ReferenceBalance(RENT, DEPOSIT, 0, 0)
    assert ledger.prove().holds


def test_twelve_captures_of_more_than_half_have_one_winner(payer: User) -> None:
    make_paid_intent(payer=payer, deposit_amount=1_000_000)

    def capture(number: int) -> Deposit:
        return services.capture_deposit(
            reference=REFERENCE,
            amount=600_000,
            settlement_line="Xước cản trước",
            idempotency_key=f"damage:{number}",
            by=SYSTEM,
        )

    assert kinds(race(12, capture)) == {"ok": 1, DepositTooSmall.__name__: 11}
    assert Deposit.objects.get().captured == 600_000
    assert selectors.balance_of(REFERENCE).deposit == 400_000


def test_one_capture_clicked_twelve_times_is_one(payer: User) -> None:
    make_paid_intent(payer=payer)
    results = race(
        12,
        lambda _number: services.capture_deposit(
            reference=REFERENCE, amount=600_000, settlement_line="x", idempotency_key="damage", by=SYSTEM
        ),
    )
    assert kinds(results) == {"ok": 12}
    assert Deposit.objects.get().captured == 600_000


def test_two_staff_who_refund_everything_at_once_refund_it_once(payer: User) -> None:
    make_paid_intent(payer=payer)

    def give_back(number: int) -> Refund:
        return services.refund(
            reference=REFERENCE,
            prepayment_amount=RENT,
            deposit_amount=DEPOSIT,
            reason=RefundReason.CANCELLATION,
            idempotency_key=f"cancel:{number}",
            by=SYSTEM,
        )

    assert kinds(race(2, give_back)) == {"ok": 1, RefundTooLarge.__name__: 1}
    assert Refund.objects.get().amount == 4_200_000
    assert selectors.balance_of(REFERENCE).is_zero


def test_capture_and_release_at_once_never_spend_the_deposit_twice(payer: User) -> None:
    make_paid_intent(payer=payer)

    def either(number: int) -> object:
        if number % 2:
            return services.release_deposit(reference=REFERENCE, idempotency_key=f"r:{number}", by=SYSTEM)
        return services.capture_deposit(
            reference=REFERENCE, amount=DEPOSIT, settlement_line="x", idempotency_key=f"c:{number}", by=SYSTEM
        )

    race(8, either)
    deposit = Deposit.objects.get()
    assert deposit.captured + deposit.released == DEPOSIT
    assert {deposit.captured, deposit.released} == {0, DEPOSIT}
    assert selectors.balance_of(REFERENCE).deposit == 0
    assert ledger.prove().holds


def test_one_key_posted_20_times_at_once_is_one_entry() -> None:
    lines = [(chart.psp_clearing("vnpay"), 500), (chart.customer_prepaid("order:A"), -500)]
    results = race(
        20,
        lambda _number: posting.post(
            kind=EntryKind.PAYMENT, key="paid:1", reference="order:A", lines=lines, by=SYSTEM
        ),
    )
    assert {getattr(result, "pk", result) for result in results} == {LedgerEntry.objects.get().pk}
    assert ledger.balance(chart.customer_prepaid("order:A")) == 500


def test_moves_between_the_same_accounts_in_both_directions_do_not_deadlock() -> None:
    one, two = chart.customer_prepaid("order:A"), chart.customer_prepaid("order:B")
    source = chart.psp_clearing("vnpay")
    posting.post(
        kind=EntryKind.PAYMENT,
        key="paid",
        reference="order:A",
        lines=[(source, 2_000_000), (one, -1_000_000), (two, -1_000_000)],
        by=SYSTEM,
    )

    def move(number: int) -> None:
        first, second = (one, two) if number % 2 else (two, one)
        for step in range(10):
            posting.post(
                kind=EntryKind.PAYMENT,
                key=f"move:{number}:{step}",
                reference="order:A",
                lines=[(first, 1_000), (second, -1_000)],
                by=SYSTEM,
            )

    assert kinds(race(8, move)) == {"ok": 8}
    assert ledger.balance(one) == ledger.balance(two) == 1_000_000
    assert ledger.prove().holds


def test_receipts_issued_at_once_are_numbered_without_gaps(payer: User) -> None:
    def issue(number: int) -> Receipt:
        return issue_receipt(
            reference=f"order:{number % 6}",
            payer=payer,
            lines=[ReceiptLine("Thuê xe", "Rental", 100_000, 800)],
            title=("Thuê xe", "Rental"),
            details=[],
            paid_by=[],
            by=SYSTEM,
        )

    assert kinds(race(12, issue)) == {"ok": 12}
    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    assert [number[-6:] for number in numbers] == [f"{number:06d}" for number in range(1, 7)]


def test_intents_created_at_once_with_one_key_are_one(payer: User) -> None:
    results = race(10, lambda _number: make_intent(payer=payer, idempotency_key="booking:1").pk)
    assert len(set(results)) == 1
    assert kinds(results) == {"ok": 10}
