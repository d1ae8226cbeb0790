"""The mornings: files are fetched from the folder, days compared, missing files told."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.test import override_settings

from payments.cases.enums import CaseKind
from payments.cases.models import MoneyCase
from payments.gateways import settlement_file
from payments.intents.models import Payment
from payments.reconciliation import selectors, tasks
from payments.reconciliation.models import BankLine, ReconciliationRun, StatementFile
from tests.factories.accounts import make_user
from tests.factories.payments import make_paid_intent
from tests.factories.settlements import DAY, FileGateway, line_of, served_by, statement
from voltgo.core import clock, outbox
from voltgo.schedule import SCHEDULE

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def inbox(tmp_path: Path) -> Iterator[Path]:
    for source in ("vnpay", "bank"):
        (tmp_path / source).mkdir()
    with (
        served_by(FileGateway()),
        override_settings(SETTLEMENT_INBOX=str(tmp_path)),
        time_machine.travel(NOW, tick=False),
    ):
        yield tmp_path


@pytest.fixture
def payment() -> Payment:
    with time_machine.travel(NOW - timedelta(hours=22), tick=False):
        make_paid_intent(payer=make_user())
    return Payment.objects.get()


def test_a_morning_fetches_compares_and_books(inbox: Path, payment: Payment) -> None:
    (inbox / "vnpay" / f"vnpay-{DAY}.csv").write_bytes(settlement_file.write([line_of(payment)]))
    (inbox / "bank" / "vcb.csv").write_bytes(statement(("FT1", "21/11/2026", 7_000, "x")))

    assert tasks.fetch_files() == 2
    assert tasks.fetch_files() == 0
    tasks.reconcile_providers()
    tasks.reconcile_bank()
    outbox.run_all()

    runs = {run.source: run.counts for run in ReconciliationRun.objects.filter(day=DAY)}
    assert runs["vnpay"] == {"matched": 1}
    assert runs["bank"] == {"unknown_ref": 1}
    assert BankLine.objects.get().state == "suspense"
    assert {"vnpay", "bank"} & set(tasks.alert_missing_files()) == set()


def test_a_file_that_cannot_be_read_is_a_case_and_the_others_come_in(inbox: Path, payment: Payment) -> None:
    good = settlement_file.write([line_of(payment)])
    (inbox / "vnpay" / f"a-{DAY}.csv").write_bytes(good + b"payment,1,2,x,0,now\n")
    (inbox / "vnpay" / f"b-{DAY}.csv").write_bytes(good)
    (inbox / "vnpay" / "c.exe").write_bytes(good)
    (inbox / "vnpay" / "d.csv").symlink_to("/etc/hostname")

    assert tasks.fetch_files() == 1

    assert StatementFile.objects.get().name == f"b-{DAY}.csv"
    case = MoneyCase.objects.get()
    assert (case.kind, case.details["line"]) == (CaseKind.RECONCILIATION, 3)


def test_a_statement_of_a_quiet_day_counts_for_that_day_alone(inbox: Path) -> None:
    quiet = DAY - timedelta(days=2)
    (inbox / "bank" / f"bank-{quiet}.csv").write_bytes(statement())
    unnamed = inbox / "bank" / "download.csv"
    unnamed.write_bytes(statement())
    os.utime(unnamed, (NOW.timestamp(), NOW.timestamp()))

    assert tasks.fetch_files() == 2
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        assert tasks.fetch_files() == 0

    assert set(StatementFile.objects.values_list("name", "day")) == {
        (f"bank-{quiet}.csv", quiet),
        ("download.csv", DAY),
    }
    assert not selectors.statement_covers(clock.today())


def test_without_files_the_morning_ends_with_an_alert() -> None:
    tasks.reconcile_providers()
    outbox.run_all()

    assert {"vnpay", "bank"} <= set(tasks.alert_missing_files())
    assert ReconciliationRun.objects.get(source="vnpay").file_missing
    assert MoneyCase.objects.filter(kind=CaseKind.FILE_MISSING, details__source="vnpay").count() == 1


def test_the_jobs_run_at_their_hours() -> None:
    hours = {name: (SCHEDULE[name]["schedule"].hour, SCHEDULE[name]["schedule"].minute) for name in (
        "files", "reconciliation", "bank", "missing-files", "ledger-proof",
    )}  # fmt: skip

    assert hours == {
        "files": ({7}, {30}),
        "reconciliation": ({8}, {0}),
        "bank": ({9}, {0}),
        "missing-files": ({10}, {0}),
        "ledger-proof": ({23}, {30}),
    }
