"""Invoice data: written once, handed over daily, coded by answers, adjusted and never cancelled."""

import csv
import io
import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction

from payments.cases.models import MoneyCase
from payments.invoices import buyers, einvoices, exporting, services
from payments.invoices.buyers import Buyer
from payments.invoices.documents import ReceiptLine
from payments.invoices.einvoice_models import EInvoice, EInvoiceBatch
from payments.invoices.enums import BuyerKind, EInvoiceKind, EInvoiceState
from payments.invoices.errors import AdjustmentTooLarge, AnswersUnreadable
from payments.invoices.providers import COLUMNS
from payments.invoices.tasks import export_einvoices
from tests.factories.accounts import make_user
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import InvalidInput
from voltgo.core.models import StateEvent

LINES = [
    ReceiptLine("Thuê xe 2 ngày", "Rental", 1_200_000, 800),
    ReceiptLine("Giờ trả trễ", "Late", 110_000, 1000),
    ReceiptLine("Bồi thường vết xước", "Scratch", 500_000, None),
]


@pytest.fixture
def payer():
    return make_user(full_name="Nguyễn An", email="an@example.vn")


def receipt_of(payer, reference="order:VG-7K2M4Q", lines=LINES):
    return services.issue_receipt(
        reference=reference, payer=payer, lines=lines, title=("Thuê xe", "Rental"), details=[], paid_by=[],
        by=SYSTEM, item="VF 5, 51K-123.45",
    )  # fmt: skip


def invoice_of(payer, **changes):
    invoice = einvoices.draft_sale(receipt_id=receipt_of(payer, **changes).pk)
    assert invoice is not None
    return invoice


def answers(*rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def coded(invoice, number="17", **changes):
    return {
        "id": str(invoice.pk), "state": "coded", "form": "1", "serial": "C26TVG", "number": number,
        "authority_code": f"M1-26-{number}", "issued_on": "2026-11-23", "provider_ref": f"p{number}", **changes,
    }  # fmt: skip


def code(invoice, number="17"):
    exporting.export_again(invoice=invoice, by=SYSTEM)
    exporting.import_answers(content=answers(coded(invoice, number)), by=SYSTEM)
    invoice.refresh_from_db()
    return invoice


def test_the_job_after_a_receipt_writes_its_invoice_down_once(payer):
    receipt = receipt_of(payer)
    outbox.run_all()
    einvoices.draft_sale(receipt_id=receipt.pk)

    invoice = EInvoice.objects.get()
    assert (invoice.state, invoice.kind, invoice.receipt) == (EInvoiceState.DRAFT, EInvoiceKind.SALE, receipt)
    assert (invoice.net, invoice.vat, invoice.total) == (1_211_111, 98_889, 1_310_000)
    assert invoice.vat == receipt.vat
    assert invoice.tax_point == clock.today() < invoice.due_on
    assert StateEvent.objects.filter(machine="einvoice", subject=str(invoice.pk)).count() == 1


def test_compensation_alone_has_no_invoice(payer):
    assert einvoices.draft_sale(receipt_id=receipt_of(payer, lines=LINES[2:]).pk) is None
    assert not EInvoice.objects.exists()


def test_a_persons_number_is_nowhere_in_clear_but_in_the_files_for_the_provider(payer):
    buyers.save_buyer(user=payer, buyer=Buyer(BuyerKind.FOREIGNER, "Anna Schmidt", "", "C01X00T47"))
    receipt = receipt_of(payer)
    invoice = einvoices.draft_sale(receipt_id=receipt.pk)
    assert invoice is not None
    exporting.export_drafts(by=SYSTEM)
    outbox.run_all()

    assert "C01X00T47" not in json.dumps([invoice.content, receipt.content])
    assert "•••• 0T47" in services.receipt_html(receipt)
    batch = EInvoiceBatch.objects.get()
    with default_storage.open(batch.xml) as file:
        assert ET.fromstring(file.read()).findtext(".//SHChieu") == "C01X00T47"


# --- Handing over -------------------------------------------------------------------------------------


def test_the_daily_job_hands_over_what_waits_in_files_whose_hashes_are_kept(payer):
    first, second = invoice_of(payer), invoice_of(payer, reference="order:B")

    assert export_einvoices() == 2
    assert export_einvoices() == 0
    outbox.run_all()

    batch = EInvoiceBatch.objects.get()
    assert (batch.count, batch.provider, batch.number) == (2, "file", 1)
    with default_storage.open(batch.json) as file:
        written = json.loads(file.read())
    assert [row["id"] for row in written] == [str(first.pk), str(second.pk)]
    assert batch.xml.startswith("einvoices/")
    assert len(batch.xml_sha256) == len(batch.json_sha256) == 64
    assert set(EInvoice.objects.values_list("state", "batch")) == {(EInvoiceState.EXPORTED, batch.pk)}
    assert exporting.write_files(batch_id=batch.pk).xml_sha256 == batch.xml_sha256


def test_an_invoice_can_be_handed_over_again_until_it_is_coded(payer):
    invoice = invoice_of(payer)
    exporting.export_drafts(by=SYSTEM)
    exporting.export_again(invoice=invoice, by=SYSTEM)
    outbox.run_all()

    assert list(EInvoiceBatch.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    code(invoice)
    with pytest.raises(InvalidInput):
        exporting.export_again(invoice=invoice, by=SYSTEM)


def test_an_invoice_without_a_code_after_its_day_becomes_a_case(payer):

    invoice = invoice_of(payer)
    assert exporting.mind_deadlines() == 0

    with time_machine.travel(clock.now() + timedelta(days=5), tick=False):
        assert exporting.mind_deadlines() == 1
        assert exporting.mind_deadlines() == 1

    case = MoneyCase.objects.get()
    assert (case.key, case.times, case.amount) == (f"einvoice-late:{invoice.pk}", 2, 1_310_000)


# --- Answers ------------------------------------------------------------------------------------------


def test_an_answer_brings_number_and_code_and_may_come_twice(payer):
    invoice = invoice_of(payer)
    exporting.export_drafts(by=SYSTEM)

    first = exporting.import_answers(content=answers(coded(invoice)), by=SYSTEM)
    again = exporting.import_answers(content=answers(coded(invoice)), by=SYSTEM)

    invoice.refresh_from_db()
    assert (first.coded, again.coded, again.repeated) == (1, 0, 1)
    assert (invoice.state, invoice.serial, invoice.number, invoice.authority_code) == (
        EInvoiceState.CODED, "C26TVG", "17", "M1-26-17",
    )  # fmt: skip
    assert not MoneyCase.objects.exists()


def test_a_rejected_invoice_is_a_case_and_can_leave_again(payer):
    invoice = invoice_of(payer)
    exporting.export_drafts(by=SYSTEM)

    no = {"id": str(invoice.pk), "state": "rejected", "reason": "MST người mua không tồn tại"}
    assert exporting.import_answers(content=answers(no), by=SYSTEM).rejected == 1

    invoice.refresh_from_db()
    assert (invoice.state, invoice.rejection) == (EInvoiceState.REJECTED, "MST người mua không tồn tại")
    assert MoneyCase.objects.get().reference == invoice.reference
    assert code(invoice).state == EInvoiceState.CODED


def test_answers_that_cannot_be_true_become_cases_and_hold_up_no_other(payer):
    one, two, draft = (invoice_of(payer, reference=f"order:{name}") for name in "ABC")
    for invoice in (one, two):
        exporting.export_again(invoice=invoice, by=SYSTEM)
    content = answers(
        {"id": "nobody", "state": "coded", "number": "1", "authority_code": "M"},
        coded(draft, "3"),
        coded(one, "17"),
        coded(two, "17"),
        coded(one, "18"),
    )

    result = exporting.import_answers(content=content, by=SYSTEM)

    assert (result.coded, result.rejected, len(result.problems)) == (1, 0, 4)
    assert MoneyCase.objects.count() == 4
    assert EInvoice.objects.filter(state=EInvoiceState.CODED).get() == one


def test_a_file_that_is_none_changes_nothing(payer):
    invoice = invoice_of(payer)
    exporting.export_drafts(by=SYSTEM)

    with pytest.raises(AnswersUnreadable):
        exporting.import_answers(content=b"%PDF-1.7", by=SYSTEM)

    invoice.refresh_from_db()
    assert invoice.state == EInvoiceState.EXPORTED


# --- Adjusting ----------------------------------------------------------------------------------------


def test_a_refund_after_the_invoice_is_an_adjustment_and_the_invoice_stays(payer):
    invoice = code(invoice_of(payer))

    less = einvoices.adjust_sale(original=invoice, back=310_000, reason="Hoàn một phần", key="r1", by=SYSTEM)
    again = einvoices.adjust_sale(original=invoice, back=310_000, reason="Hoàn một phần", key="r1", by=SYSTEM)

    assert again == less
    assert (less.kind, less.original, less.total) == (EInvoiceKind.ADJUSTMENT, invoice, -310_000)
    assert less.content["original"]["number"] == "17"
    assert less.content["in_words"].startswith("Âm ba trăm mười nghìn")
    code(less, "18")
    invoice.refresh_from_db()
    assert (invoice.state, invoice.total) == (EInvoiceState.ADJUSTED, 1_310_000)


def test_a_full_refund_in_parts_takes_back_exactly_all_of_the_vat(payer):
    invoice = code(invoice_of(payer))

    for number, back in enumerate((100_000, 333_333, 876_667)):
        einvoices.adjust_sale(original=invoice, back=back, reason="Hoàn", key=str(number), by=SYSTEM)
    with pytest.raises(AdjustmentTooLarge):
        einvoices.adjust_sale(original=invoice, back=1, reason="Hoàn", key="one more", by=SYSTEM)

    rows = EInvoice.objects.filter(kind=EInvoiceKind.ADJUSTMENT)
    assert (sum(row.net for row in rows), sum(row.vat for row in rows)) == (-1_211_111, -98_889)


@pytest.mark.parametrize(("back", "reason"), [(0, "Hoàn"), (-1, "Hoàn"), (10, " ")])
def test_an_adjustment_needs_an_amount_and_a_reason(payer, back, reason):
    invoice = invoice_of(payer)
    with pytest.raises(InvalidInput):
        einvoices.adjust_sale(original=invoice, back=back, reason=reason, key="r", by=SYSTEM)
    assert EInvoice.objects.count() == 1


def test_a_wrong_buyer_is_replaced_and_the_amounts_stay(payer):
    invoice = code(invoice_of(payer))
    company = Buyer(BuyerKind.COMPANY, "Công ty Bình Minh", "0100109106", "", "Hà Nội")

    newer = einvoices.replace_invoice(original=invoice, buyer=company, reason="Sai tên", key="1", by=SYSTEM)
    code(newer, "18")

    invoice.refresh_from_db()
    assert invoice.state == EInvoiceState.REPLACED
    assert (newer.total, newer.vat, newer.content["buyer"]["tax_code"]) == (1_310_000, 98_889, "0100109106")
    assert einvoices.sale_of(invoice.receipt) == newer


@pytest.mark.parametrize("change", [{"total": 1, "net": 1, "vat": 0}, {"content": {}}, {"reference": "x"}])
def test_what_was_written_down_is_neither_changed_nor_deleted(payer, change):
    invoice = invoice_of(payer)
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        EInvoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        EInvoice.objects.filter(pk=invoice.pk)._raw_delete("default")


def test_a_number_once_given_stays(payer):
    invoice = code(invoice_of(payer))
    with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
        EInvoice.objects.filter(pk=invoice.pk).update(number="99")
