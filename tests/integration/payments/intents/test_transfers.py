"""Bank transfers through payOS, over the real services and a local payOS that speaks HTTP."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import permutations

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.test import override_settings

from accounts.users.models import User
from payments.gateways import registry, vietqr
from payments.gateways.bank.statement import find_references, parse_statement
from payments.gateways.base import FactKind, FactOutcome, Incoming, ProviderFact, QueryRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.sandbox.notifier import Mishap
from payments.intents import services
from payments.intents.enums import AttemptOutcome, DepositState, IntentState, RefundReason
from payments.intents.models import Deposit, Payment, PaymentAttempt, PaymentIntent, Refund
from payments.intents.services import payees
from payments.intents.services.stopping import open_transfer, stop_transfer
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.webhooks import services as webhooks
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, fact_of, make_intent
from tests.fakes.payos import PayOSSandbox, begin, code_of, running_payos
from voltgo.core import clock
from voltgo.core.actors import SYSTEM

AMOUNT = RENT + DEPOSIT


@pytest.fixture
def intent(payer: User) -> PaymentIntent:
    return make_intent(payer=payer)


@pytest.fixture
def payos() -> Iterator[PayOSSandbox]:
    with running_payos() as running:
        yield running


def transfer(payos: PayOSSandbox, intent: PaymentIntent, amount: int | None = None) -> str:
    """Transfer money and let payOS tell us, as its notification does; return the bank's number."""
    row = payos.pay(code_of(intent), amount)
    notify(payos, row["reference"])
    return str(row["reference"])


def notify(payos: PayOSSandbox, reference: str) -> int:
    outgoing = payos.callback(reference, {}, Mishap())
    assert outgoing is not None
    answer = webhooks.receive(provider="payos", message=Incoming(body=outgoing.body), address="127.0.0.1")
    return answer.status_code


def ask(intent: PaymentIntent) -> None:
    services.query_now(intent.reference)
    intent.refresh_from_db()


def balances() -> tuple[int, int, int, int]:
    """Return what lies at payOS, prepaid, as deposit, and on its way back, in dong."""
    return (
        ledger.balance(chart.psp_clearing("payos")),
        ledger.balance(chart.customer_prepaid(REFERENCE)),
        ledger.balance(chart.deposit_liability(REFERENCE)),
        ledger.balance(chart.refund_clearing("payos")),
    )


# --- Starting -----------------------------------------------------------------------------------
def test_starting_asks_for_a_transfer_with_a_code_that_says_it_all(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    told = begin(intent)

    attempt = PaymentAttempt.objects.get()
    code = vietqr.parse(told.qr_text)
    assert (code.bank_bin, code.account_number, code.amount) == ("970436", "1234567890", AMOUNT)
    assert code.memo == told.memo == vietqr.memo_of(attempt.merchant_ref)
    assert (told.bank_name, told.account_name) == ("Vietcombank", "CONG TY CO PHAN VOLTGO")
    assert attempt.merchant_ref.isdigit()
    assert attempt.outcome == AttemptOutcome.STARTED
    assert attempt.session_ref == told.session_ref


def test_a_second_start_shows_the_same_transfer(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    assert begin(intent) == begin(intent)
    assert len([row for row in payos.store.log() if row["event"] == "create"]) == 1


def test_a_payos_that_is_away_ends_the_attempt(intent: PaymentIntent) -> None:
    with override_settings(PAYOS=_at("http://127.0.0.1:9")), pytest.raises(GatewayUnavailable):
        begin(intent)

    assert PaymentAttempt.objects.get().outcome == AttemptOutcome.FAILED


def test_an_answer_with_a_wrong_signature_is_not_believed(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    payos.control.corrupt_signature = 1

    with pytest.raises(OutcomeUnknown):
        begin(intent)

    assert PaymentAttempt.objects.get().outcome == AttemptOutcome.PREPARED


def test_a_request_whose_answer_was_lost_is_ended_before_another_is_opened(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    payos.control.corrupt_signature = 1
    with pytest.raises(OutcomeUnknown):
        begin(intent)
    lost = PaymentAttempt.objects.get()

    with pytest.raises(GatewayUnavailable):
        begin(intent)
    told = begin(intent)

    lost.refresh_from_db()
    assert lost.outcome == AttemptOutcome.FAILED
    assert [payos.status_of(link) for link in payos.store.find("link")] == ["CANCELLED", "PENDING"]
    assert PaymentAttempt.objects.get(session_ref=told.session_ref).number == 2


# --- Scenario by scenario -----------------------------------------------------------------------
def test_the_exact_amount_pays(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    reference = transfer(payos, intent)

    intent.refresh_from_db()
    payment = Payment.objects.get()
    assert intent.state == IntentState.SUCCEEDED
    assert payment.provider_ref == f"1234567890:{reference}"
    assert payees.masked(payment.sender) == "Ngân hàng Thử •••• 0111, NGUYEN VAN AN"
    assert payment.sender is not None
    assert payees.number_of(payment.sender) == "0909000111"
    assert balances() == (AMOUNT, RENT, DEPOSIT, 0)
    assert PaymentAttempt.objects.get().outcome == AttemptOutcome.SUCCEEDED


def test_a_short_transfer_stays_open_and_the_rest_completes_it(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    begin(intent)
    transfer(payos, intent, 500_000)

    intent.refresh_from_db()
    attempt = PaymentAttempt.objects.get()
    assert (intent.state, intent.received_amount) == (IntentState.PENDING, 500_000)
    assert (attempt.outcome, attempt.next_poll_at is not None) == (AttemptOutcome.STARTED, True)
    assert balances() == (500_000, 500_000, 0, 0)
    assert payos.status_of(payos.store.find("link")[0]) == "UNDERPAID"

    transfer(payos, intent, AMOUNT - 500_000)

    intent.refresh_from_db()
    assert (intent.state, intent.received_amount) == (IntentState.SUCCEEDED, AMOUNT)
    assert balances() == (AMOUNT, RENT, DEPOSIT, 0)
    assert not Refund.objects.exists()


def test_the_rest_is_asked_for_under_the_same_memo(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    first = begin(intent)
    transfer(payos, intent, 500_000)
    intent.refresh_from_db()

    assert begin(intent).memo == first.memo
    assert PaymentAttempt.objects.count() == 1


def test_the_rest_is_found_by_asking_when_its_notification_is_lost(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    begin(intent)
    transfer(payos, intent, 500_000)
    payos.pay(code_of(intent), AMOUNT - 500_000)

    ask(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert Payment.objects.count() == 2


def test_too_much_pays_and_the_surplus_goes_back(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    transfer(payos, intent, AMOUNT + 100_000)

    intent.refresh_from_db()
    refund = Refund.objects.get()
    assert (intent.state, intent.received_amount) == (IntentState.SUCCEEDED, AMOUNT)
    assert (refund.amount, refund.reason) == (100_000, RefundReason.SURPLUS)
    assert balances() == (AMOUNT + 100_000, RENT, DEPOSIT, 100_000)


def test_a_second_transfer_goes_back_whole(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    transfer(payos, intent)
    transfer(payos, intent)

    intent.refresh_from_db()
    refund = Refund.objects.get()
    assert intent.state == IntentState.SUCCEEDED
    assert (Payment.objects.count(), refund.amount, refund.reason) == (2, AMOUNT, RefundReason.SURPLUS)
    assert balances() == (2 * AMOUNT, RENT, DEPOSIT, AMOUNT)


def test_a_notification_and_an_answer_about_one_transfer_count_once(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    begin(intent)
    reference = transfer(payos, intent)
    notify(payos, reference)
    for fact in registry.get("payos").fetch(QueryRequest(code_of(intent), clock.now())):
        assert services.apply_fact(fact).outcome == FactOutcome.REPEATED

    assert Payment.objects.count() == 1
    assert balances() == (AMOUNT, RENT, DEPOSIT, 0)


def test_a_part_goes_back_when_the_time_is_over(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    transfer(payos, intent, RENT + 100_000)

    services.expire_intents(REFERENCE)

    intent.refresh_from_db()
    refund = Refund.objects.get()
    assert (intent.state, intent.received_amount) == (IntentState.EXPIRED, 0)
    assert (refund.amount, refund.reason) == (RENT + 100_000, RefundReason.SHORT_PAYMENT)
    assert Deposit.objects.get().state == DepositState.RELEASED
    assert balances() == (RENT + 100_000, 0, 0, RENT + 100_000)


def test_a_part_that_comes_too_late_goes_back(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    services.expire_intents(REFERENCE)
    transfer(payos, intent, 500_000)

    intent.refresh_from_db()
    assert (intent.state, intent.received_amount) == (IntentState.EXPIRED, 0)
    assert Refund.objects.get().amount == 500_000
    assert balances() == (500_000, 0, 0, 500_000)


def test_all_of_it_that_comes_too_late_is_taken(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    services.expire_intents(REFERENCE)
    transfer(payos, intent)

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED


def test_a_memo_that_the_bank_broke_up_is_only_on_the_statement(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    told = begin(intent)
    payos.answer("POST", f"/web/{told.session_ref}", {}, b"outcome=garbled")
    ask(intent)
    assert intent.state == IntentState.PENDING

    (row,) = parse_statement(payos.statement(payos.store.today()))

    assert row.amount == AMOUNT
    (memo, *_others) = find_references(row.memo)
    assert memo == told.memo
    assert code_of(intent) in vietqr.refs_of_memo(memo, on=row.booked_at.date())


def test_a_field_that_payos_adds_stops_nothing(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    payos.new_fields = {"feeAmount": 0, "labels": [{"z": None, "a": "Thử"}], "isInstant": True}
    begin(intent)
    row = payos.pay(code_of(intent))

    assert notify(payos, row["reference"]) == 200
    ask(intent)

    assert intent.state == IntentState.SUCCEEDED
    assert Payment.objects.count() == 1


def test_a_changed_amount_is_refused(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    row = payos.pay(code_of(intent), 1_000)
    outgoing = payos.callback(row["reference"], {}, Mishap())
    assert outgoing is not None
    forged = outgoing.body.replace(b'"amount": 1000', b'"amount": 4200000')

    answer = webhooks.receive(provider="payos", message=Incoming(body=forged), address="127.0.0.1")

    assert (forged != outgoing.body, answer.status_code) == (True, 400)
    assert not Payment.objects.exists()


def test_two_short_attempts_of_two_kinds_add_up(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    """A part by transfer, then the rest by another provider."""
    begin(intent)
    transfer(payos, intent, 500_000)
    services.start_payment(
        intent=intent,
        method="vnpay",
        origin="http://127.0.0.1:8000",
        ip_address="127.0.0.1",
        language="vi",
        by=SYSTEM,
    )
    intent.refresh_from_db()

    services.apply_fact(fact_of(intent, amount=AMOUNT - 500_000))

    intent.refresh_from_db()
    assert (intent.state, intent.received_amount) == (IntentState.SUCCEEDED, AMOUNT)


def test_any_order_of_transfers_ends_in_the_same_books(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    """Two parts, one transfer too many, and the end of the request, told in every order."""
    begin(intent)
    code = code_of(intent)
    facts = [
        *(
            ProviderFact("payos", FactKind.SUCCEEDED, code, f"1234567890:FT{amount}", amount)
            for amount in (500_000, 3_700_000, 300_000)
        ),
        ProviderFact("payos", FactKind.FAILED, code, code="CANCELLED"),
    ]
    ends = set()
    # Every fifth of the 24, which puts each fact first and last at least once.
    for order in list(permutations(facts))[::5]:
        with suppress(_Undo), transaction.atomic():
            for fact in (*order, order[0]):
                services.apply_fact(fact)
            intent.refresh_from_db()
            attempt = PaymentAttempt.objects.get()
            back = Refund.objects.aggregate(total=Sum("amount"))["total"]
            ends.add((intent.state, intent.received_amount, attempt.outcome, back, *balances()))
            raise _Undo

    assert ends == {
        (IntentState.SUCCEEDED, AMOUNT, AttemptOutcome.SUCCEEDED, 300_000, 4_500_000, RENT, DEPOSIT, 300_000)
    }


class _Undo(Exception):
    """Takes back what one order of facts wrote."""


# --- Asking and ending --------------------------------------------------------------------------
def test_an_expired_request_fails_and_may_be_started_again(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    begin(intent)
    payos.store.clock_offset_seconds = 3600

    ask(intent)

    assert intent.state == IntentState.FAILED
    assert PaymentAttempt.objects.get().provider_code == "EXPIRED"


def test_payos_may_know_nothing_of_an_attempt(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    with running_payos():
        ask(intent)

    assert intent.state == IntentState.PENDING


def test_giving_up_ends_the_request_at_payos(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    intent.refresh_from_db()

    assert stop_transfer(intent) is True

    intent.refresh_from_db()
    assert intent.state == IntentState.FAILED
    assert open_transfer(intent) is None
    assert payos.status_of(payos.store.find("link")[0]) == "CANCELLED"


def test_money_that_came_while_giving_up_counts(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    payos.pay(code_of(intent))

    assert stop_transfer(intent) is False

    intent.refresh_from_db()
    assert intent.state == IntentState.SUCCEEDED


def test_giving_up_while_payos_is_away_changes_nothing(intent: PaymentIntent, payos: PayOSSandbox) -> None:
    begin(intent)
    intent.refresh_from_db()
    payos.control.http_status = 503

    assert stop_transfer(intent) is False
    intent.refresh_from_db()
    assert intent.state == IntentState.PENDING


def test_a_transfer_is_no_longer_open_when_its_time_is_over(
    intent: PaymentIntent, payos: PayOSSandbox
) -> None:
    begin(intent)
    intent.refresh_from_db()

    assert open_transfer(intent) is not None
    with time_machine.travel(clock.now() + timedelta(minutes=14), tick=False):
        assert open_transfer(intent) is None


def _at(url: str) -> dict[str, str]:
    return {**settings.PAYOS, "API_URL": url}
