"""Receipts of every kind of money: kept fees, debts paid, compensation, slips."""

import pytest
from django.test import Client
from django.urls import reverse

from payments.intents.models import Payment
from payments.intents.slips import issue_slips
from payments.invoices import services
from payments.invoices.documents import ReceiptLine
from payments.invoices.enums import ReceiptKind
from payments.invoices.models import Receipt, ReceiptCounter
from payments.invoices.selectors import receipts_for, receipts_of, rental_receipt
from tests.factories.accounts import make_user
from tests.factories.payments import REFERENCE, make_intent, settle
from voltgo.core import clock
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import NotFound
from voltgo.core.models import OutboxMessage


@pytest.fixture
def payer():
    return make_user(full_name="Nguyễn Thị Ánh Tuyết", email="tuyet@example.vn")


def fee(payer, key, gross=100_000):
    return services.issue_fee_receipt(
        reference=REFERENCE,
        key=key,
        payer=payer,
        lines=[ReceiptLine("Phí hủy", "Cancellation fee", gross, 800)],
        title=("Phí", "Fee"),
        by=SYSTEM,
    )


def rental(payer):
    return services.issue_receipt(
        reference=REFERENCE,
        payer=payer,
        lines=[ReceiptLine("Thuê xe", "Rental", 600_000, 800)],
        title=("Thuê xe", "Rental"),
        details=[],
        paid_by=[],
        by=SYSTEM,
    )


def test_a_reference_has_one_receipt_of_its_rental_and_one_of_each_fee(payer):
    first, second, again, whole = fee(payer, "a"), fee(payer, "b", 50_000), fee(payer, "a", 1), rental(payer)

    assert again == first
    assert [(row.kind, row.sequence, row.total) for row in receipts_for(REFERENCE)] == [
        (ReceiptKind.FEE, 1, 100_000),
        (ReceiptKind.FEE, 2, 50_000),
        (ReceiptKind.RENTAL, 1, 600_000),
    ]
    assert rental_receipt(REFERENCE) == whole
    assert [row.number[-6:] for row in (first, second, whole)] == ["000001", "000002", "000003"]


def test_a_slip_says_what_came_part_by_part_in_a_series_of_its_own(payer):
    intent = make_intent(payer=payer)
    settle(intent)
    intent.refresh_from_db()
    rental(payer)

    (slip,) = issue_slips(intent=intent, by=SYSTEM)
    (again,) = issue_slips(intent=intent, by=SYSTEM)

    assert again == slip
    assert slip.number == f"PT-{clock.today().year}-000001"
    assert [(line["label"], line["gross"], line["vat_bp"]) for line in slip.lines] == [
        ("Tiền thuê xe trả trước", 1_200_000, None),
        ("Tiền cọc", 3_000_000, None),
    ]
    assert (slip.total, slip.vat) == (Payment.objects.get().amount, 0)
    assert slip.content["in_words"] == "Bốn triệu hai trăm nghìn đồng"
    counters = dict(ReceiptCounter.objects.values_list("series", "last_number"))
    assert counters == {"BN": 1, "PT": 1}


def test_nothing_paid_has_no_slip(payer):
    with pytest.raises(NotFound):
        issue_slips(intent=make_intent(payer=payer), by=SYSTEM)
    assert not Receipt.objects.exists()


def test_a_debt_that_is_paid_has_a_receipt_at_once_and_no_invoice(payer):
    intent = make_intent(payer=payer, purpose="balance", prepayment_amount=350_000, deposit_amount=0)

    settle(intent)

    receipt = Receipt.objects.get()
    assert (receipt.kind, receipt.total, receipt.vat, receipt.payer) == (
        ReceiptKind.BALANCE, 350_000, 0, payer,
    )  # fmt: skip
    assert receipt.lines[0]["label"] == "Khoản còn thiếu của chuyến thuê"
    assert not OutboxMessage.objects.filter(topic=services.DRAFT).exists()


def test_a_prepayment_has_no_receipt_by_itself(payer):
    settle(make_intent(payer=payer))

    assert not Receipt.objects.exists()


def test_compensation_has_a_receipt_without_vat_and_no_invoice(payer):
    receipt = services.issue_compensation_receipt(
        reference=REFERENCE,
        key="fine:1",
        payer=payer,
        lines=[ReceiptLine("Phạt nguội", "Traffic fine", 900_000, None)],
        title=("Thu hộ tiền phạt", "Fine collected"),
        by=SYSTEM,
    )

    assert (receipt.kind, receipt.net, receipt.vat) == (ReceiptKind.COMPENSATION, 900_000, 0)
    assert not OutboxMessage.objects.filter(topic=services.DRAFT).exists()


@pytest.mark.parametrize("make", [lambda payer: fee(payer, "a"), rental])
def test_the_pdf_of_each_kind_is_made_and_says_that_it_is_no_invoice(payer, make):
    receipt = make(payer)

    assert "không phải hóa đơn giá trị gia tăng" in services.receipt_html(receipt)
    assert receipt.content["in_words"] in services.receipt_html(receipt)


def test_the_paper_of_a_slip_has_no_vat_table(payer):
    intent = make_intent(payer=payer)
    settle(intent)
    intent.refresh_from_db()

    html = services.receipt_html(issue_slips(intent=intent, by=SYSTEM)[0])

    assert "Phiếu thu" in html
    assert "Thuế suất" not in html
    assert "không phải hóa đơn giá trị gia tăng" in html


# --- Pages --------------------------------------------------------------------------------------------


def test_a_payer_asks_for_a_slip_and_a_stranger_finds_nothing(payer):
    intent = make_intent(payer=payer)
    settle(intent)
    url = reverse("payments:slip-create", args=[intent.pk])
    client, other = Client(), Client()
    client.force_login(payer)
    other.force_login(make_user())

    assert other.post(url).status_code == 404
    assert client.get(url).status_code == 405
    assert not Receipt.objects.exists()

    assert client.post(url).status_code == 302
    assert [receipt.kind for receipt in receipts_of(payer)] == [ReceiptKind.SLIP]
    assert other.get(Receipt.objects.get().get_absolute_url()).status_code == 404


def test_receipts_of_a_person_are_theirs_alone(payer):
    mine = fee(payer, "a")

    assert list(receipts_of(payer)) == [mine]
    assert not receipts_of(make_user()).exists()
