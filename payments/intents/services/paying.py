"""Asking for money: create an intent, send the payer to the provider, stop asking."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.urls import reverse

from accounts.models import User
from payments.gateways import registry
from payments.gateways.base import Capabilities, Gateway, Redirect, StartRequest, Transfer
from payments.gateways.errors import AmountNotAccepted, GatewayUnavailable, MethodNotOffered
from payments.gateways.resting import let_rest
from payments.intents.enums import (
    DEPOSIT,
    INTENT,
    OPEN_STATES,
    PAID_STATES,
    AttemptOutcome,
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
from payments.intents.services.refunds import return_parts
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.codes import new_code, new_number
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
    provider: str = "",
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
        "prepayment_amount": prepayment_amount,
        "deposit_amount": deposit_amount,
    }
    before = PaymentIntent.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        return _same_or_conflict(before, wanted)
    intent = _new_intent(wanted, provider, expires_at, idempotency_key, description)
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
    provider: str = "",
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
        "prepayment_amount": prepayment_amount,
        "deposit_amount": deposit_amount,
    }
    intent = _new_intent(wanted, provider, expires_at, idempotency_key, description)
    rows: list[models.Model] = [intent, states.first_event(INTENT, intent, by=by)]
    if deposit_amount:
        deposit = Deposit(pk=deposit_id, reference=reference, payer_id=payer.pk, amount=deposit_amount)
        rows += [deposit, states.first_event(DEPOSIT, deposit, by=by)]
    return intent, rows


def _require_amounts(prepayment_amount: Dong, deposit_amount: Dong) -> None:
    if prepayment_amount < 0 or deposit_amount < 0 or prepayment_amount + deposit_amount == 0:
        raise InvalidInput(prepayment_amount=prepayment_amount, deposit_amount=deposit_amount)


def _new_intent(
    wanted: Mapping[str, Any], provider: str, expires_at: datetime, idempotency_key: str, description: str
) -> PaymentIntent:
    return PaymentIntent(
        **wanted,
        provider=provider or settings.PAYMENT_METHODS[0],
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


def start_payment(
    *,
    intent: PaymentIntent,
    origin: str,
    ip_address: str,
    language: str,
    by: Actor,
    method: str = "",
) -> Redirect | Transfer:
    """Open a new attempt under a merchant reference of its own and say where the payer goes.

    `method` is the provider that the payer chose, by default the one of the last attempt; `origin` is the
    site's address, such as `https://voltgo.vn`. Locks the intent while the attempt is written. A provider
    that must be called first is called after that, in no transaction; a second start of the same
    kind within the attempt's time leads to the same page or transfer instead of asking twice.

    Raises:
        AlreadyPaid, PaymentUnderReview, PaymentEnded, PaymentExpired: the intent takes no payment any more.
        MethodNotOffered: there is no such way to pay.
        AmountNotAccepted: the provider does not take such an amount.
        GatewayUnavailable: the provider was not reached; another way may work.
        OutcomeUnknown: it may have been; a repeat asks again under the same reference.
    """
    gateway = _gateway_of(method or intent.provider)
    attempt = _open_attempt(intent, gateway, language, by)
    if attempt.page_url:
        return Redirect(attempt.page_url, attempt.session_ref)
    if attempt.transfer:
        return Transfer(**attempt.transfer)
    request = _request_of(attempt, intent, gateway, origin, ip_address, language)
    if not gateway.capabilities.calls_to_start:
        return gateway.start(request)
    try:
        destination = gateway.start(request)
    except GatewayUnavailable as refusal:
        _give_up(attempt)
        if not refusal.details:
            let_rest(gateway.code)
        raise
    _keep_destination(attempt, destination)
    return destination


def _gateway_of(method: str) -> Gateway:
    if method not in settings.PAYMENT_METHODS or not registry.has(method):
        raise MethodNotOffered(method=method)
    return registry.get(method)


def split_of(intent: PaymentIntent, capabilities: Capabilities) -> tuple[Dong, Dong]:
    """Return what a provider would be asked to (take, hold) for what is still open of an intent.

    A deposit is held instead of taken where the provider can: at once when nothing else is to be paid, or
    later on the card that it keeps. Once a part was received in another way the rest is taken.
    """
    open_amount = intent.amount - intent.received_amount - intent.pledged_amount
    if intent.received_amount or intent.pledged_amount or not intent.deposit_amount:
        return open_amount, 0
    can_hold = capabilities.hold if not intent.prepayment_amount else capabilities.reuse
    return (intent.prepayment_amount, intent.deposit_amount) if can_hold else (open_amount, 0)


@transaction.atomic
def _open_attempt(intent: PaymentIntent, gateway: Gateway, language: str, by: Actor) -> PaymentAttempt:
    locked = locks.lock_row(intent)
    require_open(locked)
    amount, hold = split_of(locked, gateway.capabilities)
    asked = amount or hold
    if not gateway.capabilities.min_amount <= asked <= gateway.capabilities.max_amount:
        raise AmountNotAccepted(amount=asked, provider=gateway.code)
    now = clock.now().replace(microsecond=0)
    if gateway.capabilities.calls_to_start:
        same = _still_open(locked, gateway, amount, hold, now)
        if same is not None:
            return same
    attempt = PaymentAttempt.objects.create(
        intent=locked,
        number=locked.attempts.count() + 1,
        provider=gateway.code,
        merchant_ref=_new_ref(gateway, now),
        amount=amount,
        hold_amount=hold,
        outcome=AttemptOutcome.PREPARED if gateway.capabilities.calls_to_start else AttemptOutcome.STARTED,
        provider_created_at=now,
        expires_at=min(locked.expires_at - PROVIDER_ENDS_EARLIER, now + LONGEST_VISIT),
        next_poll_at=first_poll(now),
    )
    newest: dict[str, Any] = {
        "merchant_ref": attempt.merchant_ref,
        "provider": gateway.code,
        "provider_created_at": attempt.provider_created_at,
        "language": language[:8],
    }
    if locked.state == IntentState.PENDING:
        PaymentIntent.objects.filter(pk=locked.pk).update(**newest)
    else:
        states.move(INTENT, locked, to=IntentState.PENDING, by=by, **newest)
    for name, value in {**newest, "state": IntentState.PENDING}.items():
        setattr(intent, name, value)
    return attempt


def _new_ref(gateway: Gateway, now: datetime) -> str:
    """Return a reference that no attempt had before, in the letters that the provider takes."""
    day = f"{clock.local(now):%y%m%d}"
    return new_number(day) if gateway.capabilities.numeric_ref else new_code(day, 10)


def _still_open(
    intent: PaymentIntent, gateway: Gateway, amount: Dong, hold: Dong, now: datetime
) -> PaymentAttempt | None:
    """Return the attempt that a repeat goes on with: the newest, of the same kind, with time left.

    A transfer that brought a part of its amount goes on too: the rest may come under the same memo.
    """
    same = intent.attempts.filter(
        provider=gateway.code,
        merchant_ref=intent.merchant_ref,
        hold_amount=hold,
        outcome__in=[AttemptOutcome.PREPARED, AttemptOutcome.STARTED],
        expires_at__gt=now + SHORTEST_VISIT,
    )
    if gateway.capabilities.exact_amount:
        same = same.filter(amount=amount)
    return same.order_by("-number").first()


def _request_of(
    attempt: PaymentAttempt,
    intent: PaymentIntent,
    gateway: Gateway,
    origin: str,
    ip_address: str,
    language: str,
) -> StartRequest:
    origin = origin.rstrip("/")
    return StartRequest(
        merchant_ref=attempt.merchant_ref,
        amount=attempt.amount or attempt.hold_amount,
        description=intent.description or intent.reference,
        return_url=origin + reverse("payments:return", args=[gateway.code]),
        cancel_url=origin + reverse("payments:intent-detail", args=[intent.pk]) + "?cancelled=1",
        ip_address=ip_address,
        language=language,
        created_at=attempt.provider_created_at,
        expires_at=attempt.expires_at,
        is_hold=not attempt.amount,
        keeps_instrument=bool(attempt.amount and attempt.hold_amount),
        email=intent.payer.email,
    )


def _keep_destination(attempt: PaymentAttempt, destination: Redirect | Transfer) -> None:
    told: dict[str, Any] = {"session_ref": destination.session_ref}
    if isinstance(destination, Redirect):
        told["page_url"] = destination.url
    else:
        told["transfer"] = asdict(destination)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(**told)
    PaymentAttempt.objects.filter(pk=attempt.pk, outcome=AttemptOutcome.PREPARED).update(
        outcome=AttemptOutcome.STARTED
    )


@transaction.atomic
def _give_up(attempt: PaymentAttempt) -> None:
    """Nothing was opened at the provider: end the attempt, so that the payer may choose another way."""
    PaymentAttempt.objects.filter(pk=attempt.pk, outcome=AttemptOutcome.PREPARED).update(
        outcome=AttemptOutcome.FAILED, next_poll_at=None, provider_code="unreachable"
    )


def require_open(intent: PaymentIntent) -> None:
    """Refuse an intent that takes no payment any more; raises as `start_payment` does."""
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
    rivals = lock_reference(intent.reference)
    locked = next(row for row in rivals if row.pk == intent.pk)
    if locked.state in PAID_STATES:
        raise AlreadyPaid(intent=str(locked.pk))
    if locked.state in OPEN_STATES:
        states.move(INTENT, locked, to=IntentState.CANCELLED, by=by, reason=reason)
        return_parts(locked)
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
            return_parts(intent)
            ended += 1
    return ended
