"""Two people, the inbox and the job at one statement at the same time."""

from collections.abc import Callable, Iterator

import pytest
import time_machine

from payments.intents import targets
from payments.intents.models import Payment
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.reconciliation import services
from payments.reconciliation.models import BankLine, StatementConfirmation
from payments.reconciliation.services.inbox import FETCHER
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent
from tests.factories.settlements import FileGateway, served_by, take_in_statement
from tests.integration.payments.reconciliation.test_confirming import CODE, HA, HANOI, LAN, NOW
from voltgo.core.actors import Actor, ActorKind

MINH = Actor(ActorKind.OPERATOR, "U-MINH", "Minh")


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    order = {"order": targets.Target(url_for=lambda name: f"/orders/{name}/")}
    monkeypatch.setattr(targets, "_targets", order)
    with served_by(FileGateway()), time_machine.travel(NOW, tick=False):
        yield


def test_confirmed_by_two_while_the_job_runs_and_the_inbox_brings_the_same_line() -> None:
    make_intent(payer=make_user(), reference=f"order:{CODE}")
    line = ("FT1", HANOI, 4_200_000, CODE)
    file = take_in_statement(line, ("FT2", HANOI, 7_000, "?"), by=HA).file
    work: list[Callable[[], object]] = [
        lambda: services.confirm_statement(file=file, by=LAN),
        services.settle_bank_lines,
        lambda: services.confirm_statement(file=file, by=MINH),
        lambda: take_in_statement(line, by=FETCHER),
        services.settle_bank_lines,
    ]

    results = race(len(work), lambda number: work[number]())

    assert [result for result in results if isinstance(result, Exception)] == []
    services.settle_bank_lines()
    assert StatementConfirmation.objects.count() == 1
    assert sorted(BankLine.objects.values_list("amount", "state")) == [
        (7_000, "suspense"),
        (4_200_000, "booked"),
    ]
    assert Payment.objects.count() == 1
    assert ledger.balance(chart.BANK) == 4_207_000
