"""Pages: what a renter wants on invoices, and what finance does with rules and invoice data."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from payments.invoices import buyers, einvoices, exporting
from payments.invoices.buyer_models import BuyerDetails
from payments.invoices.documents import ReceiptLine
from payments.invoices.einvoice_models import EInvoice, EInvoiceBatch
from payments.invoices.enums import Activity, EInvoiceState
from payments.invoices.services import issue_receipt
from payments.invoices.tax_models import TaxRule
from tests.factories.accounts import make_user
from tests.factories.rentals import make_tax_rules
from tests.personas import _member
from voltgo.core import clock, outbox
from voltgo.core.actors import SYSTEM

COMPANY = {
    "kind": "company", "name": "Công ty Bình Minh", "tax_code": "0100109106", "address": "Hà Nội",
    "email": "ke-toan@example.vn",
}  # fmt: skip


@pytest.fixture
def person():
    return make_user(full_name="Nguyễn An")


@pytest.fixture
def client(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def finance():
    client = Client()
    client.force_login(_member("finance", email="finance@example.vn", full_name="Thu Hà"))
    return client


def in_days(days):
    return clock.today() + timedelta(days=days)


# --- The buyer ----------------------------------------------------------------------------------------


def test_a_person_keeps_and_drops_what_stands_on_all_invoices(client, person):
    url = reverse("payments:invoice-details")

    assert client.get(url).status_code == 200
    assert client.post(url, COMPANY).status_code == 302
    assert buyers.buyer_of(user=person).tax_code == "0100109106"
    assert "Công ty Bình Minh" in client.get(url).content.decode()
    assert client.post(url, {"forget": "1"}).status_code == 302
    assert not BuyerDetails.objects.exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tax_code": "0100109107"}, "Mã số thuế gồm 10 chữ số"),
        ({"address": ""}, "Hóa đơn cho công ty cần địa chỉ"),
        ({"kind": "foreigner"}, "Số hộ chiếu gồm 6 đến 12"),
        ({"kind": "nobody"}, "nobody"),
    ],
)
def test_what_cannot_stand_on_an_invoice_is_said_and_kept_in_the_form(client, change, words):
    answer = client.post(reverse("payments:invoice-details"), COMPANY | change)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Công ty Bình Minh" in answer.content.decode()
    assert not BuyerDetails.objects.exists()


def test_a_passport_is_not_kept_in_clear(client, person):
    sent = {"kind": "foreigner", "name": "Anna Schmidt", "person_number": "c01x00t47"}
    client.post(reverse("payments:invoice-details"), sent)

    row = BuyerDetails.objects.get()
    assert "C01X00T47" not in row.person_number_encrypted
    assert buyers.buyer_of(user=person).person_number == "C01X00T47"


def test_nobody_without_an_account_gets_there():
    assert Client().get(reverse("payments:invoice-details")).status_code == 302


# --- Finance: rules -----------------------------------------------------------------------------------


def test_a_rule_is_typed_in_percent_and_starts_today_or_later(finance):
    make_tax_rules(valid_until=in_days(30))
    url = reverse("admin:payments_taxrule_add")
    sent = {
        "activity": "fee", "vat_bp": "8,5", "source": "Nghị quyết", "status": "confirmed",
        "valid_from": in_days(31).isoformat(),
    }  # fmt: skip

    early = finance.post(url, sent | {"valid_from": "2020-02-02"})
    overlapping = finance.post(url, sent | {"valid_from": in_days(30).isoformat()})
    done = finance.post(url, sent)

    assert "Quy tắc mới chỉ áp dụng từ hôm nay trở đi" in early.content.decode()
    assert "Đã có quy tắc khác của hoạt động này" in overlapping.content.decode()
    assert done.status_code == 302
    assert TaxRule.objects.get(valid_from=in_days(31)).vat_bp == 850


def test_a_rule_without_a_rate_is_not_subject_to_vat(finance):
    TaxRule.objects.all().delete()
    sent = {"activity": "fine", "vat_bp": "", "source": "Thu hộ", "status": "unconfirmed"}

    finance.post(reverse("admin:payments_taxrule_add"), sent | {"valid_from": in_days(1).isoformat()})

    assert TaxRule.objects.get().vat_bp is None


def test_a_rule_in_use_is_only_followed_by_another(finance):
    make_tax_rules()
    rule = TaxRule.objects.get(activity=Activity.COMPENSATION)
    page = reverse("admin:payments_taxrule_change", args=[rule.pk])
    step = reverse("admin:payments_taxrule_step", args=[rule.pk, "succeed"])

    assert "hãy lập quy tắc kế tiếp" in finance.get(page).content.decode()
    assert finance.post(page, {"vat_bp": "10"}).status_code == 403
    done = finance.post(
        step,
        {"valid_from": in_days(5).isoformat(), "vat_bp": "10", "source": "Công văn", "status": "confirmed"},
    )

    assert done.status_code == 302
    rule.refresh_from_db()
    assert (rule.valid_until, rule.vat_bp) == (in_days(4), None)
    assert TaxRule.objects.get(activity=Activity.COMPENSATION, valid_from=in_days(5)).vat_bp == 1_000


# --- Finance: invoices --------------------------------------------------------------------------------


@pytest.fixture
def invoice(person):
    receipt = issue_receipt(
        reference="order:VG-7K2M4Q", payer=person, lines=[ReceiptLine("Thuê xe", "Rental", 600_000, 800)],
        title=("Thuê xe", "Rental"), details=[], paid_by=[], by=SYSTEM,
    )  # fmt: skip
    made = einvoices.draft_sale(receipt_id=receipt.pk)
    assert made is not None
    return made


def test_finance_hands_one_over_downloads_it_and_takes_the_answers_in(finance, invoice):
    done = finance.post(reverse("admin:payments_einvoice_step", args=[invoice.pk, "export"]))
    outbox.run_all()
    batch = EInvoiceBatch.objects.get()
    file = finance.get(reverse("admin:payments_einvoicebatch_file", args=[batch.pk, "xml"]))
    content = f"id,state,number,authority_code\n{invoice.pk},coded,17,M1\n".encode()
    taken = finance.post(
        reverse("admin:payments_einvoicebatch_step", args=[batch.pk, "answers"]),
        {"file": SimpleUploadedFile("answers.csv", content)},
    )

    assert (done.status_code, taken.status_code) == (302, 302)
    assert b"".join(file.streaming_content).startswith(b"<?xml")
    assert "no-store" in file.headers["Cache-Control"]
    invoice.refresh_from_db()
    assert (invoice.state, invoice.number) == (EInvoiceState.CODED, "17")
    assert (
        finance.get(reverse("admin:payments_einvoice_step", args=[invoice.pk, "export"])).status_code == 302
    )
    assert EInvoiceBatch.objects.count() == 1


def test_a_file_that_is_none_is_refused_at_the_form(finance, invoice):
    batch = exporting.export_drafts(by=SYSTEM)
    answer = finance.post(
        reverse("admin:payments_einvoicebatch_step", args=[batch.pk, "answers"]),
        {"file": SimpleUploadedFile("answers.csv", b"%PDF")},
    )

    assert answer.status_code == 422
    assert "Không đọc được tệp trả lời" in answer.content.decode()


def test_operators_look_but_hand_nothing_over(operator, invoice):
    client = Client()
    client.force_login(operator)
    exporting.export_drafts(by=SYSTEM)
    outbox.run_all()
    batch = EInvoiceBatch.objects.get()

    assert client.get(reverse("admin:payments_einvoice_change", args=[invoice.pk])).status_code == 200
    again = client.post(reverse("admin:payments_einvoice_step", args=[invoice.pk, "export-again"]))
    assert again.status_code == 403
    # Buyers' numbers stand in the file in full.
    assert (
        client.get(reverse("admin:payments_einvoicebatch_file", args=[batch.pk, "json"])).status_code == 404
    )
    assert EInvoice.objects.get().batch == batch
