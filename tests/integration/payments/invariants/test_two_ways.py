import random

from payments.intents import services
from payments.intents.models import Payment, Refund
from payments.intents.selectors import balance_of
from payments.intents.services.submitting import request_of
from payments.reconciliation.proof import prove_books
from tests.factories.accounts import make_user
from tests.factories.payments import DEPOSIT, REFERENCE, RENT, make_intent
from tests.simulation.providers import providers
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM


def test_paid_in_two_ways_the_second_goes_back_the_way_it_came() -> None:
    intent = make_intent(payer=make_user(full_name="Nguyễn Minh Anh"))
    with providers(random.Random(1), 0.0) as gateways:
        told = []
        for method in ("vnpay", "momo"):
            services.start_payment(
                intent=intent,
                method=method,
                origin="http://x",
                ip_address="127.0.0.1",
                language="vi",
                by=SYSTEM,
            )
            told.append(gateways[method].pay(str(intent.merchant_ref), intent.amount))
        for fact in told:
            services.apply_fact(fact)
        outbox.run_all()
        services.query_now(REFERENCE)
        refund = Refund.objects.get()
        services.apply_fact(gateways["momo"].fetch_refund(request_of(refund)))
        assert prove_books().problems == []

        assert [len(gateways[method].refunds) for method in ("vnpay", "momo")] == [0, 1]
    refund.refresh_from_db()
    assert (refund.payment, refund.state, refund.surplus_amount, refund.reason) == (
        Payment.objects.get(provider="momo"),
        "succeeded",
        RENT + DEPOSIT,
        "surplus",
    )
    left = balance_of(REFERENCE)
    assert (left.prepaid, left.deposit, left.credit, left.debt) == (RENT, DEPOSIT, 0, 0)
