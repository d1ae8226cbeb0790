"""Differences that people decide about: what fits which, and two people for large sums."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine

from payments.gateways import settlement_file
from payments.gateways.base import SettledLine
from payments.intents.models import Payment
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.reconciliation import services
from payments.reconciliation.enums import Action
from payments.reconciliation.errors import ActionNotPossible, BroughtByTheSame
from payments.reconciliation.models import ReconciliationItem, ReconciliationResolution, StatementFile
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent, make_paid_intent
from tests.factories.settlements import DAY, FileGateway, line_of, served_by, take_in
from voltgo.core.actors import Actor, ActorKind

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NGAN = Actor(ActorKind.OPERATOR, "U-1", "Ngân")
HA = Actor(ActorKind.OPERATOR, "U-2", "Hà")
LIMIT = 1_000_000


@pytest.fixture(autouse=True)
def _world(settings: pytest.FixtureRequest) -> Iterator[None]:
    settings.REFUND_APPROVAL_LIMIT = LIMIT  # type: ignore[attr-defined]
    with served_by(FileGateway()), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def payment() -> Payment:
    make_paid_intent(payer=make_user())
    return Payment.objects.get()


def brought(by: Actor, *lines: SettledLine) -> None:
    content = settlement_file.write(lines)
    services.import_settlement(source="vnpay", name="f.csv", content=content, day=DAY, by=by)


def found(status: str) -> ReconciliationItem:
    return services.reconcile(source="vnpay", day=DAY).items.get(status=status)


def unknown(payment: Payment, amount: int) -> SettledLine:
    return line_of(payment, provider_ref="P-9", merchant_ref="X1", amount=amount)


def book(item: ReconciliationItem, by: Actor) -> ReconciliationResolution:
    intent = make_intent(
        payer=make_user(),
        reference="order:VG-2",
        prepayment_amount=item.external_amount,
        deposit_amount=0,
    )
    return services.resolve_item(
        item=item, action=Action.BOOK, reason="ảnh của khách", target=intent.reference, by=by
    )


def test_a_file_keeps_who_brought_it_and_the_inbox_is_nobody(payment: Payment) -> None:
    brought(NGAN, line_of(payment))
    take_in([unknown(payment, 5)])

    assert list(StatementFile.objects.order_by("pk").values_list("received_ref", flat=True)) == ["U-1", ""]


def test_who_brought_a_file_books_nothing_large_of_it(payment: Payment) -> None:
    brought(NGAN, line_of(payment), unknown(payment, LIMIT + 1))
    item = found("missing_internal")

    with pytest.raises(BroughtByTheSame):
        book(item, NGAN)

    assert Payment.objects.count() == 1
    assert not ReconciliationResolution.objects.exists()


def test_another_person_books_it(payment: Payment) -> None:
    brought(NGAN, line_of(payment), unknown(payment, LIMIT + 1))

    assert book(found("missing_internal"), HA).by_ref == "U-2"

    assert Payment.objects.count() == 2


def test_up_to_the_limit_one_person_is_enough(payment: Payment) -> None:
    brought(NGAN, line_of(payment), unknown(payment, LIMIT))

    assert book(found("missing_internal"), NGAN).action == Action.BOOK


def test_a_file_of_the_inbox_needs_one_person(payment: Payment) -> None:
    take_in([line_of(payment), unknown(payment, LIMIT + 1)])

    assert book(found("missing_internal"), NGAN).action == Action.BOOK


def test_what_a_provider_took_twice_is_not_given_back_by_who_brought_the_file(payment: Payment) -> None:
    brought(NGAN, line_of(payment), line_of(payment, provider_ref="P-10"))
    item = found("duplicate_external")

    with pytest.raises(BroughtByTheSame):
        services.resolve_item(item=item, action=Action.REFUND, reason="hai lần", by=NGAN)

    assert services.resolve_item(item=item, action=Action.REFUND, reason="hai lần", by=HA).by_ref == "U-2"


def test_without_a_line_whoever_brought_a_file_of_the_day_needs_another(payment: Payment) -> None:
    take_in([])
    brought(NGAN, unknown(payment, 5))
    item = found("missing_external")
    assert item.line is None
    assert item.difference == -payment.amount

    with pytest.raises(BroughtByTheSame):
        services.resolve_item(item=item, action=Action.SUSPENSE, reason="mất", by=NGAN)
    services.resolve_item(item=item, action=Action.SUSPENSE, reason="mất", by=HA)

    assert ledger.balance(chart.psp_clearing("vnpay")) == 5


def test_a_reason_alone_moves_nothing_and_needs_nobody_else(payment: Payment) -> None:
    brought(NGAN, line_of(payment), unknown(payment, LIMIT + 1))

    services.resolve_item(item=found("missing_internal"), action=Action.IGNORE, reason="nhầm", by=NGAN)

    assert ReconciliationResolution.objects.get().action == Action.IGNORE


def test_only_what_fits_a_difference_is_possible(payment: Payment) -> None:
    take_in([unknown(payment, 5)])
    run = services.reconcile(source="vnpay", day=DAY)
    theirs, ours = run.items.get(status="missing_internal"), run.items.get(status="missing_external")

    assert services.actions_for(theirs) == (Action.IGNORE, Action.BOOK, Action.SUSPENSE)
    assert services.actions_for(ours) == (Action.IGNORE, Action.SUSPENSE)
    for action in (Action.BOOK, Action.REFUND):
        with pytest.raises(ActionNotPossible):
            services.resolve_item(item=ours, action=action, reason="x", by=HA)
