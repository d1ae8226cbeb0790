"""The money of the trips: requests, payments, deposits and refunds.

Everything is written as the payment services would have written it, with the same keys, so that a later
refund or capture finds what it looks for.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from accounts.access.actors import renter_actor
from payments.intents.enums import (
    DEPOSIT,
    INTENT,
    REFUND,
    AttemptOutcome,
    DepositState,
    IntentState,
    Provider,
    Purpose,
    RefundReason,
    RefundState,
)
from payments.intents.models import Deposit, Payment, PaymentAttempt, PaymentIntent, Refund
from rentals.demo.seeding.bulk import copy_rows, reserve_ids
from rentals.demo.seeding.events import Step
from rentals.demo.seeding.scale import Scale
from rentals.demo.seeding.trip import Ending, Trip
from rentals.handovers import settling
from voltgo.core.actors import SYSTEM, Actor, ActorKind
from voltgo.core.clock import local
from voltgo.core.codes import ALPHABET
from voltgo.core.money import share, split_vat

HOLD = timedelta(minutes=15)
PROVIDER = Provider.VNPAY.value
PROVIDER_ACTOR = Actor(ActorKind.PROVIDER, "", "VNPay")
METHODS = ("ATM NCB", "QRCODE VNPAYQR", "ATM VIETCOMBANK", "QRCODE TECHCOMBANK", "ATM BIDV", "VISA INTCARD")
# VNPay's numbers of a transaction have eight digits.
FIRST_NUMBER = 14_000_000
# What comes later in one moment must be booked later.
MOMENT = timedelta(milliseconds=10)
PAID = "00/00"


@dataclass(slots=True)
class Money:
    """What was paid for one trip, and what of it went where."""

    trip: Trip
    intent_id: uuid.UUID
    merchant_ref: str
    started_at: datetime
    provider_ref: str = ""
    payment_id: int = 0
    deposit_id: int = 0
    method: str = ""
    captures: list[tuple[int, int]] = field(default_factory=list)
    revenue: list[tuple[str, int, int]] = field(default_factory=list)
    refund: Back | None = None

    @property
    def is_paid(self) -> bool:
        return self.trip.ending is not Ending.EXPIRED

    @property
    def amount(self) -> int:
        return self.trip.prepaid + self.trip.deposit

    @property
    def captured(self) -> int:
        return sum(amount for _, amount in self.captures)


@dataclass(frozen=True, slots=True)
class Back:
    """Money that went back to the payer and has arrived."""

    id: uuid.UUID
    request_id: str
    provider_ref: str
    prepayment: int
    deposit: int
    reason: str
    key: str
    by: Actor
    at: datetime
    arrived_at: datetime

    @property
    def amount(self) -> int:
        return self.prepayment + self.deposit


def numbers_from(scale: Scale) -> Iterator[int]:
    """Return the provider's transaction numbers, each once."""
    return iter(range(FIRST_NUMBER + scale.rng("numbers").randrange(1_000_000), 99_999_999))


def work_out(trips: Iterable[Trip], numbers: Iterator[int], scale: Scale) -> list[Money]:
    """Work out the money of each trip."""
    rng = scale.rng("money")
    moneys = [_work_out(trip, rng, numbers) for trip in trips]
    for money in moneys:
        # What was sent back a minute ago has just arrived.
        if money.refund is not None and money.refund.arrived_at > scale.now:
            money.refund = replace(money.refund, arrived_at=scale.now)
    return moneys


def _work_out(trip: Trip, rng: random.Random, numbers: Iterator[int]) -> Money:
    started_at = (trip.paid_at - timedelta(seconds=45)).replace(microsecond=0)
    tail = "".join(rng.choices(ALPHABET, k=10))
    money = Money(
        trip=trip,
        intent_id=uuid.UUID(int=rng.getrandbits(128), version=4),
        merchant_ref=f"{local(started_at):%y%m%d}-{tail}",
        started_at=started_at,
    )
    if not money.is_paid:
        return money
    money.provider_ref, money.method = str(next(numbers)), rng.choice(METHODS)
    if trip.ending is Ending.CLOSED:
        _close(money, rng, numbers)
    elif trip.ended_at is not None:
        _call_off(money, rng, numbers)
    return money


def _close(money: Money, rng: random.Random, numbers: Iterator[int]) -> None:
    """Take what came on top from the deposit, earn the rent, give the rest of the deposit back."""
    trip = money.trip
    assert trip.closed_at is not None
    outcome = trip.outcome
    first_extra = len(outcome.prepaid) + 1
    extra = [(first_extra + index, line.gross) for index, line in enumerate(outcome.extra)]
    money.captures = settling.captures(extra, outcome.captured)
    money.revenue = [(line.kind, line.net, line.vat) for line in (*outcome.prepaid, *outcome.extra)]
    if outcome.released:
        by = renter_actor(trip.renter.user)
        reason, key = RefundReason.DEPOSIT_RELEASE, f"release:{trip.code}"
        money.refund = _back(rng, numbers, (0, outcome.released), reason, key, by, trip.closed_at)


def _call_off(money: Money, rng: random.Random, numbers: Iterator[int]) -> None:
    """Keep the fee of a booking that was cancelled or not picked up; the rest goes back."""
    trip = money.trip
    assert trip.ended_at is not None
    fee = share(trip.prepaid, trip.fee_bp)
    if fee:
        money.revenue = [("fee", *split_vat(fee, trip.vat_bp))]
    is_cancelled = trip.ending is Ending.CANCELLED
    by = renter_actor(trip.renter.user) if is_cancelled else SYSTEM
    reason = RefundReason.CANCELLATION if is_cancelled else RefundReason.DEPOSIT_RELEASE
    key = f"cancel:{trip.code}" if is_cancelled else f"release:{trip.code}"
    money.refund = _back(rng, numbers, (trip.prepaid - fee, trip.deposit), reason, key, by, trip.ended_at)


def _back(
    rng: random.Random,
    numbers: Iterator[int],
    parts: tuple[int, int],
    reason: RefundReason,
    key: str,
    by: Actor,
    at: datetime,
) -> Back:
    return Back(
        id=uuid.UUID(int=rng.getrandbits(128), version=4),
        request_id=f"{rng.getrandbits(128):032x}",
        provider_ref=str(next(numbers)),
        prepayment=parts[0],
        deposit=parts[1],
        reason=reason.value,
        key=key,
        by=by,
        at=at,
        arrived_at=at + timedelta(seconds=rng.randint(20, 200)),
    )


def write_money(moneys: Sequence[Money]) -> None:
    """Write the payments' tables. Rows that refer to each other are written together."""
    paid = [money for money in moneys if money.is_paid]
    for money, pk in zip(paid, reserve_ids(Payment, len(paid)), strict=True):
        money.payment_id = pk
    for money, pk in zip(moneys, reserve_ids(Deposit, len(moneys)), strict=True):
        money.deposit_id = pk
    copy_rows(PaymentIntent, INTENT_COLUMNS, map(_intent, moneys))
    copy_rows(PaymentAttempt, ATTEMPT_COLUMNS, map(_attempt, paid))
    copy_rows(Payment, PAYMENT_COLUMNS, map(_payment, paid))
    copy_rows(Deposit, DEPOSIT_COLUMNS, map(_deposit, moneys))
    copy_rows(Refund, REFUND_COLUMNS, (_refund(money, money.refund) for money in paid if money.refund))


def _intent(money: Money) -> tuple[object, ...]:
    trip = money.trip
    paid: tuple[object, ...] = (None, None, "", None, 0)
    if money.is_paid:
        paid = (money.merchant_ref, money.started_at, money.provider_ref, trip.paid_at, money.amount)
    return (
        money.intent_id, trip.renter.user.pk, trip.reference, Purpose.BOOKING.value, f"VoltGo {trip.code}", PROVIDER,
        money.amount, trip.prepaid, trip.deposit, _intent_state(money).value, f"{trip.reference}:1", trip.created_at,
        trip.created_at + HOLD, trip.renter.user.language, *paid,
    )  # fmt: skip


def _intent_state(money: Money) -> IntentState:
    if money.refund is None:
        return IntentState.SUCCEEDED if money.is_paid else IntentState.EXPIRED
    is_whole = money.refund.amount == money.amount
    return IntentState.REFUNDED if is_whole else IntentState.PARTLY_REFUNDED


def _attempt(money: Money) -> tuple[object, ...]:
    return (
        money.intent_id, 1, PROVIDER, money.merchant_ref, money.started_at, money.started_at + HOLD,
        AttemptOutcome.SUCCEEDED.value, PAID, money.provider_ref, money.started_at, money.amount,
    )  # fmt: skip


def _payment(money: Money) -> tuple[object, ...]:
    return (
        money.payment_id, money.intent_id, PROVIDER, money.provider_ref, money.merchant_ref, money.started_at,
        money.amount, money.trip.prepaid, money.trip.deposit, money.trip.paid_at, money.method,
    )  # fmt: skip


def _deposit(money: Money) -> tuple[object, ...]:
    trip, released = money.trip, money.refund.deposit if money.refund else 0
    state = DepositState.HELD if money.is_paid else DepositState.DUE
    if released:
        state = DepositState.RELEASED
    elif money.captured:
        state = DepositState.CAPTURED
    return (
        money.deposit_id, trip.reference, trip.renter.user.pk, trip.deposit, money.captured, released, state.value, trip.created_at,
    )  # fmt: skip


def _refund(money: Money, back: Back) -> tuple[object, ...]:
    return (
        back.id, money.intent_id, money.payment_id, money.trip.reference, back.amount, back.prepayment, back.deposit,
        back.reason, RefundState.SUCCEEDED.value, back.key, back.request_id, back.provider_ref, PAID,
        back.by.kind.value, back.by.ref, back.by.label, back.at, back.at + MOMENT, back.arrived_at,
    )  # fmt: skip


def steps_of(moneys: Iterable[Money]) -> Iterator[Step]:
    """Yield the steps of requests, deposits and refunds; those of old trips are not told."""
    for money in moneys:
        trip = money.trip
        if not (trip.is_detailed and money.is_paid):
            continue
        renter, intent, deposit = renter_actor(trip.renter.user), str(money.intent_id), str(money.deposit_id)
        yield Step(INTENT, intent, "", IntentState.CREATED, renter, trip.created_at)
        yield Step(DEPOSIT, deposit, "", DepositState.DUE, renter, trip.created_at)
        yield Step(INTENT, intent, IntentState.CREATED, IntentState.PENDING, renter, money.started_at)
        why = f"{PROVIDER}:{money.provider_ref}"
        yield Step(
            INTENT, intent, IntentState.PENDING, IntentState.SUCCEEDED, PROVIDER_ACTOR, trip.paid_at, why
        )
        yield Step(DEPOSIT, deposit, DepositState.DUE, DepositState.HELD, PROVIDER_ACTOR, trip.paid_at)
        if money.refund is not None:
            yield from _steps_back(money, money.refund)


def _steps_back(money: Money, back: Back) -> Iterator[Step]:
    intent, deposit, refund = str(money.intent_id), str(money.deposit_id), str(back.id)
    held = DepositState.HELD
    if money.captured:
        yield Step(DEPOSIT, deposit, held, DepositState.PARTLY_CAPTURED, back.by, back.at)
        held = DepositState.PARTLY_CAPTURED
    yield Step(DEPOSIT, deposit, held, DepositState.RELEASED, back.by, back.at)
    yield Step(REFUND, refund, "", RefundState.REQUESTED, back.by, back.at, back.reason)
    yield Step(REFUND, refund, RefundState.REQUESTED, RefundState.APPROVED, back.by, back.at)
    yield Step(REFUND, refund, RefundState.APPROVED, RefundState.SUBMITTED, SYSTEM, back.at + MOMENT)
    yield Step(REFUND, refund, RefundState.SUBMITTED, RefundState.SUCCEEDED, PROVIDER_ACTOR, back.arrived_at)
    yield Step(
        INTENT,
        intent,
        IntentState.SUCCEEDED,
        _intent_state(money),
        PROVIDER_ACTOR,
        back.arrived_at,
        f"refund {refund}",
    )


# fmt: off
INTENT_COLUMNS = (
    "id", "payer_id", "reference", "purpose", "description", "provider", "amount", "prepayment_amount",
    "deposit_amount", "state", "idempotency_key", "created_at", "expires_at", "language", "merchant_ref",
    "provider_created_at", "provider_ref", "succeeded_at", "received_amount",
)
ATTEMPT_COLUMNS = (
    "intent_id", "number", "provider", "merchant_ref", "provider_created_at", "expires_at", "outcome",
    "provider_code", "provider_ref", "created_at", "amount",
)
PAYMENT_COLUMNS = (
    "id", "intent_id", "provider", "provider_ref", "merchant_ref", "provider_created_at", "amount",
    "prepayment_amount", "deposit_amount", "paid_at", "method",
)
DEPOSIT_COLUMNS = ("id", "reference", "payer_id", "amount", "captured", "released", "state", "created_at")
REFUND_COLUMNS = (
    "id", "intent_id", "payment_id", "reference", "amount", "prepayment_amount", "deposit_amount", "reason", "state",
    "idempotency_key", "request_id", "provider_ref", "provider_code", "requested_by_kind", "requested_by_ref",
    "requested_by_label", "created_at", "submitted_at", "succeeded_at",
)
# fmt: on
