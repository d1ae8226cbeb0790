"""Asking for money: create an intent, send the payer to the provider, stop asking."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction

from accounts.models import User
from payments.gateways import registry
from payments.gateways.base import Redirect, StartRequest
from payments.gateways.errors import AmountNotAccepted
from payments.intents.enums import (
    DEPOSIT,
    INTENT,
    OPEN_STATES,
    PAID_STATES,
    DepositState,
    IntentState,
)
from payments.intents.errors import (
    AlreadyPaid,
    IdempotencyConflict,
    PaymentEnded,
    PaymentExpired,
    PaymentUnderReview,
)
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, PaymentAttempt, PaymentIntent
from payments.intents.schedule import first_poll
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.codes import new_code
from voltgo.core.errors import InvalidInput
from voltgo.core.money import Dong
from voltgo.core.rows import next_key

# The provider stops before we do, so that its last word reaches us while the reservation still stands.
PROVIDER_ENDS_EARLIER = timedelta(minutes=2)
# A debt may be paid for weeks; one visit to the provider is over, and asked about, within the hour.
LONGEST_VISIT = timedelta(hours=1)
# Less than this and nobody gets through a bank's pages.
SHORTEST_VISIT = timedelta(seconds=30)


def create_intent(
    *,
    payer: User,
    reference: str,
    purpose: str,
    prepayment_amount: Dong,
    deposit_amount: Dong,
    expires_at: datetime,
    idempotency_key: str,
    by: Actor,
    provider: str = "vnpay",
    description: str = "",
) -> PaymentIntent:
    """Ask one payer for an amount. Safe to call twice: the same key returns the same intent.

    A deposit that is asked for is written down as due; it is held once the money has come.

    Raises:
        IdempotencyConflict: the key belongs to a request with another payer, reference or amount.
        InvalidInput: an amount is negative, or nothing is asked for.
    """
    _require_amounts(prepayment_amount, deposit_amount)
    wanted = {
        "payer_id": payer.pk,
        "reference": reference,
        "purpose": purpose,
        "provider": provider,
        "prepayment_amount": prepayment_amount,
        "deposit_amount": deposit_amount,
    }
    before = PaymentIntent.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        return _same_or_conflict(before, wanted)
    intent = _new_intent(wanted, expires_at, idempotency_key, description)
    try:
        with transaction.atomic():
            intent.save(force_insert=True)
            states.begin(INTENT, intent, by=by)
            if deposit_amount:
                _expect_deposit(intent, by)
    except IntegrityError:
        twin = PaymentIntent.objects.filter(idempotency_key=idempotency_key).first()
        if twin is None:
            raise
        return _same_or_conflict(twin, wanted)
    return intent


# Draws the key of the deposit that `first_request` writes down.
NEXT_DEPOSIT = next_key(Deposit)


def first_request(
    *,
    payer: User,
    reference: str,
    purpose: str,
    prepayment_amount: Dong,
    deposit_amount: Dong,
    deposit_id: int,
    expires_at: datetime,
    idempotency_key: str,
    by: Actor,
    provider: str = "vnpay",
    description: str = "",
) -> tuple[PaymentIntent, list[models.Model]]:
    """Return what `create_intent` would write for a new reference, unwritten: the intent, and all rows.

    For a caller that has just invented the reference, so that no money and no deposit can be known for it,
    and that writes the rows together with its own, in its transaction. Constraints judge the rest.

    Raises:
        InvalidInput: an amount is negative, or nothing is asked for.
    """
    _require_amounts(prepayment_amount, deposit_amount)
    wanted = {
        "payer_id": payer.pk,
        "reference": reference,
        "purpose": purpose,
        "provider": provider,
        "prepayment_amount": prepayment_amount,
        "deposit_amount": deposit_amount,
    }
    intent = _new_intent(wanted, expires_at, idempotency_key, description)
    rows: list[models.Model] = [intent, states.first_event(INTENT, intent, by=by)]
    if deposit_amount:
        deposit = Deposit(pk=deposit_id, reference=reference, payer_id=payer.pk, amount=deposit_amount)
        rows += [deposit, states.first_event(DEPOSIT, deposit, by=by)]
    return intent, rows


def _require_amounts(prepayment_amount: Dong, deposit_amount: Dong) -> None:
    if prepayment_amount < 0 or deposit_amount < 0 or prepayment_amount + deposit_amount == 0:
        raise InvalidInput(prepayment_amount=prepayment_amount, deposit_amount=deposit_amount)


def _new_intent(
    wanted: Mapping[str, Any], expires_at: datetime, idempotency_key: str, description: str
) -> PaymentIntent:
    return PaymentIntent(
        **wanted,
        amount=wanted["prepayment_amount"] + wanted["deposit_amount"],
        expires_at=expires_at,
        idempotency_key=idempotency_key,
        description=description[:200],
    )


def _same_or_conflict(intent: PaymentIntent, wanted: dict[str, object]) -> PaymentIntent:
    if any(getattr(intent, name) != value for name, value in wanted.items()):
        raise IdempotencyConflict(key=intent.idempotency_key)
    return intent


def _expect_deposit(intent: PaymentIntent, by: Actor) -> None:
    deposit, created = Deposit.objects.get_or_create(
        reference=intent.reference, defaults={"payer": intent.payer, "amount": intent.deposit_amount}
    )
    if created:
        states.begin(DEPOSIT, deposit, by=by)
    else:
        # Nothing came yet, so the newest request says what is due.
        Deposit.objects.filter(pk=deposit.pk, state=DepositState.DUE).update(amount=intent.deposit_amount)


@transaction.atomic
def start_payment(
    *, intent: PaymentIntent, return_url: str, ip_address: str, language: str, by: Actor
) -> Redirect:
    """Open a new attempt under a merchant reference of its own and return where the payer goes.

    Locks the intent. Nothing is sent to the provider: the payer's browser carries the request.

    Raises:
        AlreadyPaid, PaymentUnderReview, PaymentEnded, PaymentExpired: the intent takes no payment any more.
        AmountNotAccepted: the provider does not take such an amount.
    """
    locked = locks.lock_row(intent)
    _require_open(locked)
    gateway = registry.get(locked.provider)
    if not gateway.capabilities.min_amount <= locked.amount <= gateway.capabilities.max_amount:
        raise AmountNotAccepted(amount=locked.amount, provider=locked.provider)
    now = clock.now().replace(microsecond=0)
    attempt = PaymentAttempt.objects.create(
        intent=locked,
        number=locked.attempts.count() + 1,
        provider=locked.provider,
        merchant_ref=new_code(clock.local(now).strftime("%y%m%d"), 10),
        provider_created_at=now,
        expires_at=min(locked.expires_at - PROVIDER_ENDS_EARLIER, now + LONGEST_VISIT),
        next_poll_at=first_poll(now),
    )
    newest: dict[str, Any] = {
        "merchant_ref": attempt.merchant_ref,
        "provider_created_at": attempt.provider_created_at,
        "language": language[:8],
    }
    if locked.state == IntentState.PENDING:
        PaymentIntent.objects.filter(pk=locked.pk).update(**newest)
    else:
        states.move(INTENT, locked, to=IntentState.PENDING, by=by, **newest)
    for name, value in {**newest, "state": IntentState.PENDING}.items():
        setattr(intent, name, value)
    return gateway.start(
        StartRequest(
            merchant_ref=attempt.merchant_ref,
            amount=locked.amount,
            description=locked.description or locked.reference,
            return_url=return_url,
            ip_address=ip_address,
            language=language,
            created_at=attempt.provider_created_at,
            expires_at=attempt.expires_at,
        )
    )


def _require_open(intent: PaymentIntent) -> None:
    if intent.state in PAID_STATES:
        raise AlreadyPaid(intent=str(intent.pk))
    if intent.state == IntentState.NEEDS_REVIEW:
        raise PaymentUnderReview(intent=str(intent.pk))
    if intent.state == IntentState.EXPIRED:
        raise PaymentExpired(intent=str(intent.pk))
    if intent.state not in OPEN_STATES:
        raise PaymentEnded(intent=str(intent.pk))
    if clock.now() + SHORTEST_VISIT >= intent.expires_at - PROVIDER_ENDS_EARLIER:
        raise PaymentExpired(intent=str(intent.pk))


@transaction.atomic
def cancel_intent(*, intent: PaymentIntent, by: Actor, reason: str) -> PaymentIntent:
    """Stop asking for the money. An intent that ended before stays as it is; late money is still taken.

    Raises:
        AlreadyPaid: the money has come; refund it instead.
    """
    locked = locks.lock_row(intent)
    if locked.state in PAID_STATES:
        raise AlreadyPaid(intent=str(locked.pk))
    if locked.state in OPEN_STATES:
        states.move(INTENT, locked, to=IntentState.CANCELLED, by=by, reason=reason)
    intent.state = locked.state
    return locked


@transaction.atomic
def expire_intents(reference: str, *, by: Actor = SYSTEM) -> int:
    """End every open intent of a reference because its time is over; return how many ended.

    Locks the owner of the reference, then the intents. Money that comes later is still taken.
    """
    ended = 0
    for intent in lock_reference(reference):
        if intent.state in OPEN_STATES:
            states.move(INTENT, intent, to=IntentState.EXPIRED, by=by)
            ended += 1
    return ended
