"""Handing invoice data to the provider day by day, and taking in its answers."""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from payments.cases.enums import CaseKind
from payments.cases.services import open_case
from payments.invoices import buyers
from payments.invoices.einvoice_models import EInvoice, EInvoiceBatch
from payments.invoices.enums import CODED_STATES, EINVOICE, EInvoiceKind, EInvoiceState
from payments.invoices.providers import PROVIDER, Answer
from voltgo.core import clock, locks, outbox, states
from voltgo.core.actors import Actor
from voltgo.core.audit.services import record
from voltgo.core.errors import InvalidInput

logger = logging.getLogger(__name__)

WRITE = "einvoices.write"
MAY_LEAVE = frozenset({EInvoiceState.DRAFT, EInvoiceState.EXPORTED, EInvoiceState.REJECTED})
FOLLOWED = {
    EInvoiceKind.ADJUSTMENT: EInvoiceState.ADJUSTED,
    EInvoiceKind.REPLACEMENT: EInvoiceState.REPLACED,
}


@transaction.atomic
def export_drafts(*, by: Actor) -> EInvoiceBatch | None:
    """Hand over everything that waits, in one batch; its files are written by a job. None if nothing waits.

    Locks the invoices: two who export at once never send one twice.
    """
    waiting = locks.lock(EInvoice.objects.filter(state=EInvoiceState.DRAFT))
    return _hand_over(waiting, by) if waiting else None


@transaction.atomic
def export_again(*, invoice: EInvoice, by: Actor) -> EInvoiceBatch:
    """Hand one invoice over (again), in a batch of its own: the file was lost, or the provider said no.

    Raises:
        InvalidInput: the tax authority has coded it already.
    """
    locked = locks.lock_row(invoice)
    if locked.state not in MAY_LEAVE:
        raise InvalidInput(state=locked.state)
    return _hand_over([locked], by)


def _hand_over(invoices: Sequence[EInvoice], by: Actor) -> EInvoiceBatch:
    batch = _next_batch(clock.today(), len(invoices))
    for invoice in invoices:
        changes: dict[str, Any] = {
            "batch": batch, "exported_at": clock.now(), "provider": PROVIDER.code, "rejection": "",
        }  # fmt: skip
        if invoice.state == EInvoiceState.EXPORTED:
            EInvoice.objects.filter(pk=invoice.pk).update(**changes)
        else:
            states.move(EINVOICE, invoice, to=EInvoiceState.EXPORTED, by=by, **changes)
    record("einvoices.exported", f"einvoicebatch:{batch.pk}", by=by, count=len(invoices))
    outbox.promise(WRITE, key=f"{WRITE}:{batch.pk}", batch_id=batch.pk)
    return batch


def _next_batch(day: date, count: int) -> EInvoiceBatch:
    """Open the next batch of a day; whoever comes second takes the number after."""
    while True:
        last = (
            EInvoiceBatch.objects.filter(provider=PROVIDER.code, day=day)
            .order_by("-number")
            .values_list("number", flat=True)
            .first()
        )
        try:
            with transaction.atomic():
                return EInvoiceBatch.objects.create(
                    provider=PROVIDER.code, day=day, number=(last or 0) + 1, count=count
                )
        except IntegrityError:
            continue


def write_files(*, batch_id: int) -> EInvoiceBatch:
    """Write the files of a batch into private storage. Safe to run again; the same rows give the same bytes."""
    batch = EInvoiceBatch.objects.get(pk=batch_id)
    if batch.xml:
        return batch
    names: dict[str, str] = {}
    for produced in PROVIDER.produce([document(row) for row in in_order(batch.invoices.all())]):
        name = f"einvoices/{batch.day:%Y/%m}/{batch.day:%Y-%m-%d}-{batch.number:03d}.{produced.suffix}"
        if default_storage.exists(name):
            default_storage.delete(name)
        names[produced.suffix] = default_storage.save(name, ContentFile(produced.content))
        names[f"{produced.suffix}_sha256"] = hashlib.sha256(produced.content).hexdigest()
    EInvoiceBatch.objects.filter(pk=batch.pk).update(**names)
    batch.refresh_from_db()
    return batch


def in_order(invoices: Iterable[EInvoice]) -> list[EInvoice]:
    """Return invoices as they were written down: what is adjusted comes before its adjustment."""
    return sorted(invoices, key=lambda row: (row.created_at, str(row.pk)))


def document(invoice: EInvoice) -> dict[str, Any]:
    """Return what leaves for the provider: the frozen content, the buyer's number in full."""
    content = invoice.content
    original = content["original"]
    if original and invoice.original and invoice.original.number:
        # It had no number yet when the adjustment was written.
        original = original | {"serial": invoice.original.serial, "number": invoice.original.number}
    return {
        **content,
        "id": str(invoice.pk),
        "buyer": buyers.revealed(content["buyer"]),
        "original": original,
    }


# --- Answers ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Imported:
    """What a file of answers came to."""

    coded: int = 0
    rejected: int = 0
    repeated: int = 0
    problems: list[str] = field(default_factory=list)


def import_answers(*, content: bytes, by: Actor) -> Imported:
    """Take in the provider's answers: numbers and codes, or rejections. A file may come twice.

    Each line by itself: one that cannot be true becomes a case for a person and holds up no other.

    Raises:
        AnswersUnreadable: the file is not what was agreed; nothing is taken in.
    """
    answers = PROVIDER.parse_answers(content)
    result = Imported()
    for answer in answers:
        _take(answer, result, by)
    record(
        "einvoices.answered",
        f"einvoice-answers:{hashlib.sha256(content).hexdigest()[:16]}",
        by=by,
        coded=result.coded,
        rejected=result.rejected,
        repeated=result.repeated,
        problems=len(result.problems),
    )
    return result


@transaction.atomic
def _take(answer: Answer, result: Imported, by: Actor) -> None:
    invoice = EInvoice.objects.filter(pk=answer.id).first() if _is_uuid(answer.id) else None
    if invoice is None:
        _doubt(result, answer, "unknown")
        return
    locked = locks.lock_row(invoice)
    if locked.state in CODED_STATES:
        same = (locked.number, locked.authority_code) == (answer.number, answer.authority_code)
        if answer.is_coded and same:
            result.repeated += 1
        else:
            _doubt(result, answer, "already coded otherwise", reference=locked.reference)
        return
    if locked.state == EInvoiceState.DRAFT:
        _doubt(result, answer, "never sent", reference=locked.reference)
        return
    if answer.is_coded:
        _code(locked, answer, result, by)
    elif locked.state == EInvoiceState.REJECTED:
        result.repeated += 1
    else:
        states.move(
            EINVOICE, locked, to=EInvoiceState.REJECTED, by=by, rejection=answer.reason[:300],
            provider_ref=answer.provider_ref,
        )  # fmt: skip
        open_case(
            kind=CaseKind.OTHER,
            key=f"einvoice-rejected:{locked.pk}:{locked.batch_id}",
            reference=locked.reference,
            amount=locked.total,
            details={"einvoice": str(locked.pk), "reason": answer.reason[:200]},
        )
        result.rejected += 1


def _code(invoice: EInvoice, answer: Answer, result: Imported, by: Actor) -> None:
    serial = answer.serial or invoice.content["serial"]
    if EInvoice.objects.filter(serial=serial, number=answer.number).exclude(pk=invoice.pk).exists():
        _doubt(result, answer, "number of another invoice", reference=invoice.reference)
        return
    states.move(
        EINVOICE,
        invoice,
        to=EInvoiceState.CODED,
        by=by,
        form_number=answer.form or invoice.content["form"],
        serial=serial,
        number=answer.number,
        authority_code=answer.authority_code,
        issued_on=answer.issued_on or clock.today(),
        provider_ref=answer.provider_ref,
        rejection="",
    )
    result.coded += 1
    follows = FOLLOWED.get(EInvoiceKind(invoice.kind))
    if follows is not None and invoice.original is not None:
        original = locks.lock_row(invoice.original)
        if (original.state, follows) in EINVOICE.table:
            states.move(EINVOICE, original, to=follows, by=by)


def _doubt(result: Imported, answer: Answer, why: str, *, reference: str = "") -> None:
    result.problems.append(f"{answer.id[:36]}: {why}")
    open_case(
        kind=CaseKind.OTHER,
        key=f"einvoice-answer:{answer.id[:36]}:{answer.number}:{why}",
        reference=reference,
        details={"einvoice": answer.id[:36], "why": why},
    )


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def mind_deadlines() -> int:
    """Open a case for every invoice that should have its code by now and has none; return how many."""
    late = EInvoice.objects.filter(
        state__in=[EInvoiceState.DRAFT, EInvoiceState.EXPORTED], due_on__lt=clock.today()
    )
    count = 0
    for invoice in late.iterator():
        logger.error("ALERT e-invoice %s has no code of the tax authority yet", invoice.pk)
        open_case(
            kind=CaseKind.OTHER,
            key=f"einvoice-late:{invoice.pk}",
            reference=invoice.reference,
            amount=invoice.total,
            details={"einvoice": str(invoice.pk), "due_on": invoice.due_on.isoformat()},
        )
        count += 1
    return count
