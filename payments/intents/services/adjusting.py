"""Credit given and debts written off by people: with a reason, and by two above the limit."""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from payments.intents.enums import ADJUSTMENT, OPEN_STATES, AdjustmentKind, AdjustmentState, Purpose
from payments.intents.errors import DebtTooSmall, IdempotencyConflict, SecondPersonNeeded
from payments.intents.locking import lock_reference
from payments.intents.models import Adjustment
from payments.intents.services.paying import cancel_intent
from payments.ledger import chart
from payments.ledger import selectors as ledger_selectors
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.errors import InvalidInput, NotAllowed
from voltgo.core.money import Dong


@transaction.atomic
def adjust(
    *,
    kind: str,
    person: User,
    amount: Dong,
    reason: str,
    idempotency_key: str,
    by: Actor,
    reference: str = "",
) -> Adjustment:
    """Give a person credit, or write off what they owe for a reference. Booked at once up to the limit.

    Locks the owner of the reference, its intents, then ledger accounts. Safe to call twice with one key.

    Raises:
        NotAllowed: only an operator adjusts.
        InvalidInput: no amount, no reason, or a write-off without a reference.
        DebtTooSmall: less is owed for the reference.
        IdempotencyConflict: the key belongs to something else.
    """
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed
    reason = reason.strip()[:300]
    if amount <= 0 or not reason or (kind == AdjustmentKind.WRITE_OFF and not reference):
        raise InvalidInput(amount=amount, reason=reason, reference=reference)
    lock_reference(reference or f"user:{person.public_id}")
    wanted = (AdjustmentKind(kind), person.pk, amount, reference)
    before = Adjustment.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        if (before.kind, before.person_id, before.amount, before.reference) != wanted:
            raise IdempotencyConflict(key=idempotency_key)
        return before
    if kind == AdjustmentKind.WRITE_OFF:
        _require_debt(person, reference, amount)
    row = Adjustment.objects.create(
        kind=wanted[0],
        person_id=person.pk,
        reference=reference,
        amount=amount,
        reason=reason,
        idempotency_key=idempotency_key,
        requested_by_kind=by.kind,
        requested_by_ref=by.ref,
        requested_by_label=by.label,
    )
    states.begin(ADJUSTMENT, row, by=by, reason=reason)
    audit.record("adjustment.requested", f"adjustment:{row.pk}", by=by, reason=reason, amount=amount)
    if amount <= settings.REFUND_APPROVAL_LIMIT:
        _book(row, by)
    return row


@transaction.atomic
def approve_adjustment(*, adjustment: Adjustment, by: Actor) -> Adjustment:
    """Say yes to an adjustment above the limit: it is booked.

    Raises:
        NotAllowed: only an operator approves.
        SecondPersonNeeded: who asked cannot approve.
        DebtTooSmall: less is owed by now.
        IllegalTransition: it does not wait for approval.
    """
    locked = _to_decide(adjustment, by)
    _book(locked, by)
    adjustment.state = locked.state
    return locked


@transaction.atomic
def reject_adjustment(*, adjustment: Adjustment, by: Actor, reason: str) -> Adjustment:
    """Say no to an adjustment above the limit. Raises as `approve_adjustment` does."""
    locked = _to_decide(adjustment, by)
    states.move(ADJUSTMENT, locked, to=AdjustmentState.REJECTED, by=by, reason=reason, decided_at=clock.now())
    audit.record("adjustment.rejected", f"adjustment:{locked.pk}", by=by, reason=reason, amount=locked.amount)
    adjustment.state = locked.state
    return locked


def _to_decide(row: Adjustment, by: Actor) -> Adjustment:
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed
    if by.ref == row.requested_by_ref:
        raise SecondPersonNeeded(adjustment=str(row.pk))
    lock_reference(row.reference or f"user:{row.person.public_id}")
    return locks.lock_row(row)


def _require_debt(person: User, reference: str, amount: Dong) -> None:
    user_ref = person.public_id
    ledger.lock_accounts([chart.receivable(user_ref)])
    debt = ledger_selectors.debt_of_reference(user_ref=user_ref, reference=reference)
    if amount > debt:
        raise DebtTooSmall(owed=debt)


def _book(row: Adjustment, by: Actor) -> None:
    user_ref = row.person.public_id
    if row.kind == AdjustmentKind.WRITE_OFF:
        _require_debt(row.person, row.reference, row.amount)
        kind, debit, credit = EntryKind.WRITE_OFF, chart.BAD_DEBT, chart.receivable(user_ref)
    else:
        kind, debit, credit = EntryKind.ADJUSTMENT, chart.GOODWILL, chart.user_credit(user_ref)
    ledger.post(
        kind=kind,
        key=f"adjustment:{row.pk}",
        reference=row.reference or f"user:{user_ref}",
        lines=[(debit, row.amount), (credit, -row.amount)],
        by=by,
    )
    states.move(ADJUSTMENT, row, to=AdjustmentState.DONE, by=by, decided_at=clock.now())
    audit.record("adjustment.booked", f"adjustment:{row.pk}", by=by, reason=row.reason, amount=row.amount)
    if row.kind == AdjustmentKind.WRITE_OFF:
        _ask_no_more(row)


def _ask_no_more(row: Adjustment) -> None:
    """Withdraw the requests to pay a debt that is no more."""
    owed = ledger_selectors.debt_of_reference(user_ref=row.person.public_id, reference=row.reference)
    if owed:
        return
    for intent in lock_reference(row.reference):
        if intent.purpose in {Purpose.BALANCE, Purpose.FINE} and intent.state in OPEN_STATES:
            cancel_intent(intent=intent, by=SYSTEM, reason=f"written off: {row.pk}")
