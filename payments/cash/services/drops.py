"""Money that leaves a drawer for the bank."""

from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import User
from payments.cash.enums import DROP, DropState, MovementKind
from payments.cash.errors import BagAlreadyUsed, DrawerTooEmpty, WitnessIsSamePerson
from payments.cash.models import CashDrop, CashMovement, CashSession
from payments.cash.services.rows import lock_open, person, post, write
from payments.intents.errors import IdempotencyConflict
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from voltgo.core import locks, states
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong


def drop_cash(
    *,
    session: CashSession,
    amount: Dong,
    bag_number: str,
    by: Actor,
    idempotency_key: str,
    witness: User | None = None,
) -> CashDrop:
    """Seal money into a bag for the bank: it leaves the drawer and is on its way. Safe to call twice.

    Locks the session, then ledger accounts. Call it outside of transactions: a try for more than lies in the
    drawer is kept, as it tells something of what nobody should know before counting.

    Raises:
        SessionNotOpen: the session is being counted, or over.
        DrawerTooEmpty: there is not so much in the drawer.
        BagAlreadyUsed: a bag has this number already.
        WitnessIsSamePerson: who seals is no witness of it.
        IdempotencyConflict: the key belongs to another drop.
    """
    bag_number = bag_number.strip().upper()
    if amount <= 0 or not bag_number:
        raise InvalidInput(amount=amount)
    try:
        return _drop(session, amount, bag_number, by, idempotency_key, witness)
    except DrawerTooEmpty:
        audit.record("cash.drop_refused", f"cash_session:{session.pk}", by=by, amount=amount)
        raise


@transaction.atomic
def _drop(
    session: CashSession,
    amount: Dong,
    bag_number: str,
    by: Actor,
    idempotency_key: str,
    witness: User | None,
) -> CashDrop:
    user = person(by)
    if witness is not None and witness.pk == user.pk:
        raise WitnessIsSamePerson
    locked = lock_open(session)
    key = f"drop:{locked.pk}:{idempotency_key}"
    before = CashDrop.objects.filter(movement__idempotency_key=key).first()
    if before is not None:
        if (before.amount, before.bag_number) != (amount, bag_number):
            raise IdempotencyConflict(key=key)
        return before
    if CashDrop.objects.filter(bag_number=bag_number).exists():
        raise BagAlreadyUsed
    movement = write(locked, MovementKind.DROP, -amount, key=key, user=user, reference=f"bag:{bag_number}")
    post(locked, EntryKind.CASH_DROP, chart.CASH_IN_TRANSIT, movement, by=by)
    return _write_drop(locked, movement, bag_number, witness, by)


def _write_drop(
    session: CashSession, movement: CashMovement, bag_number: str, witness: User | None, by: Actor
) -> CashDrop:
    try:
        with transaction.atomic():
            drop = CashDrop.objects.create(
                movement=movement,
                drawer=session.drawer,
                amount=-movement.amount,
                bag_number=bag_number,
                witness=witness,
                dropped_at=movement.at,
            )
    except IntegrityError as error:
        raise BagAlreadyUsed from error
    states.begin(DROP, drop, by=by)
    return drop


@transaction.atomic
def bank_drop(*, drop: CashDrop, bank_ref: str, at: datetime, by: Actor) -> CashDrop:
    """Say that the bank has the money of a bag, as its statement tells. Safe to call twice.

    Raises:
        InvalidInput: no line of the statement is named.
        IdempotencyConflict: another line of the statement was named before.
        NotAllowed: only finance and the statement's import say so.
    """
    bank_ref = bank_ref.strip()
    if not bank_ref:
        raise InvalidInput(bank_ref=bank_ref)
    locked = locks.lock_row(drop)
    if locked.state == DropState.BANKED:
        if locked.bank_ref != bank_ref:
            raise IdempotencyConflict(key=f"cash-banked:{locked.pk}")
        return locked
    states.move(DROP, locked, to=DropState.BANKED, by=by, banked_at=at, bank_ref=bank_ref)
    ledger.post(
        kind=EntryKind.CASH_BANKED,
        key=f"cash-banked:{locked.pk}",
        reference=f"cash:{locked.drawer.code}",
        lines=[(chart.BANK, locked.amount), (chart.CASH_IN_TRANSIT, -locked.amount)],
        occurred_at=at,
        by=by,
    )
    drop.state, drop.banked_at, drop.bank_ref = locked.state, at, bank_ref
    return locked
