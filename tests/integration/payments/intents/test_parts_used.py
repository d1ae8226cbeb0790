"""A part that came and was used stays used when its request ends: only what is still there goes back."""

import pytest

from accounts.users.models import User
from payments.intents import selectors, services
from payments.intents.models import PaymentIntent, Refund
from payments.ledger import selectors as ledger
from tests.factories.payments import REFERENCE, make_intent
from tests.factories.ways_back import receive
from voltgo.core.actors import SYSTEM


@pytest.fixture
def debt(payer: User) -> PaymentIntent:
    services.recognise_revenue(
        reference=REFERENCE, lines=[("fee", 400_000, 0)], idempotency_key="s", by=SYSTEM, payer=payer
    )
    return make_intent(payer=payer, purpose="balance", prepayment_amount=400_000, deposit_amount=0)


def test_a_debt_paid_in_part_stays_paid_when_its_request_ends(payer: User, debt: PaymentIntent) -> None:
    receive(debt, "bank", 300_000)
    services.cancel_intent(intent=debt, by=SYSTEM, reason="written off")
    assert selectors.debt_of(payer) == 100_000
    assert not Refund.objects.exists()
    assert ledger.prove().holds


def test_a_part_of_a_debt_that_comes_too_late_is_taken_and_the_rest_goes_back(
    payer: User, debt: PaymentIntent
) -> None:
    services.expire_intents(REFERENCE)
    receive(debt, "bank", 300_000)
    receive(debt, "bank", 150_000)
    assert selectors.debt_of(payer) == 0
    assert [row.amount for row in Refund.objects.all()] == [50_000]
    assert ledger.prove().holds


def test_a_part_of_a_deposit_that_was_used_does_not_stop_the_release(payer: User) -> None:
    asked = make_intent(payer=payer, purpose="deposit", prepayment_amount=0)
    receive(asked, "bank", 300_000)
    services.capture_deposit(
        reference=REFERENCE, amount=200_000, settlement_line="s:1", idempotency_key="s:1", by=SYSTEM
    )
    services.release_deposit(reference=REFERENCE, idempotency_key="release", by=SYSTEM)
    assert [row.amount for row in Refund.objects.all()] == [100_000]
    assert ledger.prove().holds
