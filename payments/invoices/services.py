"""Issuing and rendering receipts."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, default_storage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string

from accounts.models import User
from payments.invoices import buyers, signals
from payments.invoices.documents import DepositOutcome, Detail, PaidBy, ReceiptLine, by_rate, rate_name
from payments.invoices.enums import RECEIPT, ReceiptKind, ReceiptState, Series
from payments.invoices.errors import NothingToReceipt
from payments.invoices.models import Receipt
from payments.invoices.numbering import next_number
from payments.invoices.words import in_words
from voltgo.core import clock, locks, outbox, pdf, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.money import Dong

RENDER = "receipts.render"
# The data of an e-invoice follows a receipt that says what was sold.
DRAFT = "einvoices.draft"
TEMPLATE = "pdf/receipt.html"
SLIP_TEMPLATE = "pdf/payment_slip.html"
# Revenue, as opposed to money that only came.
OF_A_SALE = frozenset({ReceiptKind.RENTAL, ReceiptKind.FEE})
WITHOUT_VAT = frozenset({ReceiptKind.BALANCE, ReceiptKind.SLIP})


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
    item: str = "",
) -> Receipt:
    """Issue the receipt of a rental at its closing; a reference has one, a repeat returns it unchanged.

    `title` is (Vietnamese, English); `issued_at` is now unless given; `item` names what was rented, for the
    invoice. What the payer wants on the invoice is frozen with it. The PDF and the data of the e-invoice
    are made by jobs after commit. Locks the counter of the series last, so that numbers have no gaps.

    Raises:
        NothingToReceipt: there are no lines.
    """
    return issue(
        kind=ReceiptKind.RENTAL,
        key=f"{ReceiptKind.RENTAL}:{reference}",
        reference=reference,
        payer=payer,
        lines=lines,
        words=Words(title, details, paid_by, deposit, item),
        issued_at=issued_at,
        by=by,
    )


def issue_fee_receipt(
    *,
    reference: str,
    key: str,
    payer: User,
    lines: Sequence[ReceiptLine],
    title: tuple[str, str],
    by: Actor,
    details: Sequence[Detail] = (),
    paid_by: Sequence[PaidBy] = (),
    item: str = "",
) -> Receipt:
    """Issue the receipt of a fee that is kept, such as after a cancellation. `key` names the fee.

    As `issue_receipt` in all else; a reference may have several.
    """
    return issue(
        kind=ReceiptKind.FEE,
        key=f"{ReceiptKind.FEE}:{key}",
        reference=reference,
        payer=payer,
        lines=lines,
        words=Words(title, details, paid_by, None, item),
        by=by,
    )


def issue_compensation_receipt(
    *,
    reference: str,
    key: str,
    payer: User,
    lines: Sequence[ReceiptLine],
    title: tuple[str, str],
    by: Actor,
    details: Sequence[Detail] = (),
    paid_by: Sequence[PaidBy] = (),
) -> Receipt:
    """Issue the receipt of money taken for a fine or a damage outside a settlement. No invoice follows."""
    return issue(
        kind=ReceiptKind.COMPENSATION,
        key=f"{ReceiptKind.COMPENSATION}:{key}",
        reference=reference,
        payer=payer,
        lines=lines,
        words=Words(title, details, paid_by),
        by=by,
    )


class ReceivedMoney(Protocol):
    """One payment as these services need to know it: a row of payments.intents, which builds on this area."""

    pk: Any
    provider: str
    provider_ref: str
    amount: Dong
    prepayment_amount: Dong
    deposit_amount: Dong
    surplus_amount: Dong
    paid_at: datetime
    intent: Any

    def get_provider_display(self) -> str:
        """Return the way of payment in words."""


def issue_payment_slip(*, payment: ReceivedMoney, by: Actor) -> Receipt:
    """Issue the slip (phiếu thu) of one payment: that its money came, part by part. Safe to call again.

    A slip says nothing about VAT: that belongs to the receipt of what the money was for.
    """
    return _issue_for_money(ReceiptKind.SLIP, ("Phiếu thu", "Payment slip"), payment, by)


def issue_balance_receipt(*, payment: ReceivedMoney, by: Actor) -> Receipt:
    """Issue the receipt of a debt that was paid. Its VAT stood on the receipt of the rental already."""
    title = ("Đã trả khoản còn thiếu", "Balance paid")
    return _issue_for_money(ReceiptKind.BALANCE, title, payment, by)


def _issue_for_money(kind: ReceiptKind, title: tuple[str, str], payment: ReceivedMoney, by: Actor) -> Receipt:
    way = payment.get_provider_display()
    return issue(
        kind=kind,
        key=f"{kind}:{payment.provider}:{payment.provider_ref}",
        reference=payment.intent.reference,
        payer=payment.intent.payer,
        lines=[
            ReceiptLine(*words, gross=amount, vat_bp=None)
            for words, amount in (
                (_WHAT_FOR.get(payment.intent.purpose, _WHAT_FOR["booking"]), payment.prepayment_amount),
                (("Tiền cọc", "Security deposit"), payment.deposit_amount),
                (("Tiền thừa, sẽ hoàn lại", "Too much, goes back"), payment.surplus_amount),
            )
            if amount
        ],
        words=Words(title, (), [PaidBy(way, way, payment.amount, payment.paid_at)]),
        issued_at=payment.paid_at,
        by=by,
    )


_WHAT_FOR = {
    "booking": ("Tiền thuê xe trả trước", "Rental paid in advance"),
    "change": ("Tiền thuê xe trả thêm", "Rental, added"),
    "balance": ("Khoản còn thiếu của chuyến thuê", "Balance of the rental"),
    "deposit": ("Tiền cọc", "Security deposit"),
    "fine": ("Tiền phạt nguội, thu hộ", "Traffic fine, collected for the State"),
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a receipt says besides its lines."""

    title: tuple[str, str]
    details: Sequence[Detail] = ()
    paid_by: Sequence[PaidBy] = ()
    deposit: DepositOutcome | None = None
    item: str = ""


@transaction.atomic
def issue(
    *,
    kind: ReceiptKind,
    key: str,
    reference: str,
    payer: User,
    lines: Sequence[ReceiptLine],
    words: Words,
    by: Actor,
    issued_at: datetime | None = None,
) -> Receipt:
    """Issue a receipt of a kind under the next number of its series and year, once per `key`."""
    before = Receipt.objects.filter(key=key).first()
    if before is not None:
        return before
    if not lines:
        raise NothingToReceipt(reference=reference)
    data = [line.as_data() for line in lines]
    issued_at = (issued_at or clock.now()).replace(microsecond=0)
    series = Series.SLIP if kind == ReceiptKind.SLIP else Series.RECEIPT
    try:
        with transaction.atomic():
            receipt = Receipt.objects.create(
                number=next_number(series, clock.local(issued_at).year),
                kind=kind,
                key=key,
                reference=reference,
                # Under the counter's lock nobody else of this series is counting.
                sequence=Receipt.objects.filter(kind=kind, reference=reference).count() + 1,
                payer=payer,
                lines=data,
                content=_content(kind, payer, reference, words, sum(line["gross"] for line in data)),
                net=sum(line["net"] for line in data),
                vat=sum(line["vat"] for line in data),
                total=sum(line["gross"] for line in data),
                issued_at=issued_at,
            )
    except IntegrityError:
        # The savepoint took the number back, so no gap is left.
        twin = Receipt.objects.filter(key=key).first()
        if twin is None:
            raise
        return twin
    states.begin(RECEIPT, receipt, by=by)
    outbox.promise(RENDER, key=f"{RENDER}:{receipt.pk}", receipt_id=str(receipt.pk))
    if kind in OF_A_SALE:
        outbox.promise(DRAFT, key=f"{DRAFT}:{receipt.pk}", receipt_id=str(receipt.pk))
    return receipt


def _content(kind: ReceiptKind, payer: User, reference: str, words: Words, total: Dong) -> dict[str, object]:
    return {
        "company": {name: str(value) for name, value in settings.COMPANY.items()},
        "title": words.title[0],
        "title_en": words.title[1],
        "payer_name": payer.full_name,
        "payer_email": payer.email,
        "item": words.item,
        "in_words": in_words(total),
        "buyer": buyers.frozen_for(user=payer, reference=reference) if kind in OF_A_SALE else None,
        "details": [asdict(detail) for detail in words.details],
        "paid_by": [
            {**asdict(payment), "at": payment.at.isoformat() if payment.at else None}
            for payment in words.paid_by
        ],
        "deposit": words.deposit.as_data() if words.deposit else None,
    }


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
    # Receipts from before that was told apart have no such entry.
    kept_until = (receipt.content.get("deposit") or {}).get("kept_until")
    return render_to_string(
        SLIP_TEMPLATE if receipt.kind in WITHOUT_VAT else TEMPLATE,
        {
            "receipt": receipt,
            "content": receipt.content,
            "lines": lines,
            "rates": rates,
            "payments": payments,
            "kept_until": date.fromisoformat(kept_until) if kept_until else None,
            "buyer": buyers.shown(receipt.content.get("buyer")),
            "issued_on": clock.local(receipt.issued_at),
            "reference": receipt.reference.partition(":")[2] or receipt.reference,
        },
    )
