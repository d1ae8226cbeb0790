"""The pages of finance: upload, runs, differences, bank lines, downloads, and money at a glance."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.access.roles import sync_groups
from accounts.users.models import User
from payments.cases.enums import CaseState
from payments.cases.models import MoneyCase
from payments.finance.dashboard import finance_page
from payments.gateways import settlement_file
from payments.intents.models import Payment
from payments.ledger import chart
from payments.ledger import selectors as ledger
from payments.reconciliation import services
from payments.reconciliation.enums import Action
from payments.reconciliation.models import BankLine, ReconciliationItem, ReconciliationRun, StatementFile
from tests.factories.accounts import make_user
from tests.factories.payments import make_intent, make_paid_intent
from tests.factories.settlements import (
    DAY,
    FileGateway,
    line_of,
    served_by,
    statement,
    take_in,
    take_in_statement,
)

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _gateway() -> Iterator[None]:
    with served_by(FileGateway()), time_machine.travel(NOW, tick=False):
        yield


def member_of(role: str, **fields: Any) -> User:
    user = make_user(is_staff=True, **fields)
    user.groups.add(sync_groups()[role])
    return user


def browser_of(client: Client, user: User) -> Client:
    client.force_login(user, backend="accounts.users.backends.AuthenticationBackend")
    return client


@pytest.fixture
def desk(client: Client) -> Client:
    return browser_of(client, member_of("finance", full_name="Đỗ Ngân"))


@pytest.fixture
def payment() -> Payment:
    make_paid_intent(payer=make_user())
    return Payment.objects.get()


@pytest.fixture
def run(payment: Payment) -> ReconciliationRun:
    """One payment that agrees, one line that nobody knows."""
    unknown = line_of(payment, provider_ref="=cmd()", merchant_ref="X1", amount=1_000_000)
    take_in([line_of(payment), unknown])
    return services.reconcile(source="vnpay", day=DAY)


def step(row: Any, name: str) -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_step", args=[row.pk, name])


def upload(desk: Client, source: str, content: bytes) -> Any:
    file = SimpleUploadedFile("thang 11.csv", content, content_type="text/csv")
    url = reverse("admin:payments_statementfile_import")
    return desk.post(url, {"source": source, "file": file}, follow=True)


def test_finance_uploads_a_settlement_file_and_a_statement(desk: Client, payment: Payment) -> None:
    content = settlement_file.write([line_of(payment)])

    first = upload(desk, "vnpay", content)
    again = upload(desk, "vnpay", content)
    upload(desk, "bank", statement(("FT1", "21/11/2026", 1_000, "x")))

    assert "Đã nhận 1 dòng mới" in first.content.decode()
    assert "đã được nhận từ trước" in again.content.decode()
    assert sorted(StatementFile.objects.values_list("source", flat=True)) == ["bank", "vnpay"]
    assert StatementFile.objects.get(source="vnpay").received_by == "Đỗ Ngân"


def test_a_bad_file_is_refused_with_its_line(desk: Client, payment: Payment) -> None:
    content = settlement_file.write([line_of(payment)]) + b"payment,1,2,x,0,now\n"

    page = upload(desk, "vnpay", content).content.decode()

    assert "dòng 3" in page
    assert not StatementFile.objects.exists()


def test_who_may_only_look_cannot_upload_decide_or_resolve(client: Client, run: ReconciliationRun) -> None:
    desk = browser_of(client, member_of("operator"))
    take_in_statement(("FT1", "21/11/2026", 5_000, "x"))
    services.settle_bank_lines()
    line, item = BankLine.objects.get(), run.items.get(status="missing_internal")

    assert upload(desk, "vnpay", b"x").status_code == 403
    assert desk.post(step(line, "decide"), {"wish": "not_ours", "reason": "x"}).status_code == 403
    assert desk.post(step(item, "resolve"), {"action": "ignore", "reason": "x"}).status_code == 403
    assert BankLine.objects.get().state == "suspense"


def test_a_run_shows_its_lights_and_leads_to_what_is_open(desk: Client, run: ReconciliationRun) -> None:
    lists = desk.get(reverse("admin:payments_reconciliationrun_changelist")).content.decode()
    page = desk.get(reverse("admin:payments_reconciliationrun_change", args=[run.pk])).content.decode()
    items = desk.get(f"{reverse('admin:payments_reconciliationitem_changelist')}?open=1").content.decode()

    assert "1 khớp" in lists
    assert "1 họ có, ta không có" in lists
    assert "1.000.000" in page
    assert "payment:=cmd():1" in items
    assert f"payment:{run.items.get(status='matched').key.split(':')[1]}" not in items


def test_a_run_is_downloaded_as_csv_without_formulas_and_as_pdf(desk: Client, run: ReconciliationRun) -> None:
    table = desk.get(reverse("admin:payments_reconciliationrun_csv", args=[run.pk]))
    paper = desk.get(reverse("admin:payments_reconciliationrun_pdf", args=[run.pk]))
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))

    assert [(row["status"], row["difference"]) for row in rows] == [
        ("matched", "0"),
        ("missing_internal", "1000000"),
    ]
    assert not any(value.startswith("=") for row in rows for value in row.values())
    assert paper.content.startswith(b"%PDF")
    assert all(answer["Cache-Control"].startswith("private, no-store") for answer in (table, paper))


def test_downloads_are_not_for_strangers(client: Client, run: ReconciliationRun) -> None:
    for name in ("csv", "pdf"):
        url = reverse(f"admin:payments_reconciliationrun_{name}", args=[run.pk])
        assert client.get(url).status_code == 302
        reviewer = browser_of(Client(), member_of("reviewer"))
        assert reviewer.get(url).status_code == 404


def test_a_difference_that_is_ignored_stays_so_in_later_runs(desk: Client, run: ReconciliationRun) -> None:
    item = run.items.get(status="missing_internal")

    answer = desk.post(
        step(item, "resolve"), {"action": Action.IGNORE, "reason": "VNPay ghi nhầm", "target": ""}
    )

    assert answer.status_code == 302
    again = services.reconcile(source="vnpay", day=DAY)
    assert again.counts == {"ignored": 1, "matched": 1}
    assert MoneyCase.objects.get().state == CaseState.RESOLVED
    assert again.fingerprint == run.fingerprint


def test_unknown_money_of_a_file_is_booked_for_a_booking(desk: Client, run: ReconciliationRun) -> None:
    item = run.items.get(status="missing_internal")
    intent = make_intent(
        payer=make_user(), reference="order:VG-2", prepayment_amount=1_000_000, deposit_amount=0
    )
    assert ledger.balance(chart.SUSPENSE) == 1_000_000
    answer = desk.post(
        step(item, "resolve"), {"action": Action.BOOK, "reason": "khách gửi ảnh", "target": intent.reference}
    )

    assert answer.status_code == 302
    intent.refresh_from_db()
    assert intent.state == "succeeded"
    assert ledger.balance(chart.SUSPENSE) == 0
    assert services.reconcile(source="vnpay", day=DAY).counts == {"matched": 2}


def test_what_cannot_be_done_is_said_at_the_form(desk: Client, run: ReconciliationRun) -> None:
    item = run.items.get(status="missing_internal")

    asked = desk.get(step(item, "resolve")).content.decode()
    unfit = desk.post(step(item, "resolve"), {"action": Action.REFUND, "reason": "x", "target": ""})
    nobody = desk.post(step(item, "resolve"), {"action": Action.BOOK, "reason": "x", "target": "VG-0"})

    assert "ghi sổ theo cổng thanh toán" in asked
    assert "yêu cầu hoàn tiền" not in asked
    assert unfit.status_code == nobody.status_code == 422
    assert "Không tìm thấy đơn" in nobody.content.decode()
    assert not ReconciliationItem.objects.filter(status="ignored").exists()


def test_a_second_person_confirms_a_large_decision(desk: Client, client: Client) -> None:
    take_in_statement(("FT1", "21/11/2026", 9_000_000, "gop von"))
    services.settle_bank_lines()
    line = BankLine.objects.get()
    asked = desk.post(step(line, "decide"), {"wish": "not_ours", "target": "", "reason": "vốn góp"})
    own = desk.post(step(line, "confirm"))
    assert (asked.status_code, own.status_code) == (302, 403)

    other = browser_of(Client(), member_of("finance", email="second@example.vn"))
    assert other.post(step(line, "confirm")).status_code == 302

    line.refresh_from_db()
    assert line.state == "ignored"
    assert ledger.balance(chart.BANK_OTHER) == 9_000_000


def test_an_original_file_is_only_ever_a_download(desk: Client, run: ReconciliationRun) -> None:
    file = StatementFile.objects.get()

    answer = desk.get(reverse("admin:payments_statementfile_original", args=[file.pk]))

    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content).startswith(b"kind,")  # type: ignore[attr-defined]


# --- Money at a glance --------------------------------------------------------------------------------
def test_the_finance_page_reads_from_the_ledger_within_fifteen_queries(run: ReconciliationRun) -> None:
    with CaptureQueriesContext(connection) as queries:
        page = finance_page()

    assert len(queries) <= 15
    assert (page.came, page.went) == (4_200_000, 0)
    vnpay = next(flow for flow in page.flows if flow.label == "VNPay")
    assert (vnpay.came, vnpay.held) == (4_200_000, 5_200_000)
    amounts = {figure.label: figure.amount for figure in [*page.owed, *page.places]}
    assert amounts["Tiền cọc đang giữ"] == 3_000_000
    assert amounts["Tiền thuê nhận trước"] == 1_200_000
    assert amounts["Tiền chưa rõ của ai"] == 1_000_000
    assert [each.total for each in page.aged] == [0, 0, 0, 1]


def test_every_figure_of_the_finance_page_leads_to_a_list(desk: Client, run: ReconciliationRun) -> None:
    page = finance_page()
    urls = {figure.url for figure in [*page.owed, *page.places]}
    urls |= {each.url for each in page.aged} | {each.url for each in page.files}
    urls |= {flow.url for flow in page.flows}

    for url in urls:
        answer = desk.get(url)
        assert answer.status_code == 200, url
        assert "e=1" not in answer.request["QUERY_STRING"], url


def test_the_finance_page_opens_for_finance_and_for_nobody_else(desk: Client) -> None:
    url = reverse("finance")

    html = desk.get(url).content.decode()
    assert "Tiền vào và ra hôm nay" in html
    assert "Chưa có tệp đối soát ngày 20/11/2026" in html
    assert browser_of(Client(), member_of("reviewer")).get(url).status_code == 403
    assert browser_of(Client(), make_user()).get(url).status_code == 302
    assert Client().get(url).status_code == 302
