"""A deposit on a card from the first payment to the last capture: our books, the local Stripe and its messages."""

from collections.abc import Iterator

import httpx
import pytest

from accounts.users.models import User
from payments.cases.models import MoneyCase
from payments.gateways.errors import OutcomeUnknown
from payments.gateways.sandbox.notifier import Mishap
from payments.intents import services
from payments.intents.enums import DepositState, HoldState, IntentState
from payments.intents.models import Deposit, DepositHold, OutboundCall, PaymentIntent
from payments.intents.services import hold_calls
from payments.ledger import chart
from payments.ledger.models import LedgerEntry
from payments.ledger.selectors import balance
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent
from tests.fakes.stripe import StripeSandbox, pay, running_stripe
from tests.integration.payments.webhooks.test_stripe_webhook import deliver, deliver_all, numbers, start
from voltgo.core import http, outbox
from voltgo.core.actors import SYSTEM

DAY = 86_400


@pytest.fixture
def sandbox() -> Iterator[StripeSandbox]:
    with running_stripe() as running:
        yield running


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Minh Anh")


def paid(sandbox: StripeSandbox, payer: User, card: str = "pm_card_visa") -> PaymentIntent:
    """Pay the rent and let the card be kept; the hold is planned."""
    intent = make_intent(payer=payer)
    pay(start(intent), card)
    deliver_all(sandbox)
    intent.refresh_from_db()
    assert (intent.state, intent.pledged_amount) == (IntentState.SUCCEEDED, DEPOSIT)
    return intent


def held(sandbox: StripeSandbox, payer: User) -> DepositHold:
    paid(sandbox, payer)
    outbox.run_all()
    hold = DepositHold.objects.get()
    assert hold.state == HoldState.HELD
    return hold


def take(amount: int, key: str = "settled") -> None:
    services.capture_deposit(
        reference=REFERENCE, amount=amount, settlement_line="damage", idempotency_key=key, by=SYSTEM
    )


def test_a_deposit_is_held_on_the_kept_card_and_is_no_money_of_ours(
    sandbox: StripeSandbox, payer: User
) -> None:
    hold = held(sandbox, payer)

    deposit = Deposit.objects.get()
    assert (deposit.state, deposit.on_hold, deposit.amount) == (DepositState.HELD, DEPOSIT, DEPOSIT)
    charge = sandbox.store.find("charge", payment_intent=hold.provider_ref)[0]
    assert hold.capture_before is not None
    assert hold.capture_before.timestamp() == charge["payment_method_details"]["card"]["capture_before"]
    assert balance(chart.psp_clearing("stripe")) == RENT
    # What the webhook says of it afterwards is known already.
    entries = LedgerEntry.objects.count()
    assert deliver_all(sandbox) == {(200, True)}
    hold.refresh_from_db()
    assert (hold.state, LedgerEntry.objects.count()) == (HoldState.HELD, entries)


def test_a_part_is_taken_once_whatever_is_told_of_it_and_how_often(
    sandbox: StripeSandbox, payer: User
) -> None:
    hold = held(sandbox, payer)
    take(500_000)
    assert balance(chart.hold_clearing("stripe")) == 500_000
    outbox.run_all()

    for _time in range(2):
        for number in reversed(numbers(sandbox)):
            assert deliver(sandbox, number) == (200, True)

    hold.refresh_from_db()
    assert (hold.state, hold.captured) == (HoldState.CAPTURED, 500_000)
    assert balance(chart.hold_clearing("stripe")) == 0
    assert balance(chart.psp_clearing("stripe")) == RENT + 500_000
    assert sum(row["amount"] for row in sandbox.store.find("balance_transaction")) == RENT + 500_000
    assert not MoneyCase.objects.exists()


def test_a_capture_is_told_by_the_webhook_when_its_answer_is_lost(
    sandbox: StripeSandbox, payer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = held(sandbox, payer)
    take(500_000)
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 250
    with pytest.raises(OutcomeUnknown):
        hold_calls.take_hold(hold_id=hold.pk)
    sandbox.control.api_delay_ms = 0
    monkeypatch.undo()
    assert OutboundCall.objects.get(operation="capture").state == "unknown"

    (captured,) = numbers(sandbox, "charge.captured")
    deliver(sandbox, captured)
    deliver_all(sandbox)
    outbox.run_all()

    hold.refresh_from_db()
    assert (hold.state, hold.captured) == (HoldState.CAPTURED, 500_000)
    assert balance(chart.psp_clearing("stripe")) == RENT + 500_000


def test_a_capture_that_comes_too_late_is_owed_by_the_payer(sandbox: StripeSandbox, payer: User) -> None:
    hold = held(sandbox, payer)
    take(500_000)
    sandbox.store.clock_offset_seconds = 5 * DAY

    outbox.run_all()
    deliver_all(sandbox)

    hold.refresh_from_db()
    assert (hold.state, hold.captured) == (HoldState.EXPIRED, 0)
    assert balance(chart.hold_clearing("stripe")) == 0
    assert balance(chart.receivable(payer.public_id)) == 500_000
    assert balance(chart.psp_clearing("stripe")) == RENT
    assert MoneyCase.objects.filter(kind="hold_lost").exists()


def test_a_bank_that_does_not_hold_later_leaves_the_deposit_due(sandbox: StripeSandbox, payer: User) -> None:
    paid(sandbox, payer, "pm_card_chargeCustomerFail")

    outbox.run_all()
    deliver_all(sandbox)

    hold = DepositHold.objects.get()
    assert (hold.state, hold.provider_code) == (HoldState.FAILED, "insufficient_funds")
    assert Deposit.objects.get().state == DepositState.DUE


def test_a_hold_whose_answer_is_lost_is_told_by_the_webhook(
    sandbox: StripeSandbox, payer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid(sandbox, payer)
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.1))
    sandbox.control.api_delay_ms = 250
    with pytest.raises(OutcomeUnknown):
        hold_calls.place_hold(hold_id=DepositHold.objects.get().pk)
    sandbox.control.api_delay_ms = 0
    monkeypatch.undo()
    assert DepositHold.objects.get().state == HoldState.REQUESTED

    deliver_all(sandbox)
    # The job comes again, and finds that it is done.
    outbox.run_all()

    assert DepositHold.objects.get().state == HoldState.HELD
    assert len(sandbox.store.find("payment_intent", status="requires_capture")) == 1


def test_a_deposit_alone_is_held_on_the_page(sandbox: StripeSandbox, payer: User) -> None:
    intent = make_intent(payer=payer, prepayment_amount=0, purpose="deposit")
    pay(start(intent))
    told = numbers(sandbox, "payment_intent.amount_capturable_updated", "checkout.session.completed")

    for number in [*told, *reversed(told)]:
        assert deliver(sandbox, number, Mishap()) == (200, True)

    intent.refresh_from_db()
    hold = DepositHold.objects.get()
    assert (intent.state, intent.received_amount, intent.pledged_amount) == (
        IntentState.SUCCEEDED,
        0,
        DEPOSIT,
    )
    assert (hold.state, hold.instrument is not None) == (HoldState.HELD, True)
    assert not LedgerEntry.objects.exists()
