"""The data of e-invoices: written once for what was sold, adjusted by what went back, never changed.

VoltGo issues no invoice. A licensed provider does, with these data.
"""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet, Sum

from payments.invoices import einvoice_content as contents
from payments.invoices.buyers import Buyer, as_frozen, checked
from payments.invoices.einvoice_models import EInvoice
from payments.invoices.enums import EINVOICE, EInvoiceKind, EInvoiceState
from payments.invoices.errors import AdjustmentTooLarge
from payments.invoices.models import Receipt
from payments.invoices.services import OF_A_SALE
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong


def draft_sale(*, receipt_id: UUID) -> EInvoice | None:
    """Write down the invoice of a receipt: its lines that carry VAT. None if there are none.

    Safe to run again: a receipt is invoiced once.
    """
    receipt = Receipt.objects.get(pk=receipt_id)
    lines = contents.taxed_lines(receipt.lines)
    if receipt.kind not in OF_A_SALE or not lines or sum(line["gross"] for line in lines) <= 0:
        return None
    day = clock.local(receipt.issued_at).date()
    return _write(
        kind=EInvoiceKind.SALE,
        key=f"{EInvoiceKind.SALE}:{receipt.key}",
        receipt=receipt,
        original=None,
        by=SYSTEM,
        content=contents.content(
            kind=EInvoiceKind.SALE,
            day=day,
            items=contents.items_of(lines, str(receipt.content.get("item", ""))),
            receipt_number=receipt.number,
            frozen=receipt.content,
            reference=receipt.reference,
        ),
    )


@transaction.atomic
def adjust_sale(*, original: EInvoice, back: Dong, reason: str, key: str, by: Actor) -> EInvoice:
    """Write an adjustment that takes `back` dong (with VAT) off an invoice; the first stays as it was.

    Also before the first has left: an invoice is never cancelled and never edited. Locks the original.

    Raises:
        InvalidInput: nothing to take back, no reason, or not an invoice of a sale.
        AdjustmentTooLarge: less is left of the invoice.
    """
    before = EInvoice.objects.filter(idempotency_key=f"{EInvoiceKind.ADJUSTMENT}:{key}").first()
    if before is not None:
        return before
    reason = reason.strip()
    if back <= 0 or not reason or original.kind == EInvoiceKind.ADJUSTMENT:
        raise InvalidInput(back=back)
    locked = locks.lock_row(original)
    taken = -(_adjustments(locked).aggregate(total=Sum("total"))["total"] or 0)
    if back > locked.total - taken:
        raise AdjustmentTooLarge(left=locked.total - taken)
    return _write(
        kind=EInvoiceKind.ADJUSTMENT,
        key=f"{EInvoiceKind.ADJUSTMENT}:{key}",
        receipt=locked.receipt,
        original=locked,
        by=by,
        content=contents.content(
            kind=EInvoiceKind.ADJUSTMENT,
            day=clock.today(),
            items=contents.taken_back(
                locked.content["rates"], before=taken, back=back, name=f"Điều chỉnh giảm: {reason}"
            ),
            receipt_number=locked.receipt.number,
            frozen=locked.receipt.content | {"buyer": locked.content["buyer"]},
            reference=locked.reference,
            original=_named(locked),
            reason=reason,
        ),
    )


@transaction.atomic
def replace_invoice(*, original: EInvoice, buyer: Buyer, reason: str, key: str, by: Actor) -> EInvoice:
    """Write an invoice that takes the place of one with a wrong buyer; the amounts stay. Locks the original.

    Raises:
        BuyerIncomplete: the buyer cannot stand on an invoice.
        InvalidInput: no reason, or something follows the invoice already.
    """
    before = EInvoice.objects.filter(idempotency_key=f"{EInvoiceKind.REPLACEMENT}:{key}").first()
    if before is not None:
        return before
    locked = locks.lock_row(original)
    reason = reason.strip()
    if not reason or locked.kind == EInvoiceKind.ADJUSTMENT or locked.followers.exists():
        raise InvalidInput(reason=reason)
    day = clock.today()
    replaced = locked.content | {
        "kind": str(EInvoiceKind.REPLACEMENT),
        "serial": contents.serial_of(day),
        "issued_on": day.isoformat(),
        "buyer": as_frozen(checked(buyer)),
        "original": _named(locked),
        "reason": reason,
    }
    return _write(
        kind=EInvoiceKind.REPLACEMENT,
        key=f"{EInvoiceKind.REPLACEMENT}:{key}",
        receipt=locked.receipt,
        original=locked,
        by=by,
        content=replaced,
    )


def sale_of(receipt: Receipt) -> EInvoice | None:
    """Return the invoice of a receipt as it stands: the one that replaced it, if there is one."""
    sale = EInvoice.objects.filter(receipt=receipt, kind=EInvoiceKind.SALE).first()
    while sale is not None:
        newer = sale.followers.filter(kind=EInvoiceKind.REPLACEMENT).first()
        if newer is None:
            return sale
        sale = newer
    return None


def _adjustments(original: EInvoice) -> QuerySet[EInvoice]:
    return EInvoice.objects.filter(original=original, kind=EInvoiceKind.ADJUSTMENT).exclude(
        state=EInvoiceState.REJECTED
    )


def _named(original: EInvoice) -> dict[str, str]:
    return {
        "id": str(original.pk),
        "form": original.form_number or original.content["form"],
        "serial": original.serial or original.content["serial"],
        "number": original.number,
        "issued_on": original.content["issued_on"],
    }


def _write(
    *,
    kind: EInvoiceKind,
    key: str,
    receipt: Receipt,
    original: EInvoice | None,
    content: dict[str, Any],
    by: Actor,
) -> EInvoice:
    day = clock.today() if original else clock.local(receipt.issued_at).date()
    try:
        with transaction.atomic():
            invoice = EInvoice.objects.create(
                kind=kind,
                receipt=receipt,
                original=original,
                reference=receipt.reference,
                idempotency_key=key[:160],
                content=content,
                net=content["net"],
                vat=content["vat"],
                total=content["total"],
                tax_point=day,
                due_on=contents.next_working_day(day),
            )
            states.begin(EINVOICE, invoice, by=by)
            return invoice
    except IntegrityError:
        twin = EInvoice.objects.filter(idempotency_key=key[:160]).first()
        if twin is None:
            raise
        return twin
