"""Giving money back: the decision and its ledger entry first, the provider afterwards."""

import logging
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from payments.intents.enums import (
    CHECKERS,
    DEPOSIT,
    NEED_A_CHECKER,
    REFUND,
    DepositState,
    Provider,
    RefundReason,
    RefundState,
    RefundWay,
)
from payments.intents.errors import (
    CashNotPossible,
    DepositTooSmall,
    IdempotencyConflict,
    RefundTooLarge,
    SecondPersonNeeded,
    UnknownReference,
)
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, Payment, PaymentIntent, Refund
from payments.intents.services.settled import is_disputed, promise_submission, settlings_of
from payments.intents.services.ways import send_off, way_of
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry, LedgerLine
from voltgo.core import locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition, InvalidInput, NotAllowed
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)


def approval_limit() -> Dong:
    """Return the amount above which a refund asked for by staff needs a second person."""
    return int(settings.REFUND_APPROVAL_LIMIT)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one payment gives back."""

    payment: Payment
    prepayment: Dong
    deposit: Dong


@transaction.atomic
def refund(
    *,
    reference: str,
    prepayment_amount: Dong,
    deposit_amount: Dong,
    reason: str,
    idempotency_key: str,
    by: Actor,
    way: str = RefundWay.ORIGINAL,
) -> Refund:
    """Give back part or all of what was paid for a reference, to the payments it came from.

    The money leaves its ledger accounts at once, so it cannot be given back twice; the provider is asked
    after commit, or after approval when people ask for more than the limit for one reference, all their refunds
    counted together, or when the payer's bank disputes the payment. Where one payment has not enough left, several refunds are made and the first is returned.
    `reason` is a RefundReason. `way` is a RefundWay: by default back to what was paid with, which finance or
    the counter does where the provider cannot.

    Locks the owner of the reference, its intents, then ledger accounts. Safe to call twice.

    Raises:
        RefundTooLarge: not enough prepaid money is left under the reference.
        DepositTooSmall: not enough of the deposit is still held.
        UnknownReference: nothing was ever paid for the reference.
        CashNotPossible: cash is asked for what was not paid in cash.
        IdempotencyConflict: the key belongs to another refund.
    """
    if prepayment_amount < 0 or deposit_amount < 0 or prepayment_amount + deposit_amount == 0:
        raise InvalidInput(prepayment_amount=prepayment_amount, deposit_amount=deposit_amount)
    lock_reference(reference)
    before = _made_before(reference, idempotency_key, prepayment_amount, deposit_amount)
    if before is not None:
        return before
    _require_money(reference, prepayment_amount, deposit_amount)
    parts = _choose_payments(reference, prepayment_amount, deposit_amount, way)
    if deposit_amount:
        _take_from_deposit(reference, deposit_amount, by)
    refunds = [
        _open(
            payment=part.payment,
            amounts=(part.prepayment, part.deposit, 0),
            reason=reason,
            key=idempotency_key if index == 0 else f"{idempotency_key}#{index + 1}",
            by=by,
            way=way,
        )
        for index, part in enumerate(parts)
    ]
    needs_approval = (
        by.kind in NEED_A_CHECKER
        and reason != RefundReason.DEPOSIT_RELEASE
        # The deposit is the payer's own money: giving it back is nobody's favour.
        and prepayment_amount + _asked_by_people(reference, but=refunds) > approval_limit()
    )
    for row in refunds:
        if not needs_approval and not is_disputed(row.payment):
            _approve(row, by=by, reason="")
    return refunds[0]


def _asked_by_people(reference: str, *, but: list[Refund]) -> Dong:
    """Return how much rent people have sent back before: a sum in small parts is no smaller."""
    rows = Refund.objects.filter(reference=reference, requested_by_kind__in=NEED_A_CHECKER).exclude(
        state=RefundState.REJECTED
    )
    others = rows.exclude(pk__in=[row.pk for row in but])
    return others.aggregate(total=Sum("prepayment_amount"))["total"] or 0


def return_surplus(payment: Payment) -> Refund:
    """Send back what came without being asked for. Runs inside the transaction that booked it."""
    amounts, key = (0, 0, payment.surplus_amount), f"surplus:{payment.provider}:{payment.provider_ref}"
    row = _open(payment=payment, amounts=amounts, reason=RefundReason.SURPLUS, key=key, by=SYSTEM)
    _approve(row, by=SYSTEM, reason="")
    return row


def return_parts(intent: PaymentIntent, *, still_due: Dong = 0) -> None:
    """Send back what came of an intent that will never be complete. The caller holds the locks.

    With `still_due` that much of a deposit is asked for as if nothing had come: a card is to hold all of it.
    """
    if not intent.received_amount:
        return
    for payment in Payment.objects.filter(intent=intent).order_by("pk"):
        prepayment, deposit = _still_there(payment)
        if prepayment + deposit == 0:
            continue
        if deposit:
            _take_from_deposit(intent.reference, deposit, SYSTEM, still_due=still_due)
        row = _open(
            payment=payment,
            amounts=(prepayment, deposit, 0),
            reason=RefundReason.SHORT_PAYMENT,
            key=f"short:{payment.provider}:{payment.provider_ref}",
            by=SYSTEM,
        )
        _approve(row, by=SYSTEM, reason="")
    # Money that still comes starts from nothing.
    PaymentIntent.objects.filter(pk=intent.pk).update(received_amount=0)
    intent.received_amount = 0


def _still_there(payment: Payment) -> tuple[Dong, Dong]:
    """What of a payment was neither promised back nor used: for a debt, for a settlement."""
    prepayment, deposit = _left_parts(payment)
    reference = payment.intent.reference
    prepaid, liability = chart.customer_prepaid(reference), chart.deposit_liability(reference)
    rows = ledger.lock_accounts([prepaid, liability])
    paid_debt = LedgerLine.objects.filter(
        entry__idempotency_key=f"{payment.provider}:paid:{payment.provider_ref}",
        account__code__startswith="receivable:",
    ).aggregate(total=Sum("amount"))["total"]
    prepayment += paid_debt or 0
    return max(0, min(prepayment, rows[prepaid.code].balance)), min(deposit, rows[liability.code].balance)


def _left_parts(payment: Payment) -> tuple[Dong, Dong]:
    """What of a payment's rent and deposit was not promised back."""
    gone = payment.refunds.exclude(state=RefundState.REJECTED).aggregate(
        prepayment=Sum("prepayment_amount"), deposit=Sum("deposit_amount")
    )
    return (
        payment.prepayment_amount - (gone["prepayment"] or 0),
        payment.deposit_amount - (gone["deposit"] or 0),
    )


def _made_before(reference: str, key: str, prepayment: Dong, deposit: Dong) -> Refund | None:
    first = Refund.objects.filter(idempotency_key=key).first()
    if first is None:
        return None
    made = Refund.objects.filter(idempotency_key__startswith=f"{key}#") | Refund.objects.filter(pk=first.pk)
    sums = made.aggregate(prepayment=Sum("prepayment_amount"), deposit=Sum("deposit_amount"))
    if (first.reference, sums["prepayment"], sums["deposit"]) != (reference, prepayment, deposit):
        raise IdempotencyConflict(key=key)
    return first


def _require_money(reference: str, prepayment: Dong, deposit: Dong) -> None:
    prepaid_account, deposit_account = chart.customer_prepaid(reference), chart.deposit_liability(reference)
    rows = ledger.lock_accounts([prepaid_account, deposit_account])
    available = rows[prepaid_account.code].balance
    if prepayment > available:
        raise RefundTooLarge(available=available)
    held = rows[deposit_account.code].balance
    if deposit > held:
        raise DepositTooSmall(available=held)


def _choose_payments(reference: str, prepayment: Dong, deposit: Dong, way: str) -> list[_Part]:
    """Find where the money goes back to: the smallest payment that has enough left, else the largest first.

    A payment is counted as a whole: captured deposit money may go back as prepayment. Cash comes only out
    of payments in cash.
    """
    payments = Payment.objects.filter(intent__reference=reference).select_related("intent__payer")
    if not payments:
        raise UnknownReference(reference=reference)
    if way == RefundWay.CASH:
        payments = payments.filter(provider=Provider.CASH)
        if not payments:
            raise CashNotPossible(reference=reference)
    left = {payment: _left_of(payment) for payment in payments}
    needed = prepayment + deposit
    enough = sorted((amount, payment.pk, payment) for payment, amount in left.items() if amount >= needed)
    if enough:
        return [_Part(enough[0][2], prepayment, deposit)]
    parts: list[_Part] = []
    for payment in sorted(left, key=lambda row: (-left[row], row.pk)):
        from_deposit = min(deposit, left[payment])
        from_prepayment = min(prepayment, left[payment] - from_deposit)
        if from_deposit + from_prepayment:
            parts.append(_Part(payment, from_prepayment, from_deposit))
        deposit -= from_deposit
        prepayment -= from_prepayment
    if prepayment or deposit:
        raise RefundTooLarge(available=sum(left.values()))
    return parts


def ways_back(reference: str, prepayment: Dong, deposit: Dong) -> dict[str, Dong]:
    """Return by which ways a refund would go back, and how much by each; writes nothing."""
    if not prepayment + deposit:
        return {}
    ways: dict[str, Dong] = {}
    for part in _choose_payments(reference, prepayment, deposit, RefundWay.ORIGINAL):
        way = way_of(part.payment, part.prepayment + part.deposit, RefundWay.ORIGINAL)
        ways[way] = ways.get(way, 0) + part.prepayment + part.deposit
    return ways


def _left_of(payment: Payment) -> Dong:
    """What of a payment was neither surplus nor promised back."""
    gone = payment.refunds.exclude(state=RefundState.REJECTED).aggregate(
        total=Sum(F("prepayment_amount") + F("deposit_amount"))
    )["total"]
    left: Dong = payment.prepayment_amount + payment.deposit_amount - (gone or 0)
    return left


def _take_from_deposit(reference: str, amount: Dong, by: Actor, *, still_due: Dong = 0) -> None:
    deposit = Deposit.objects.get(reference=reference)
    released = deposit.released + amount
    if amount == deposit.remaining and still_due and deposit.state == DepositState.HELD:
        states.move(DEPOSIT, deposit, to=DepositState.DUE, by=by, amount=still_due, released=0)
    elif amount == deposit.remaining:
        states.move(DEPOSIT, deposit, to=DepositState.RELEASED, by=by, released=released)
    else:
        Deposit.objects.filter(pk=deposit.pk).update(released=released)


def _open(
    *,
    payment: Payment,
    amounts: tuple[Dong, Dong, Dong],
    reason: str,
    key: str,
    by: Actor,
    way: str = RefundWay.ORIGINAL,
) -> Refund:
    """Create a refund with its ledger entry: the money leaves its accounts and is on its way."""
    prepayment, deposit, surplus = amounts
    reference = payment.intent.reference
    row = Refund.objects.create(
        intent=payment.intent,
        payment=payment,
        reference=reference,
        amount=sum(amounts),
        prepayment_amount=prepayment,
        deposit_amount=deposit,
        surplus_amount=surplus,
        reason=RefundReason(reason),
        way=way_of(payment, sum(amounts), way),
        idempotency_key=key,
        request_id=_new_request_id(),
        requested_by_kind=by.kind,
        requested_by_ref=by.ref,
        requested_by_label=by.label,
    )
    states.begin(REFUND, row, by=by, reason=reason)
    lines = [
        (chart.customer_prepaid(reference), prepayment),
        (chart.deposit_liability(reference), deposit),
        (chart.customer_credit(reference), surplus),
        (chart.refund_clearing(payment.provider), -row.amount),
    ]
    ledger.post(
        kind=EntryKind.REFUND,
        key=_entry_key(row),
        reference=reference,
        lines=[(account, amount) for account, amount in lines if amount],
        by=by,
    )
    return row


def _entry_key(row: Refund) -> str:
    return f"refund:{row.pk}"


def _new_request_id() -> str:
    return uuid4().hex


def _approve(row: Refund, *, by: Actor, reason: str) -> None:
    states.move(REFUND, row, to=RefundState.APPROVED, by=by, reason=reason)
    send_off(row)


# --- The second person --------------------------------------------------------------------------
@transaction.atomic
def approve_refund(*, refund: Refund, by: Actor) -> Refund:
    """Say yes to a refund above the limit; the provider is asked after commit. Locks as `refund` does.

    Raises:
        NotAllowed: only supervisors and operators approve.
        SecondPersonNeeded: the one who asked cannot approve.
        IllegalTransition: it is not waiting for approval.
    """
    _require_checker(refund, by)
    lock_reference(refund.reference)
    locked = locks.lock_row(refund)
    _approve(locked, by=by, reason="approved")
    audit.record("refund.approved", f"refund:{locked.pk}", by=by, amount=locked.amount)
    refund.state = locked.state
    return locked


@transaction.atomic
def reject_refund(*, refund: Refund, by: Actor, reason: str) -> Refund:
    """Say no to a refund above the limit: its ledger entry is reversed, the deposit is held again.

    Raises:
        NotAllowed: only supervisors and operators decide.
        SecondPersonNeeded: the one who asked cannot decide.
        IllegalTransition: it is not waiting for approval.
    """
    _require_checker(refund, by)
    lock_reference(refund.reference)
    locked = locks.lock_row(refund)
    states.move(REFUND, locked, to=RefundState.REJECTED, by=by, reason=reason)
    entry = LedgerEntry.objects.get(idempotency_key=_entry_key(locked))
    ledger.reverse(entry=entry, key=f"refund-rejected:{locked.pk}", by=by)
    if locked.deposit_amount:
        _put_back_into_deposit(locked, by)
    audit.record("refund.rejected", f"refund:{locked.pk}", by=by, reason=reason, amount=locked.amount)
    refund.state = locked.state
    return locked


def _require_checker(row: Refund, by: Actor) -> None:
    if by.kind not in CHECKERS:
        raise NotAllowed
    if by.ref == row.requested_by_ref:
        raise SecondPersonNeeded(refund=str(row.pk))


def _put_back_into_deposit(row: Refund, by: Actor) -> None:
    deposit = Deposit.objects.get(reference=row.reference)
    released = deposit.released - row.deposit_amount
    open_state = DepositState.PARTLY_CAPTURED if deposit.captured else DepositState.HELD
    if deposit.state == open_state:
        Deposit.objects.filter(pk=deposit.pk).update(released=released)
    else:
        states.move(DEPOSIT, deposit, to=open_state, by=by, reason="refund rejected", released=released)


@transaction.atomic
def retry_refund(*, refund: Refund, by: Actor) -> Refund:
    """Ask the provider again, under a new request id, after it clearly refused.

    Raises:
        IllegalTransition: the refund has not failed.
        NotAllowed: only an operator retries.
    """
    locked = locks.lock_row(refund)
    # The provider's number names the refused try: asked under it, the provider would tell of that one only.
    states.move(
        REFUND,
        locked,
        to=RefundState.APPROVED,
        by=by,
        reason="retry",
        request_id=_new_request_id(),
        provider_ref="",
        polls=0,
    )
    promise_submission(locked)
    refund.state, refund.request_id = locked.state, locked.request_id
    return locked


@transaction.atomic
def take_back_refund(*, refund: Refund, by: Actor, reason: str) -> Refund:
    """Say that a refund came back to the provider after it had succeeded: a closed card, a bank that returned it.

    Its last entry is reversed and the money waits again to be returned, in any way that a refused refund may
    take. The provider's old words are not listened to any more. Locks the owner of the reference, its intents,
    the refund, then ledger accounts.

    Raises:
        NotAllowed: only an operator says so, after a look into the provider's portal.
        IllegalTransition: it has not succeeded.
        InvalidInput: it went another way than back through its provider, or no reason is given.
    """
    reason = reason.strip()[:300]
    lock_reference(refund.reference)
    locked = locks.lock_row(refund)
    if not reason or locked.way != RefundWay.ORIGINAL:
        raise InvalidInput(way=locked.way, reason=reason)
    if locked.state != RefundState.SUCCEEDED:
        raise IllegalTransition(machine=REFUND.name, source=locked.state)
    source = locked.request_id
    states.move(
        REFUND,
        locked,
        to=RefundState.FAILED,
        by=by,
        reason=reason,
        request_id=_new_request_id(),
        provider_ref="",
        succeeded_at=None,
    )
    entry = settlings_of(locked).get(reversed_by=None)
    ledger.reverse(entry=entry, key=f"refund-came-back:{source}", by=by)
    audit.record("refund.came_back", f"refund:{locked.pk}", by=by, reason=reason, amount=locked.amount)
    refund.state, refund.request_id = locked.state, locked.request_id
    return locked
