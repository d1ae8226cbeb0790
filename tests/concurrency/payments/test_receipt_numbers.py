"""Numbers without gaps and hand-overs without doubles, under real concurrency."""

from collections import Counter

import pytest
from django.db import transaction

from payments.invoices import einvoices, exporting
from payments.invoices.documents import ReceiptLine
from payments.invoices.einvoice_models import EInvoice, EInvoiceBatch
from payments.invoices.enums import EInvoiceState
from payments.invoices.models import Receipt
from payments.invoices.services import issue_fee_receipt, issue_receipt
from tests.concurrency.racing import race
from tests.factories.accounts import make_user
from voltgo.core.actors import SYSTEM


def kinds(results):
    return Counter(type(result).__name__ if isinstance(result, Exception) else "ok" for result in results)


@pytest.fixture
def payer():
    return make_user()


def fee(payer, key, *, fails=False):
    receipt = issue_fee_receipt(
        reference="order:A", key=key, payer=payer, lines=[ReceiptLine("Phí", "Fee", 100_000, 800)],
        title=("Phí", "Fee"), by=SYSTEM,
    )  # fmt: skip
    if fails:
        raise RuntimeError("the caller's transaction fails after the number was taken")
    return receipt


def test_fees_of_one_booking_are_counted_and_numbered_without_gaps(payer):
    # Eight at once, each asked for twice.
    assert kinds(race(16, lambda number: fee(payer, str(number % 8)))) == {"ok": 16}

    receipts = list(Receipt.objects.order_by("number"))
    assert [receipt.number[-6:] for receipt in receipts] == [f"{number:06d}" for number in range(1, 9)]
    assert sorted(receipt.sequence for receipt in receipts) == list(range(1, 9))


def test_a_caller_that_fails_leaves_no_gap_among_others(payer):
    def issue(number):
        with transaction.atomic():
            return fee(payer, str(number), fails=number % 3 == 0)

    race(12, issue)

    numbers = sorted(Receipt.objects.values_list("number", flat=True))
    assert [number[-6:] for number in numbers] == [f"{number:06d}" for number in range(1, 9)]


def test_two_who_export_at_once_send_no_invoice_twice(payer):
    for number in range(6):
        receipt = issue_receipt(
            reference=f"order:{number}", payer=payer, lines=[ReceiptLine("Thuê xe", "Rental", 600_000, 800)],
            title=("Thuê xe", "Rental"), details=[], paid_by=[], by=SYSTEM,
        )  # fmt: skip
        einvoices.draft_sale(receipt_id=receipt.pk)

    assert kinds(race(4, lambda _number: exporting.export_drafts(by=SYSTEM))) == {"ok": 4}

    assert sum(EInvoiceBatch.objects.values_list("count", flat=True)) == 6
    assert set(EInvoice.objects.values_list("state", flat=True)) == {EInvoiceState.EXPORTED}


def test_adjusting_at_once_never_takes_back_more_than_was_invoiced(payer):
    receipt = issue_receipt(
        reference="order:A", payer=payer, lines=[ReceiptLine("Thuê xe", "Rental", 600_000, 800)],
        title=("Thuê xe", "Rental"), details=[], paid_by=[], by=SYSTEM,
    )  # fmt: skip
    sale = einvoices.draft_sale(receipt_id=receipt.pk)
    assert sale is not None

    results = race(
        5,
        lambda number: einvoices.adjust_sale(
            original=sale, back=200_000, reason="Hoàn", key=str(number), by=SYSTEM
        ),
    )

    assert kinds(results) == {"ok": 3, "AdjustmentTooLarge": 2}
    rows = EInvoice.objects.filter(original=sale)
    assert (sum(row.total for row in rows), sum(row.vat for row in rows)) == (-600_000, -44_444)
