"""Keeping a part of the deposit back for fines of cameras that surface later, and giving it back by itself."""

import logging
from datetime import date

from django.db import transaction

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.intents import targets
from payments.intents.enums import RefundReason
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, Refund
from payments.intents.services import promises
from payments.intents.services.hold_jobs import promise_take
from payments.intents.services.hold_money import kept_key
from payments.intents.services.refunds import refund
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import DomainError
from voltgo.core.money import Dong
from voltgo.core.paging import in_pages

logger = logging.getLogger(__name__)

BATCH = 500


@transaction.atomic
def retain_deposit(*, reference: str, amount: Dong, until: date, by: Actor) -> Dong:
    """Keep a part of the deposit back until a day; return how much.

    At most what is left of the deposit. Money stays as it is; of a hold the amount is taken from the card, because
    no hold lasts that long, and lies with us as deposit money. Call it after capturing and before releasing, in
    their transaction. A repeat changes nothing. Locks the owner of the reference, its intents, holds, deposit.
    """
    lock_reference(reference)
    deposit = Deposit.objects.filter(reference=reference).first()
    if deposit is None or amount <= 0:
        return 0
    deposit = locks.lock_row(deposit)
    if deposit.retained_until is not None:
        return deposit.retained
    kept = min(amount, deposit.remaining)
    if not kept:
        return 0
    from_holds = kept - min(kept, deposit.money)
    if from_holds:
        for hold, part in promises.use_holds(deposit, from_holds, by=by):
            ledger.post(
                kind=EntryKind.HOLD_USED,
                key=kept_key(hold),
                reference=reference,
                lines=[
                    (chart.hold_clearing(hold.provider), part),
                    (chart.deposit_liability(reference), -part),
                ],
                by=by,
            )
            promise_take(hold)
    Deposit.objects.filter(pk=deposit.pk).update(retained=kept, retained_until=until)
    audit.record("deposit.retained", f"deposit:{deposit.pk}", by=by, amount=kept, until=until.isoformat())
    return kept


def release_retained() -> int:
    """Give back what was kept for fines and whose day has come; return how many deposits.

    Where a claim is still open it stays. One that cannot go back opens a case and does not keep the others.
    """
    due = Deposit.objects.filter(retained__gt=0, retained_until__lte=clock.today())
    done = 0
    for deposit in in_pages(due, size=BATCH):
        reference = deposit.reference
        if targets.has_open_claim(reference):
            continue
        try:
            done += _release(reference) is not None
        except DomainError as refusal:
            logger.error("ALERT what was kept back of %s cannot go back: %s", reference, refusal.code)
            cases.open_case(
                kind=CaseKind.REFUND_FAILED,
                key=f"retained:{reference}",
                reference=reference,
                details={"code": refusal.code},
            )
    return done


@transaction.atomic
def _release(reference: str) -> Refund | None:
    lock_reference(reference)
    deposit = locks.lock_row(Deposit.objects.get(reference=reference))
    if not deposit.retained:
        return None
    amount = min(deposit.retained, deposit.money)
    Deposit.objects.filter(pk=deposit.pk).update(retained=0)
    audit.record("deposit.retention_over", f"deposit:{deposit.pk}", by=SYSTEM, amount=amount)
    if not amount:
        return None
    return refund(
        reference=reference,
        prepayment_amount=0,
        deposit_amount=amount,
        reason=RefundReason.DEPOSIT_RELEASE,
        idempotency_key=f"retained:{reference}",
        by=SYSTEM,
    )
