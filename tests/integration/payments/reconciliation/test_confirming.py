"""A statement that a person brings: nothing of it counts before somebody else has looked at it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.urls import reverse

from accounts.users.models import User
from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from payments.cases.services import resolve_case
from payments.intents import targets
from payments.intents.models import Payment, PaymentIntent
from payments.ledger.models import LedgerEntry
from payments.reconciliation import selectors, services, tasks
from payments.reconciliation.errors import BroughtByTheSame, FileChanged, NothingToConfirm
from payments.reconciliation.models import BankLine, StatementConfirmation, StatementFile
from payments.reconciliation.services import bank_lines
from payments.reconciliation.services.inbox import FETCHER
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent
from tests.factories.settlements import (
    DAY,
    FileGateway,
    served_by,
    statement,
    take_in,
    take_in_statement,
)
from tests.integration.payments.reconciliation.test_pages import browser_of, member_of, step, upload
from voltgo.core import outbox
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.errors import NotAllowed
from voltgo.core.models import AuditEvent, OutboxMessage

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HANOI = "21/11/2026 09:40"
HA = Actor(ActorKind.OPERATOR, "U-HA", "Thu Hà")
LAN = Actor(ActorKind.OPERATOR, "U-LAN", "Mai Lan")
CODE = "VG-7K2M4Q"


@pytest.fixture(autouse=True)
def _served(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    order = {"order": targets.Target(url_for=lambda name: f"/orders/{name}/")}
    monkeypatch.setattr(targets, "_targets", order)
    with served_by(FileGateway()), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def asked() -> PaymentIntent:
    """A booking of 4.2 million that nobody has paid."""
    return make_intent(payer=make_user(), reference=f"order:{CODE}")


@pytest.fixture
def brought(asked: PaymentIntent) -> StatementFile:
    """A statement of Hà's in which exactly this booking is paid, and a line that nobody knows."""
    return take_in_statement(("FT1", HANOI, 4_200_000, CODE), ("FT2", HANOI, 7_000, "?"), by=HA).file


def nothing_is_booked() -> bool:
    return not (Payment.objects.exists() or LedgerEntry.objects.exists() or BankLine.objects.exists())


# --- Before ---------------------------------------------------------------------------------------
def test_a_forged_statement_books_nothing_by_itself(asked: PaymentIntent, brought: StatementFile) -> None:
    assert services.settle_bank_lines() == {"booked": 0, "suspense": 0}
    tasks.reconcile_bank()
    outbox.run_all()

    assert nothing_is_booked()
    asked.refresh_from_db()
    assert asked.state != "succeeded"
    assert selectors.waits(brought)
    assert (brought.line_count, brought.gross_amount) == (2, 4_207_000)


def test_it_is_somebodys_work_and_the_day_still_lacks_its_statement(brought: StatementFile) -> None:
    case = MoneyCase.objects.get()

    assert (case.kind, case.state, case.amount) == (CaseKind.STATEMENT, CaseState.OPEN, 4_207_000)
    assert case.reference == f"statement_file:{brought.pk}"
    assert not selectors.statement_covers(DAY)


def test_who_brought_it_does_not_confirm_it(brought: StatementFile) -> None:
    with pytest.raises(BroughtByTheSame):
        services.confirm_statement(file=brought, by=HA)

    assert nothing_is_booked()
    assert not StatementConfirmation.objects.exists()
    assert MoneyCase.objects.get().state == CaseState.OPEN


@pytest.mark.parametrize("kind", [ActorKind.STAFF, ActorKind.SYSTEM, ActorKind.PROVIDER])
def test_only_operators_confirm(brought: StatementFile, kind: ActorKind) -> None:
    with pytest.raises(NotAllowed):
        services.confirm_statement(file=brought, by=Actor(kind, "U-X", "X"))

    assert not StatementConfirmation.objects.exists()


def test_the_database_itself_wants_two_people(brought: StatementFile) -> None:
    with pytest.raises(IntegrityError, match="by another person"), transaction.atomic():
        StatementConfirmation.objects.create(file=brought, by_ref="U-HA", by_label="Thu Hà")
    with pytest.raises(IntegrityError, match="waits for a second"), transaction.atomic():
        BankLine.objects.create(
            account="1", line_ref="FT1", file=brought, position=1, booked_at=NOW, amount=4_200_000
        )


def test_a_forged_line_does_not_stand_in_the_way_of_the_banks_own(asked: PaymentIntent) -> None:
    take_in_statement(("FT1", HANOI, 4_200_000, "VG-ABCDEF"), by=HA)

    own = take_in_statement(("FT1", HANOI, 4_200_000, CODE), by=FETCHER)

    assert (own.lines, own.known) == (1, 0)
    assert services.settle_bank_lines() == {"booked": 1, "suspense": 0}
    assert Payment.objects.get().amount == 4_200_000


# --- After ----------------------------------------------------------------------------------------
def test_all_of_it_is_booked_once_somebody_else_has_confirmed_it(
    asked: PaymentIntent, brought: StatementFile
) -> None:
    services.confirm_statement(file=brought, by=LAN)
    assert list(BankLine.objects.values_list("state", flat=True)) == ["new", "new"]
    outbox.run_all()

    asked.refresh_from_db()
    assert asked.state == "succeeded"
    assert list(BankLine.objects.order_by("line_ref").values_list("state", flat=True)) == [
        "booked",
        "suspense",
    ]
    case = MoneyCase.objects.get(kind=CaseKind.STATEMENT)
    assert case.state == CaseState.RESOLVED
    event = AuditEvent.objects.get(action="reconciliation.statement_confirmed")
    assert (event.actor_ref, event.subject) == ("U-LAN", f"statement_file:{brought.pk}")
    assert not selectors.waits(brought)
    assert selectors.statement_covers(DAY)


def test_confirmed_twice_is_confirmed_once(brought: StatementFile) -> None:
    first = services.confirm_statement(file=brought, by=LAN)
    outbox.run_all()
    again = services.confirm_statement(file=brought, by=Actor(ActorKind.OPERATOR, "U-MINH", "Minh"))
    outbox.run_all()

    assert again == first
    assert again.by_label == "Mai Lan"
    assert BankLine.objects.count() == 2
    assert Payment.objects.count() == 1
    assert OutboxMessage.objects.filter(topic=bank_lines.SETTLE_LINES).count() == 1
    assert AuditEvent.objects.filter(action="reconciliation.statement_confirmed").count() == 1


def test_the_case_may_have_been_closed_by_hand(brought: StatementFile) -> None:
    case = MoneyCase.objects.get()
    resolve_case(case=case, resolution="đã gọi ngân hàng", by=LAN)

    services.confirm_statement(file=brought, by=LAN)

    case.refresh_from_db()
    assert case.resolution == "đã gọi ngân hàng"
    assert BankLine.objects.count() == 2


def test_lines_that_the_inbox_brought_meanwhile_are_not_doubled(brought: StatementFile) -> None:
    take_in_statement(("FT1", HANOI, 4_200_000, CODE), by=FETCHER)
    services.settle_bank_lines()

    services.confirm_statement(file=brought, by=LAN)
    outbox.run_all()

    assert BankLine.objects.count() == 2
    assert Payment.objects.count() == 1
    assert AuditEvent.objects.get(action="reconciliation.statement_confirmed").changes["lines"] == 1


def test_a_confirmation_stays_as_it_was(brought: StatementFile) -> None:
    confirmation = services.confirm_statement(file=brought, by=LAN)

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        StatementConfirmation.objects.filter(pk=confirmation.pk).update(by_label="X")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        StatementConfirmation.objects.all()._raw_delete(using="default")


# --- What is confirmed -----------------------------------------------------------------------------
@pytest.mark.parametrize("swapped", [True, False], ids=["other bytes", "no bytes"])
def test_what_is_confirmed_is_what_was_brought(brought: StatementFile, *, swapped: bool) -> None:
    storage, name = brought.content.storage, str(brought.content.name)
    storage.delete(name)
    if swapped:
        storage.save(name, ContentFile(statement(("FT1", HANOI, 9_000_000, CODE))))

    with pytest.raises(FileChanged):
        services.confirm_statement(file=brought, by=LAN)

    assert nothing_is_booked()
    assert not StatementConfirmation.objects.exists()


def test_what_the_inbox_or_a_provider_brought_needs_nobody(brought: StatementFile) -> None:
    own = take_in_statement(("FT9", HANOI, 1_000, "x"), by=FETCHER).file
    theirs = take_in([], day=DAY).file

    assert list(selectors.waiting_statements()) == [brought]
    for file in (own, theirs):
        with pytest.raises(NothingToConfirm):
            services.confirm_statement(file=file, by=LAN)


def test_a_statement_without_lines_waits_too(asked: PaymentIntent) -> None:
    file, quiet = take_in_statement(by=HA).file, DAY - timedelta(days=1)
    assert not selectors.statement_covers(quiet)

    services.confirm_statement(file=file, by=LAN)

    assert selectors.statement_covers(quiet)
    assert not BankLine.objects.exists()


def test_the_same_bytes_from_the_inbox_are_the_banks_own_word(
    asked: PaymentIntent, brought: StatementFile, tmp_path: Path
) -> None:
    (tmp_path / "bank").mkdir()
    with brought.content.open("rb") as kept:
        (tmp_path / "bank" / "vcb.csv").write_bytes(kept.read())

    with override_settings(SETTLEMENT_INBOX=str(tmp_path)):
        tasks.fetch_files()
        tasks.fetch_files()
    outbox.run_all()

    confirmation = StatementConfirmation.objects.get()
    assert (confirmation.by_ref, confirmation.by_label) == ("", "SETTLEMENT_INBOX")
    assert Payment.objects.count() == 1


# --- The pages --------------------------------------------------------------------------------------
def desk_of(user: User) -> Client:
    return browser_of(Client(), user)


def page_of(desk: Client, file: StatementFile) -> str:
    answer: Any = desk.get(reverse("admin:payments_statementfile_change", args=[file.pk]))
    return str(answer.content.decode())


def test_two_people_of_finance_bring_and_confirm_a_statement(asked: PaymentIntent) -> None:
    own, other = (
        desk_of(member_of("finance", full_name=name, email=f"{at}@example.vn"))
        for at, name in enumerate(("Đỗ Ngân", "Lê Minh"))
    )
    answer = upload(own, "bank", statement(("FT1", HANOI, 4_200_000, CODE)))
    file = StatementFile.objects.get()
    confirm = step(file, "confirm")

    assert "một người khác cần xác nhận" in answer.content.decode()
    assert "chờ người thứ hai xác nhận" in page_of(own, file)
    assert confirm not in page_of(own, file)
    assert "chờ một người khác duyệt" in page_of(own, file)
    assert own.post(confirm).status_code == 403
    assert CODE in page_of(other, file)
    assert "1 sao kê chờ người thứ hai xác nhận" in other.get(reverse("finance")).content.decode()
    waiting = other.get(f"{reverse('admin:payments_statementfile_changelist')}?waits=1").content.decode()
    assert "thang 11.csv" in waiting

    assert confirm in page_of(other, file)
    assert "Đỗ Ngân" in other.get(confirm).content.decode()
    assert other.post(confirm).status_code == 302
    outbox.run_all()

    asked.refresh_from_db()
    assert asked.state == "succeeded"
    assert "đã xác nhận" in page_of(own, file)
    assert "Lê Minh" in page_of(own, file)
    assert confirm not in page_of(other, file)
    assert "sao kê chờ người thứ hai" not in other.get(reverse("finance")).content.decode()


def test_who_may_only_look_does_not_confirm(brought: StatementFile) -> None:
    onlooker = desk_of(member_of("operator"))

    assert step(brought, "confirm") not in page_of(onlooker, brought)
    assert onlooker.post(step(brought, "confirm")).status_code == 403
    assert not StatementConfirmation.objects.exists()
