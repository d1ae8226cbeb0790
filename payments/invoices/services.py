"""Issuing and rendering receipts."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from accounts.models import User
from payments.invoices import signals
from payments.invoices.documents import DepositOutcome, Detail, PaidBy, ReceiptLine, by_rate, rate_name
from payments.invoices.enums import RECEIPT, ReceiptState
from payments.invoices.errors import NothingToReceipt
from payments.invoices.models import Receipt, ReceiptCounter
from voltgo.core import clock, locks, outbox, pdf, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit

RENDER = "receipts.render"
TEMPLATE = "pdf/receipt.html"


@transaction.atomic
def issue_receipt(
    *,
    reference: str,
    payer: User,
    lines: Sequence[ReceiptLine],
    title: tuple[str, str],
    details: Sequence[Detail],
    paid_by: Sequence[PaidBy],
    by: Actor,
    deposit: DepositOutcome | None = None,
    issued_at: datetime | None = None,
) -> Receipt:
    """Issue the receipt of a reference under the next number of the year and freeze what it says.

    `title` is (Vietnamese, English); `issued_at` is now unless given. A reference has one receipt: a repeated
    call returns it unchanged. The PDF is made by a job after commit. Locks the year's counter last, so that
    numbers have no gaps.

    Raises:
        NothingToReceipt: there are no lines.
    """
    before = Receipt.objects.filter(reference=reference).first()
    if before is not None:
        return before
    if not lines:
        raise NothingToReceipt(reference=reference)
    data = [line.as_data() for line in lines]
    issued_at = (issued_at or clock.now()).replace(microsecond=0)
    try:
        with transaction.atomic():
            receipt = Receipt.objects.create(
                number=_next_number(clock.local(issued_at).year),
                reference=reference,
                payer=payer,
                lines=data,
                content=_content(payer, title, details, paid_by, deposit),
                net=sum(line["net"] for line in data),
                vat=sum(line["vat"] for line in data),
                total=sum(line["gross"] for line in data),
                issued_at=issued_at,
            )
    except IntegrityError:
        # The savepoint took the number back, so no gap is left.
        twin = Receipt.objects.filter(reference=reference).first()
        if twin is None:
            raise
        return twin
    states.begin(RECEIPT, receipt, by=by)
    outbox.promise(RENDER, key=f"{RENDER}:{receipt.pk}", receipt_id=str(receipt.pk))
    return receipt


def _content(
    payer: User,
    title: tuple[str, str],
    details: Sequence[Detail],
    paid_by: Sequence[PaidBy],
    deposit: DepositOutcome | None,
) -> dict[str, object]:
    return {
        "company": {name: str(value) for name, value in settings.COMPANY.items()},
        "title": title[0],
        "title_en": title[1],
        "payer_name": payer.full_name,
        "payer_email": payer.email,
        "details": [asdict(detail) for detail in details],
        "paid_by": [
            {**asdict(payment), "at": payment.at.isoformat() if payment.at else None} for payment in paid_by
        ],
        "deposit": asdict(deposit) if deposit else None,
    }


def _next_number(year: int) -> str:
    ReceiptCounter.objects.get_or_create(year=year)
    counter = locks.lock(ReceiptCounter.objects.filter(year=year))[0]
    counter.last_number += 1
    counter.save(update_fields=["last_number"])
    return f"BN-{year}-{counter.last_number:06d}"


@transaction.atomic
def ask_for_pdf(*, receipt: Receipt, by: Actor) -> None:
    """Promise the PDF of a receipt again, after its job was given up; nothing if it is there already."""
    if locks.lock_row(receipt).state == ReceiptState.RENDERED:
        return
    outbox.promise(RENDER, receipt_id=str(receipt.pk))
    audit.record("receipt.pdf_asked_for", f"receipt:{receipt.pk}", by=by)


def render_receipt(*, receipt_id: UUID) -> Receipt:
    """Make the PDF of a receipt and store it. Safe to run again, also after dying at any point.

    The same row gives the same bytes and the same file name; a file left half-written is replaced.
    """
    receipt = Receipt.objects.get(pk=receipt_id)
    if receipt.state == ReceiptState.RENDERED:
        return receipt
    document = pdf.render(
        receipt_html(receipt), identifier=f"receipt:{receipt.number}", created_at=receipt.issued_at
    )
    year = clock.local(receipt.issued_at).year
    name = f"receipts/{year}/{receipt.number}-{document.sha256[:8]}.pdf"
    _store(default_storage, name, document)
    with transaction.atomic():
        locked = locks.lock_row(receipt)
        if locked.state == ReceiptState.RENDERED:
            return locked
        states.move(RECEIPT, locked, to=ReceiptState.RENDERED, by=SYSTEM, pdf=name, sha256=document.sha256)
        locked.refresh_from_db()
        signals.receipt_rendered.send(sender=Receipt, receipt=locked)
        return locked


def _store(storage: Storage, name: str, document: pdf.Document) -> None:
    if storage.exists(name):
        with storage.open(name) as file:
            if file.read() == document.content:
                return
        storage.delete(name)
    storage.save(name, ContentFile(document.content))


def receipt_html(receipt: Receipt) -> str:
    """Return the page from which the PDF is made; a pure function of the row."""
    rates = [{**row, "name": rate_name(row["vat_bp"])} for row in by_rate(receipt.lines)]
    lines = [{**line, "rate": rate_name(line["vat_bp"])} for line in receipt.lines]
    payments = [
        {**row, "at": datetime.fromisoformat(row["at"]) if row["at"] else None}
        for row in receipt.content["paid_by"]
    ]
    return render_to_string(
        TEMPLATE,
        {
            "receipt": receipt,
            "content": receipt.content,
            "lines": lines,
            "rates": rates,
            "payments": payments,
            "issued_on": clock.local(receipt.issued_at),
            "reference": receipt.reference.partition(":")[2] or receipt.reference,
        },
    )
