"""One credit and one refund, many hands at once."""

from typing import Any

from payments.intents import services
from payments.intents.enums import AdjustmentKind, RefundState
from payments.intents.errors import CreditTooSmall
from payments.intents.models import PaymentIntent, Refund
from payments.ledger import selectors as ledger
from payments.ledger.models import LedgerEntry
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from tests.factories.payments import RENT, make_intent
from tests.factories.ways_back import OPERATOR, SENDER, give_back, receive
from voltgo.core.actors import SYSTEM


def test_credit_spent_on_several_trips_at_once_is_never_overdrawn() -> None:
    payer = make_user()
    services.adjust(
        kind=AdjustmentKind.CREDIT,
        person=payer,
        amount=1_000_000,
        reason="battery was low",
        idempotency_key="gift",
        by=OPERATOR,
    )
    intents = [
        make_intent(payer=payer, reference=f"order:{number}", prepayment_amount=600_000, deposit_amount=0)
        for number in range(4)
    ]

    def spend(number: int) -> Any:
        return services.pay_with_credit(intent=intents[number], by=SYSTEM)

    results = race(4, spend)
    spent = sorted(result for result in results if not isinstance(result, Exception))
    assert spent == [400_000, 600_000]
    assert {type(result) for result in results if isinstance(result, Exception)} == {CreditTooSmall}
    assert services.credit_of(payer) == 0
    assert sum(intent.received_amount for intent in PaymentIntent.objects.all()) == 1_000_000
    assert ledger.prove().holds


def test_a_refund_goes_one_way_however_many_people_carry_it_out() -> None:
    payer = make_user()
    intent = make_intent(payer=payer)
    receive(intent, "bank", sender=SENDER)
    refund = give_back(intent, RENT)

    def carry_out(number: int) -> Any:
        if number % 2:
            return services.refund_to_credit(refund=Refund.objects.get(pk=refund.pk), by=SYSTEM)
        return services.settle_by_hand(
            refund=Refund.objects.get(pk=refund.pk), bank_ref=f"FT{number}", at=None, by=SYSTEM
        )

    race(6, carry_out)
    refund.refresh_from_db()
    assert refund.state == RefundState.SUCCEEDED
    assert LedgerEntry.objects.filter(idempotency_key=f"refund-settled:{refund.pk}").count() == 1
    assert services.credit_of(payer) == (RENT if refund.way == "credit" else 0)
    assert ledger.prove().holds
