"""Taking from the deposit, and giving back what is left of it: as money, and as holds on cards."""

from django.db import transaction

from payments.gateways import registry
from payments.intents import targets
from payments.intents.enums import CHECKERS, DEPOSIT, DepositState, HoldState, RefundReason, RefundWay
from payments.intents.errors import DepositTooSmall, IdempotencyConflict, UnknownReference
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, DepositHold, PaymentIntent, Refund
from payments.intents.services import promises
from payments.intents.services.deposit_requests import close_requests
from payments.intents.services.hold_facts import start_freeing
from payments.intents.services.hold_jobs import promise_take
from payments.intents.services.holds import free_planned
from payments.intents.services.refunds import refund
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.errors import AccountOverdrawn
from payments.ledger.models import LedgerEntry
from voltgo.core import locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import InvalidInput, NotAllowed
from voltgo.core.money import Dong


@transaction.atomic
def capture_deposit(
    *, reference: str, amount: Dong, settlement_line: str, idempotency_key: str, by: Actor
) -> Deposit:
    """Turn part of the deposit into money that pays what the payer owes; names the settlement line it is for.

    Money that we hold goes first, then what cards hold for us: that is booked at once and asked of the provider
    after commit, in one call for each hold. The amount becomes prepaid money of the reference; `recognise_revenue`
    then uses it up. Locks the owner of the reference, its intents, the holds, then the ledger accounts. Safe to
    call twice with one key.

    Raises:
        DepositTooSmall: less than that is still held.
        UnknownReference: there is no deposit.
        IdempotencyConflict: the key belongs to another amount.
    """
    if amount <= 0 or not settlement_line:
        raise InvalidInput(amount=amount)
    lock_reference(reference)
    deposit = _locked(reference)
    if deposit is None:
        raise UnknownReference(reference=reference)
    key = f"capture:{idempotency_key}"
    before = LedgerEntry.objects.filter(idempotency_key=key).first()
    if before is not None:
        _require_same(before, reference, amount)
        return deposit
    if amount > deposit.remaining:
        raise DepositTooSmall(available=deposit.remaining)
    from_money = min(amount, deposit.money)
    lines = [(chart.deposit_liability(reference), from_money)] if from_money else []
    lines += _from_holds(deposit, amount - from_money, by)
    try:
        ledger.post(
            kind=EntryKind.DEPOSIT_CAPTURE if from_money == amount else EntryKind.HOLD_USED,
            key=key,
            reference=reference,
            lines=[*lines, (chart.customer_prepaid(reference), -amount)],
            by=by,
        )
    except AccountOverdrawn as error:
        raise DepositTooSmall(available=deposit.remaining) from error
    promises.write(deposit, by=by, reason=settlement_line, captured=deposit.captured + amount)
    audit.record(
        "deposit.captured", f"deposit:{deposit.pk}", by=by, reason=settlement_line[:300], amount=amount
    )
    return deposit


def _from_holds(deposit: Deposit, amount: Dong, by: Actor) -> list[tuple[chart.Account, Dong]]:
    """Set an amount to be taken from the holds; return what the ledger says of it."""
    if not amount:
        return []
    sums: dict[str, Dong] = {}
    for hold, part in promises.use_holds(deposit, amount, by=by):
        sums[hold.provider] = sums.get(hold.provider, 0) + part
        promise_take(hold)
    return [(chart.hold_clearing(provider), value) for provider, value in sums.items()]


def _locked(reference: str) -> Deposit | None:
    deposit = Deposit.objects.filter(reference=reference).first()
    return locks.lock_row(deposit) if deposit else None


def _require_same(entry: LedgerEntry, reference: str, amount: Dong) -> None:
    if entry.reference != reference or not entry.lines.filter(amount=-amount).exists():
        raise IdempotencyConflict(key=entry.idempotency_key)


@transaction.atomic
def release_deposit(
    *, reference: str, idempotency_key: str, by: Actor, amount: Dong | None = None
) -> Refund | None:
    """Give back what is left of the deposit, or the amount named.

    Money goes to the payment it came from, holds are freed at their providers, planned ones are dropped. What is
    kept back for fines stays until its day. Returns the refund, None if no money goes back. The provider is asked
    after commit; no approval is needed, because the money never was ours. Locks as `refund` does. Safe to call
    twice with one key.

    Raises:
        DepositTooSmall: more is named than is held.
    """
    lock_reference(reference)
    before = Refund.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        return before
    deposit = _locked(reference)
    if deposit is None:
        return None
    if amount is None:
        close_requests(reference)
        free_holds(deposit, by=by)
        deposit.refresh_from_db()
        money = max(0, deposit.money - deposit.retained)
    else:
        money = min(amount, deposit.money)
        free_part(deposit, amount - money, by=by)
    if not money:
        return None
    return refund(
        reference=reference,
        prepayment_amount=0,
        deposit_amount=money,
        reason=RefundReason.DEPOSIT_RELEASE,
        idempotency_key=idempotency_key,
        by=by,
    )


def free_holds(deposit: Deposit, *, by: Actor, intent: PaymentIntent | None = None) -> None:
    """Let go of every hold of a deposit, or of those of one intent. The caller holds the locks.

    What is being taken goes on; a provider that takes a hold whole gives the rest back as money afterwards.
    """
    rows = DepositHold.objects.filter(
        deposit=deposit,
        state__in=[HoldState.PLANNED, HoldState.REQUESTED, HoldState.HELD, HoldState.CAPTURING],
    )
    for hold in locks.lock(rows.filter(intent=intent) if intent else rows):
        deposit.refresh_from_db()
        if hold.state == HoldState.CAPTURING:
            if registry.capabilities_of(hold.provider).partial_capture:
                promises.free_promise(deposit, min(deposit.on_hold, hold.amount - hold.to_capture), by=by)
            continue
        if hold.state == HoldState.HELD and not _is_taken_over(hold):
            promises.free_promise(deposit, min(deposit.on_hold, hold.amount), by=by)
        start_freeing(hold, by=by)
    deposit.refresh_from_db()


def _is_taken_over(hold: DepositHold) -> bool:
    """Say whether another hold carries the promise already."""
    return DepositHold.objects.filter(replaces=hold, state=HoldState.HELD).exists()


def free_part(deposit: Deposit, amount: Dong, *, by: Actor) -> None:
    """Need less on the cards than they hold: less is taken in the end, what is planned shrinks. Locks held.

    Raises:
        DepositTooSmall: more is named than they hold.
    """
    planned = DepositHold.objects.filter(deposit=deposit, state=HoldState.PLANNED, replaces=None)
    for hold in locks.lock(planned):
        part = min(amount, hold.amount)
        amount -= part
        if part == hold.amount:
            start_freeing(hold, by=by)
        elif part:
            DepositHold.objects.filter(pk=hold.pk).update(amount=hold.amount - part)
    if amount > deposit.on_hold:
        raise DepositTooSmall(available=deposit.on_hold)
    promises.free_promise(deposit, amount, by=by)


@transaction.atomic
def give_back(
    *,
    reference: str,
    prepayment_amount: Dong,
    reason: str,
    idempotency_key: str,
    by: Actor,
    deposit_amount: Dong | None = None,
    intent: PaymentIntent | None = None,
    way: str = RefundWay.ORIGINAL,
) -> Refund | None:
    """Give back rent and deposit in one refund, and free the holds that stand in for the deposit.

    `deposit_amount` None means all of it; with `intent`, what that intent brought or promised. Returns the refund,
    None if no money goes back. `way` as with `refund`. Locks and raises as that does.
    """
    lock_reference(reference)
    before = Refund.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        return before
    deposit = _locked(reference)
    money = 0
    if deposit is not None and intent is not None:
        money = intent.deposit_amount - intent.pledged_amount
        if intent.pledged_amount:
            free_holds(deposit, by=by, intent=intent)
        if not targets.needs_deposit(reference):
            close_requests(reference)
    elif deposit is not None and deposit_amount is None:
        close_requests(reference)
        free_holds(deposit, by=by)
        money = deposit.money
    elif deposit is not None and deposit_amount:
        money = min(deposit_amount, deposit.money)
        free_part(deposit, deposit_amount - money, by=by)
    if not prepayment_amount and not money:
        return None
    return refund(
        reference=reference,
        prepayment_amount=prepayment_amount,
        deposit_amount=money,
        reason=reason,
        idempotency_key=idempotency_key,
        by=by,
        way=way,
    )


@transaction.atomic
def waive_deposit(*, reference: str, reason: str, by: Actor) -> Deposit:
    """Let a renter go without a deposit. What was planned on a card is dropped, open requests for it end.

    Safe to call twice. Locks the owner of the reference, its intents, the deposit.

    Raises:
        NotAllowed: only supervisors and operators waive one.
        InvalidInput: no reason is given.
        UnknownReference: there is no deposit.
        IllegalTransition: it is held, or settled already.
    """
    if by.kind not in CHECKERS:
        raise NotAllowed
    reason = reason.strip()
    if not reason:
        raise InvalidInput(reason=reason)
    lock_reference(reference)
    deposit = _locked(reference)
    if deposit is None:
        raise UnknownReference(reference=reference)
    if deposit.state == DepositState.WAIVED:
        return deposit
    states.move(DEPOSIT, deposit, to=DepositState.WAIVED, by=by, reason=reason[:300])
    free_planned(reference, by=by)
    close_requests(reference)
    audit.record("deposit.waived", f"deposit:{deposit.pk}", by=by, reason=reason[:300], amount=deposit.amount)
    return deposit
