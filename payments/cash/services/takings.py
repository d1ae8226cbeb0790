"""Taking money from payers over the counter, and giving it back."""

from django.db import IntegrityError, transaction

from payments.cash.enums import MovementKind, SessionState
from payments.cash.errors import (
    AlreadyPaidOut,
    AmountHasChanged,
    DrawerTooEmpty,
    NotPaidInCash,
    SessionNotOpen,
    TooLittleTendered,
)
from payments.cash.models import CashMovement, CashSession
from payments.cash.services.rows import lock_open, lock_session, person, write
from payments.gateways.base import FactKind, FactOutcome, ProviderFact
from payments.intents import services as intents
from payments.intents.enums import OPEN_STATES, PAID_STATES, AttemptOutcome, IntentState, Provider
from payments.intents.errors import (
    AlreadyPaid,
    IdempotencyConflict,
    PaymentEnded,
    PaymentExpired,
    PaymentUnderReview,
)
from payments.intents.locking import lock_reference
from payments.intents.models import PaymentAttempt, PaymentIntent, Refund
from payments.invoices.services import issue_payment_slip
from payments.ledger.errors import AccountOverdrawn
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.codes import new_code
from voltgo.core.money import Dong

CASH = Provider.CASH


def to_take(intent: PaymentIntent) -> Dong:
    """Return what an intent still asks for: cash is taken in full, the deposit included."""
    return intent.amount - intent.received_amount - intent.pledged_amount


@transaction.atomic
def take_payment(
    *,
    intent: PaymentIntent,
    session: CashSession,
    tendered: Dong,
    by: Actor,
    idempotency_key: str,
    shown_amount: Dong | None = None,
) -> CashMovement:
    """Take what an intent still asks for in cash; what the payer gave above it goes back as change.

    Movement, attempt, payment and ledger entry are one transaction, and `payment_succeeded` is sent in it, so a
    booking is confirmed at once. `shown_amount` is what the page asked to confirm. Locks the session, then
    the owner of the reference and its intents, then ledger accounts. Safe to call twice with one key.

    Raises:
        SessionNotOpen: the session is being counted, or over.
        TooLittleTendered: less was given than is asked for.
        AmountHasChanged: the page showed another amount.
        AlreadyPaid, PaymentExpired, PaymentEnded, PaymentUnderReview: the intent takes no money.
        IdempotencyConflict: the key belongs to another payment.
    """
    user = person(by)
    locked = lock_session(session)
    key = f"cash:{locked.pk}:{idempotency_key}"
    before = CashMovement.objects.filter(idempotency_key=key).first()
    if before is not None:
        return _same_or_conflict(before, intent)
    if locked.state != SessionState.OPEN:
        raise SessionNotOpen
    asking = next(row for row in lock_reference(intent.reference) if row.pk == intent.pk)
    _require_open(asking)
    amount = to_take(asking)
    if shown_amount is not None and shown_amount != amount:
        raise AmountHasChanged(amount=amount)
    if tendered < amount:
        raise TooLittleTendered(amount=amount, tendered=tendered)
    movement = write(
        locked,
        MovementKind.PAYMENT,
        amount,
        key=key,
        user=user,
        reference=asking.reference,
        tendered=tendered,
    )
    attempt = _open_attempt(asking, amount)
    result = intents.apply_fact(
        ProviderFact(
            provider=CASH,
            kind=FactKind.SUCCEEDED,
            merchant_ref=attempt.merchant_ref,
            provider_ref=payment_ref(movement),
            amount=amount,
            occurred_at=movement.at,
            method=CASH,
            account_ref=locked.drawer.code,
        )
    )
    if result.outcome is not FactOutcome.RECORDED:
        # Under the locks it cannot be anything else; if it is, nothing of this was done.
        raise PaymentEnded(outcome=result.outcome.value)
    # Its number is drawn last: until the end nobody else draws one.
    issue_payment_slip(payment=intent.payments.get(provider_ref=payment_ref(movement)), by=by)
    intent.refresh_from_db()
    return movement


def payment_ref(movement: CashMovement) -> str:
    """Return the transaction number under which a movement is known as a payment."""
    return f"{CASH}:{movement.pk}"


def _same_or_conflict(movement: CashMovement, intent: PaymentIntent) -> CashMovement:
    is_same = intent.payments.filter(provider=CASH, provider_ref=payment_ref(movement)).exists()
    if not is_same:
        raise IdempotencyConflict(key=movement.idempotency_key)
    return movement


def _require_open(intent: PaymentIntent) -> None:
    if intent.state in PAID_STATES:
        raise AlreadyPaid(intent=str(intent.pk))
    if intent.state == IntentState.NEEDS_REVIEW:
        raise PaymentUnderReview(intent=str(intent.pk))
    if intent.state == IntentState.EXPIRED:
        raise PaymentExpired(intent=str(intent.pk))
    if intent.state not in OPEN_STATES:
        raise PaymentEnded(intent=str(intent.pk))
    if clock.now() >= intent.expires_at:
        raise PaymentExpired(intent=str(intent.pk))


def _open_attempt(intent: PaymentIntent, amount: Dong) -> PaymentAttempt:
    now = clock.now().replace(microsecond=0)
    return PaymentAttempt.objects.create(
        intent=intent,
        number=intent.attempts.count() + 1,
        provider=CASH,
        merchant_ref=new_code(clock.local(now).strftime("%y%m%d"), 10),
        amount=amount,
        outcome=AttemptOutcome.STARTED,
        provider_created_at=now,
        expires_at=intent.expires_at,
    )


@transaction.atomic
def pay_refund(*, refund: Refund, session: CashSession, by: Actor) -> CashMovement:
    """Pay a refund out of the drawer, only for what was paid in cash. Safe to call twice.

    Locks the session, then as refunds do.

    Raises:
        NotPaidInCash: the money came another way and goes back there.
        SessionNotOpen: the session is being counted, or over.
        DrawerTooEmpty: there is not so much in the drawer.
        AlreadyPaidOut: it was paid from another drawer.
        IllegalTransition: it does not wait to be paid out.
    """
    if refund.payment.provider != CASH:
        raise NotPaidInCash
    user = person(by)
    locked = lock_open(session)
    key = f"cash-refund:{refund.pk}"
    before = CashMovement.objects.filter(idempotency_key=key).first()
    if before is not None:
        if before.session_id != locked.pk:
            raise AlreadyPaidOut
        return before
    try:
        intents.pay_out_cash(refund=refund, drawer=locked.drawer.code, by=by)
    except AccountOverdrawn as error:
        raise DrawerTooEmpty from error
    try:
        with transaction.atomic():
            return write(
                locked, MovementKind.REFUND, -refund.amount, key=key, user=user, reference=refund.reference
            )
    except IntegrityError as error:
        raise AlreadyPaidOut from error
