"""Transfers by hand in files for the bank: one person makes the file, another says that it was carried out."""

import csv
import io

from django.db import transaction

from payments.intents.enums import CreditPayoutState, RefundState, RefundWay
from payments.intents.errors import NothingToTransfer, SecondPersonNeeded
from payments.intents.models import CreditPayout, Refund, TransferBatch
from payments.intents.services import payees, telling
from payments.intents.services.by_hand import lock_refund, settle_by_hand
from voltgo.core import clock, locks
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.codes import new_code
from voltgo.core.errors import IllegalTransition, NotAllowed

MOST_IN_A_BATCH = 500
COLUMNS = ("STT", "Ngân hàng", "Số tài khoản", "Tên người nhận", "Số tiền", "Nội dung")
# What a spreadsheet takes for the beginning of a formula.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@transaction.atomic
def make_batch(*, by: Actor) -> TransferBatch:
    """Put every transfer that waits and whose payee is known into one file for the bank.

    What stands in a batch goes nowhere else until it is paid or taken out again. Locks the rows.

    Raises:
        NothingToTransfer: nothing waits, or no payee is known.
        NotAllowed: only an operator does that.
    """
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed
    refunds = locks.lock(
        Refund.objects.filter(
            state=RefundState.BY_HAND, way=RefundWay.TRANSFER, batch=None, payee__isnull=False
        )
    )[:MOST_IN_A_BATCH]
    payouts = locks.lock(CreditPayout.objects.filter(state=CreditPayoutState.WAITING, batch=None))
    payouts = payouts[: MOST_IN_A_BATCH - len(refunds)]
    rows: list[Refund | CreditPayout] = [*refunds, *payouts]
    if not rows:
        raise NothingToTransfer
    batch = TransferBatch.objects.create(
        code=new_code(f"CT{clock.today():%y%m%d}", 4),
        made_by_ref=by.ref,
        made_by_label=by.label,
        count=len(rows),
        amount=sum(row.amount for row in rows),
    )
    Refund.objects.filter(pk__in=[row.pk for row in refunds]).update(batch=batch)
    CreditPayout.objects.filter(pk__in=[row.pk for row in payouts]).update(batch=batch)
    audit.record("transfer_batch.made", f"batch:{batch.pk}", by=by, count=batch.count, amount=batch.amount)
    return batch


def rows_of(batch: TransferBatch) -> list[Refund | CreditPayout]:
    """Return the transfers of a batch in a fixed order."""
    return [*batch.refunds.order_by("created_at", "pk"), *batch.payouts.order_by("created_at", "pk")]


@transaction.atomic
def file_of(batch: TransferBatch, *, by: Actor) -> bytes:
    """Return the file for the bank: CSV in UTF-8 with account numbers in clear. Each look is recorded."""
    text = io.StringIO()
    # As spreadsheets in Vietnam expect it.
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows_of(batch), start=1):
        payee = row.payee or {}
        writer.writerow(
            [
                number,
                _plain(payee["bank"]),
                payees.number_of(payee),
                _plain(payee["name"]),
                row.amount,
                row.memo,
            ]
        )
    audit.record("transfer_batch.exported", f"batch:{batch.pk}", by=by, code=batch.code)
    return text.getvalue().encode()


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


@transaction.atomic
def confirm_transfer(*, row: Refund | CreditPayout, bank_ref: str, by: Actor) -> Refund | CreditPayout:
    """Say that the bank carried a transfer out, with its reference. Locks and raises as `settle_by_hand`.

    Raises:
        NotAllowed: only an operator confirms.
        SecondPersonNeeded: who made the file, or asked for the refund, cannot confirm it too.
        IllegalTransition: it was not handed to the bank.
    """
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed
    batch = row.batch
    if batch is None:
        raise IllegalTransition(machine="refund", source=row.state)
    askers = {batch.made_by_ref, getattr(row, "requested_by_ref", "")}
    if by.ref in askers:
        raise SecondPersonNeeded(batch=batch.code)
    return settle_by_hand(refund=row, bank_ref=bank_ref, at=None, by=by)


@transaction.atomic
def take_out_of_batch(*, row: Refund | CreditPayout, by: Actor, reason: str) -> Refund | CreditPayout:
    """Take out of a batch what the bank did not carry out; a refund then needs its payee named anew.

    Raises:
        IllegalTransition: it was paid, or is in no batch.
        NotAllowed: only an operator does that.
    """
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed
    locked = lock_refund(row) if isinstance(row, Refund) else locks.lock_row(row)
    if locked.batch_id is None or locked.state not in {RefundState.BY_HAND, CreditPayoutState.WAITING}:
        raise IllegalTransition(source=locked.state)
    if isinstance(locked, Refund):
        Refund.objects.filter(pk=locked.pk).update(batch=None, payee=None)
        telling.account_needed(locked, again=str(locked.batch_id))
        subject = f"refund:{locked.pk}"
    else:
        CreditPayout.objects.filter(pk=locked.pk).update(batch=None)
        subject = f"payout:{locked.pk}"
    audit.record("transfer_batch.taken_out", subject, by=by, reason=reason, amount=locked.amount)
    locked.batch = None
    return locked
