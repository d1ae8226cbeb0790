"""Receipts: numbered without gaps, frozen, printed so that every word and number can be read back."""

import hashlib
import shutil
import subprocess
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils.html import strip_tags

from accounts.access.roles import sync_groups
from accounts.users.models import User
from payments.invoices import services, signals
from payments.invoices.documents import DepositOutcome, Detail, PaidBy, ReceiptLine
from payments.invoices.enums import ReceiptState
from payments.invoices.errors import NothingToReceipt
from payments.invoices.models import Receipt, ReceiptCounter
from tests.factories.accounts import make_user
from voltgo.core import outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.models import OutboxMessage

LINES = [
    ReceiptLine("Thuê xe 10 giờ", "Rental, 10 hours", 1_200_000, 800, "1", 1_200_000),
    ReceiptLine("Trả xe trễ 1 giờ", "Late return, 1 hour", 100_000, 800, "1 giờ", 100_000),
    ReceiptLine("Bồi thường vết xước cản trước", "Scratch on the front bumper", 500_000, None),
]


@pytest.fixture
def payer() -> User:
    return make_user(full_name="Nguyễn Thị Ánh Tuyết", email="tuyet@example.vn")


def issue(payer: User, reference: str = "order:VG-7K2M4Q", lines: list[ReceiptLine] | None = None) -> Receipt:
    return services.issue_receipt(
        reference=reference,
        payer=payer,
        lines=LINES if lines is None else lines,
        title=("Thuê VinFast VF 5 Plus", "Rental of VinFast VF 5 Plus"),
        details=[
            Detail("Biển số", "Plate", "51K-123.45"),
            Detail("Thời gian", "Period", "08:00 22/11/2026 – 18:00 22/11/2026"),
        ],
        paid_by=[PaidBy("VNPay", "VNPay", 1_200_000, datetime(2026, 11, 22, 1, 0, tzinfo=UTC))],
        deposit=DepositOutcome(held=3_000_000, captured=600_000, returned=2_400_000),
        by=SYSTEM,
    )


def test_what_is_kept_for_camera_fines_is_no_money_returned(payer: User) -> None:
    kept = DepositOutcome(
        held=3_000_000, captured=600_000, returned=1_900_000, kept=500_000, kept_until=date(2026, 12, 24)
    )
    receipt = services.issue_receipt(
        reference="order:VG-KEPT", payer=payer, lines=LINES, title=("Thuê", "Rental"), paid_by=[], details=[],
        deposit=kept, by=SYSTEM,
    )  # fmt: skip

    said = squeezed(strip_tags(services.receipt_html(receipt)))

    assert receipt.content["deposit"]["kept_until"] == "2026-12-24"
    assert squeezed("Trả lại khách Returned 1.900.000 ₫") in said
    assert squeezed("Giữ đến 24/12/2026 chờ phạt nguội, rồi tự trả lại") in said
    assert squeezed("Kept until 24/12/2026 for camera fines, then returned by itself 500.000 ₫") in said


def test_a_receipt_from_before_kept_money_was_told_apart_still_prints(payer: User) -> None:
    receipt = issue(payer)
    receipt.content["deposit"] = {"held": 3_000_000, "captured": 600_000, "returned": 2_400_000}

    assert "chờ phạt nguội" not in services.receipt_html(receipt)


def rendered(payer: User) -> Receipt:
    return services.render_receipt(receipt_id=issue(payer).pk)


def content_of(receipt: Receipt) -> bytes:
    with receipt.pdf.open("rb") as file:
        return bytes(file.read())


def text_of(receipt: Receipt, folder: Path) -> str:
    path = folder / "receipt.pdf"
    path.write_bytes(content_of(receipt))
    tool = shutil.which("pdftotext")
    assert tool, "pdftotext (poppler-utils) is needed"
    text = subprocess.run([tool, path, "-"], check=True, capture_output=True).stdout.decode()
    return squeezed(text)


def squeezed(text: str) -> str:
    """Leave out white space: how much of it stands between two columns is the reader's guess."""
    return "".join(unicodedata.normalize("NFC", text).split())


def test_a_receipt_freezes_its_lines_and_sums(payer: User) -> None:
    receipt = issue(payer)
    assert (receipt.net, receipt.vat, receipt.total) == (
        1_111_111 + 92_593 + 500_000,
        88_889 + 7_407,
        1_800_000,
    )
    assert [line["net"] for line in receipt.lines] == [1_111_111, 92_593, 500_000]
    assert receipt.state == ReceiptState.ISSUED
    assert OutboxMessage.objects.get(topic="receipts.render").payload == {"receipt_id": str(receipt.pk)}


def test_numbers_count_up_within_a_year_and_start_again_with_the_next(payer: User) -> None:
    # Half past midnight of new year's day in Vietnam is still the old year in UTC.
    with time_machine.travel("2026-12-31T16:59:00Z", tick=False):
        old = [issue(payer, f"order:{number}").number for number in range(2)]
    with time_machine.travel("2026-12-31T17:30:00Z", tick=False):
        new = issue(payer, "order:new").number
    assert (old, new) == (["BN-2026-000001", "BN-2026-000002"], "BN-2027-000001")


def test_a_reference_has_one_receipt(payer: User) -> None:
    first = issue(payer)
    again = issue(payer, lines=LINES[:1])
    assert again.pk == first.pk
    assert again.total == 1_800_000
    assert ReceiptCounter.objects.get().last_number == 1
    assert OutboxMessage.objects.filter(topic="receipts.render").count() == 1


def test_a_receipt_needs_lines_and_a_refusal_takes_no_number(payer: User) -> None:
    with pytest.raises(NothingToReceipt):
        issue(payer, lines=[])
    assert not ReceiptCounter.objects.exists()


def test_a_rolled_back_receipt_leaves_no_gap(payer: User) -> None:
    with transaction.atomic():
        issue(payer, "order:lost")
        transaction.set_rollback(True)
    assert issue(payer).number.endswith("-000001")


@pytest.mark.parametrize(
    "change", [{"total": 1, "net": 1, "vat": 0}, {"lines": []}, {"number": "BN-2026-999999"}]
)
def test_an_issued_receipt_is_not_changed(payer: User, change: dict[str, object]) -> None:
    receipt = issue(payer)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        Receipt.objects.filter(pk=receipt.pk).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Receipt.objects.filter(pk=receipt.pk)._raw_delete("default")
    receipt.refresh_from_db()
    assert receipt.total == 1_800_000


# --- The document -------------------------------------------------------------------------------
def test_every_line_sum_and_rate_can_be_read_from_the_pdf(payer: User, tmp_path: Path) -> None:
    receipt = rendered(payer)
    text = text_of(receipt, tmp_path)
    for words in (
        f"Số Number {receipt.number}",
        "Nguyễn Thị Ánh Tuyết",
        "0000000000",
        "Biển số Plate 51K-123.45",
        "08:00 22/11/2026 – 18:00 22/11/2026",
        "Thuê xe 10 giờ",
        "Rental, 10 hours",
        "Bồi thường vết xước cản trước",
        "Tổng cộng Total 1.800.000 ₫",
        "8% 1.203.704 ₫ 96.296 ₫ 1.300.000 ₫",
        "Không chịu thuế No VAT 500.000 ₫ 0 ₫ 500.000 ₫",
        "22/11/2026 08:00",
        "Trả lại khách Returned",
        "2.400.000 ₫",
        "không phải hóa đơn giá trị gia tăng",
        "This is a payment receipt, not a VAT invoice.",
    ):
        assert squeezed(words) in text


def test_rendering_again_gives_the_same_bytes(payer: User) -> None:
    receipt = rendered(payer)
    content = content_of(receipt)
    assert hashlib.sha256(content).hexdigest() == receipt.sha256
    default_storage.delete(str(receipt.pdf.name))
    Receipt.objects.filter(pk=receipt.pk).update(state=ReceiptState.ISSUED)
    again = services.render_receipt(receipt_id=receipt.pk)
    assert content_of(again) == content
    assert again.pdf.name == receipt.pdf.name


def test_a_file_that_a_dying_worker_left_half_written_is_replaced(payer: User) -> None:
    receipt = rendered(payer)
    content, name = content_of(receipt), str(receipt.pdf.name)
    Receipt.objects.filter(pk=receipt.pk).update(state=ReceiptState.ISSUED)
    default_storage.delete(name)
    default_storage.save(name, ContentFile(content[:1000]))
    again = services.render_receipt(receipt_id=receipt.pk)
    assert again.pdf.name == name
    assert content_of(again) == content
    assert default_storage.listdir("receipts/" + name.split("/")[1])[1].count(Path(name).name) == 1


def test_the_job_runs_once_and_tells_once(payer: User) -> None:
    heard: list[Receipt] = []

    def on_rendered(sender: object, receipt: Receipt, **_kwargs: object) -> None:
        heard.append(receipt)

    signals.receipt_rendered.connect(on_rendered)
    try:
        receipt = issue(payer)
        outbox.run_all()
        services.render_receipt(receipt_id=receipt.pk)
    finally:
        signals.receipt_rendered.disconnect(on_rendered)
    assert [row.pk for row in heard] == [receipt.pk]
    assert heard[0].sha256


def test_a_receipt_without_deposit_and_payment_leaves_these_parts_out(payer: User, tmp_path: Path) -> None:
    receipt = services.issue_receipt(
        reference="order:PLAIN",
        payer=payer,
        lines=LINES[:1],
        title=("Thuê xe", ""),
        details=[],
        paid_by=[],
        by=SYSTEM,
    )
    text = text_of(services.render_receipt(receipt_id=receipt.pk), tmp_path)
    assert squeezed("Tiền cọc") not in text
    assert squeezed("Paid by") not in text


# --- Who may read it ----------------------------------------------------------------------------
def fetch(user: User, receipt: Receipt) -> int:
    client = Client()
    client.force_login(user)
    response = client.get(receipt.get_absolute_url())
    if response.streaming:
        # Reading to the end closes the file.
        assert b"".join(response.streaming_content).startswith(b"%PDF")  # type: ignore[attr-defined]
    return response.status_code


def test_the_payer_downloads_it(payer: User) -> None:
    receipt = rendered(payer)
    client = Client()
    client.force_login(payer)
    response = client.get(receipt.get_absolute_url())
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/pdf"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert f'filename="{receipt.number}.pdf"' in response.headers["Content-Disposition"]
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert hashlib.sha256(content).hexdigest() == receipt.sha256


def test_a_stranger_and_staff_without_permission_find_nothing(payer: User) -> None:
    receipt = rendered(payer)
    assert fetch(make_user(full_name="Đinh Công Thành"), receipt) == 404
    assert fetch(make_user(full_name="Quang Huy", is_staff=True), receipt) == 404
    assert Client().get(receipt.get_absolute_url()).status_code == 302


def test_finance_downloads_it(payer: User) -> None:
    finance = make_user(full_name="Thu Hà", is_staff=True)
    finance.groups.add(sync_groups()["finance"])
    assert fetch(finance, rendered(payer)) == 200


def test_a_receipt_still_in_the_making_says_so(payer: User) -> None:
    assert fetch(payer, issue(payer)) == 409
