"""The money of the trips: requests, payments, deposits, refunds, and the ledger entries that they made.

Everything is written as the payment services would have written it: the same accounts, the same keys, so
that a later refund or capture finds what it looks for, and the nightly proof holds.
"""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter

from accounts.access.actors import renter_actor
from payments.intents.enums import (
    AttemptOutcome,
    DepositState,
    IntentState,
    Provider,
    Purpose,
    RefundReason,
    RefundState,
)
from payments.intents.models import Deposit, Payment, PaymentAttempt, PaymentIntent, Refund
from payments.intents.services.revenue import INCOME_ACCOUNTS
from payments.ledger import chart
from payments.ledger.chart import Account
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerAccount, LedgerEntry, LedgerLine
from payments.ledger.services import lock_accounts
from rentals.demo.seeding.bulk import copy_rows, reserve_ids
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


@dataclass(slots=True)
class Entry:
    """One ledger entry before it has a key."""

    kind: str
    key: str
    reference: str
    at: datetime
    by: Actor
    lines: list[tuple[Account, int]]


def numbers_from(scale: Scale) -> Iterator[int]:
    """Return the provider's transaction numbers, each once."""
    return iter(range(FIRST_NUMBER + scale.rng("numbers").randrange(1_000_000), 99_999_999))


def work_out(trips: Iterable[Trip], numbers: Iterator[int], scale: Scale) -> list[Money]:
    """Work out the money of each trip."""
    rng = scale.rng("money")
    return [_work_out(trip, rng, numbers) for trip in trips]


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
    copy_rows(PaymentIntent, INTENT, map(_intent, moneys))
    copy_rows(PaymentAttempt, ATTEMPT, map(_attempt, paid))
    copy_rows(Payment, PAYMENT, map(_payment, paid))
    copy_rows(Deposit, DEPOSIT, map(_deposit, moneys))
    copy_rows(Refund, REFUND, (_refund(money, money.refund) for money in paid if money.refund))


def _intent(money: Money) -> tuple[object, ...]:
    trip = money.trip
    state = IntentState.SUCCEEDED if money.is_paid else IntentState.EXPIRED
    if money.refund is not None:
        is_whole = money.refund.amount == money.amount
        state = IntentState.REFUNDED if is_whole else IntentState.PARTLY_REFUNDED
    paid = (money.merchant_ref, money.started_at, money.provider_ref, trip.paid_at) if money.is_paid else (None, None, "", None)
    return (
        money.intent_id, trip.renter.user.pk, trip.reference, Purpose.BOOKING.value, f"VoltGo {trip.code}", PROVIDER,
        money.amount, trip.prepaid, trip.deposit, state.value, f"{trip.reference}:1", trip.created_at,
        trip.created_at + HOLD, trip.renter.user.language, *paid,
    )  # fmt: skip


def _attempt(money: Money) -> tuple[object, ...]:
    return (
        money.intent_id, 1, PROVIDER, money.merchant_ref, money.started_at, money.started_at + HOLD,
        AttemptOutcome.SUCCEEDED.value, PAID, money.provider_ref, money.started_at,
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
        trip.reference, trip.renter.user.pk, trip.deposit, money.captured, released, state.value, trip.created_at,
    )  # fmt: skip


def _refund(money: Money, back: Back) -> tuple[object, ...]:
    return (
        back.id, money.intent_id, money.payment_id, money.trip.reference, back.amount, back.prepayment, back.deposit,
        back.reason, RefundState.SUCCEEDED.value, back.key, back.request_id, back.provider_ref, PAID,
        back.by.kind.value, back.by.ref, back.by.label, back.at, back.at + MOMENT, back.arrived_at,
    )  # fmt: skip


# --- The ledger -----------------------------------------------------------------------------------
def write_ledger(moneys: Iterable[Money]) -> int:
    """Write the entries in the order of time; return how many. The database checks each at commit."""
    entries = sorted((entry for money in moneys for entry in _entries(money)), key=attrgetter("at"))
    ids = _open_accounts(entries)
    keys = reserve_ids(LedgerEntry, len(entries))
    copy_rows(
        LedgerEntry,
        ENTRY,
        (
            (pk, entry.kind, entry.key, entry.reference, entry.at, entry.at, entry.by.kind.value, entry.by.ref)
            for pk, entry in zip(keys, entries, strict=True)
        ),
    )
    copy_rows(
        LedgerLine,
        ("entry_id", "account_id", "amount"),
        (
            (pk, ids[account.code], amount)
            for pk, entry in zip(keys, entries, strict=True)
            for account, amount in entry.lines
            if amount
        ),
    )
    return len(entries)


def _open_accounts(entries: Sequence[Entry]) -> dict[str, int]:
    """Open the accounts that the entries need; return {code: key}."""
    wanted = {account.code: account for entry in entries for account, _ in entry.lines}
    shared = lock_accounts(account for account in wanted.values() if not account.tracked)
    own = [account for account in wanted.values() if account.tracked]
    keys = reserve_ids(LedgerAccount, len(own))
    copy_rows(
        LedgerAccount,
        ("id", "code", "kind", "owner_ref", "tracked"),
        (
            (pk, account.code, account.kind.value, account.owner_ref, True)
            for pk, account in zip(keys, own, strict=True)
        ),
    )
    return {account.code: pk for pk, account in zip(keys, own, strict=True)} | {
        code: row.pk for code, row in shared.items()
    }


def _entries(money: Money) -> Iterator[Entry]:
    """Yield what the services post: payment, captures, revenue, refund, and its arrival."""
    if not money.is_paid:
        return
    trip, reference = money.trip, money.trip.reference
    if not trip.is_detailed:
        yield from _taken_over(money)
        return
    prepaid, deposit = chart.customer_prepaid(reference), chart.deposit_liability(reference)
    clearing, leaving = chart.psp_clearing(PROVIDER), chart.refund_clearing(PROVIDER)
    yield Entry(
        EntryKind.PAYMENT.value,
        f"{PROVIDER}:paid:{money.provider_ref}",
        reference,
        trip.paid_at,
        PROVIDER_ACTOR,
        [(clearing, money.amount), (prepaid, -trip.prepaid), (deposit, -trip.deposit)],
    )
    ended_at = trip.closed_at or trip.ended_at
    if ended_at is None:
        return
    by = money.refund.by if money.refund else renter_actor(trip.renter.user)
    for position, amount in money.captures:
        key = f"capture:settlement:{trip.code}:{position}"
        lines = [(deposit, amount), (prepaid, -amount)]
        yield Entry(EntryKind.DEPOSIT_CAPTURE.value, key, reference, ended_at, by, lines)
    if money.revenue:
        name = "settlement" if trip.ending is Ending.CLOSED else "cancel-fee"
        yield Entry(
            EntryKind.REVENUE.value,
            f"revenue:{name}:{trip.code}",
            reference,
            ended_at + MOMENT,
            by,
            _revenue_lines(money.revenue, prepaid),
        )
    if money.refund is not None:
        back = money.refund
        lines = [(prepaid, back.prepayment), (deposit, back.deposit), (leaving, -back.amount)]
        yield Entry(EntryKind.REFUND.value, f"refund:{back.id}", reference, ended_at + 2 * MOMENT, by, lines)
        lines = [(leaving, back.amount), (clearing, -back.amount)]
        yield Entry(
            EntryKind.REFUND_SETTLED.value, f"refund-settled:{back.id}", reference, back.arrived_at, PROVIDER_ACTOR, lines
        )


def _taken_over(money: Money) -> Iterator[Entry]:
    """Yield the one entry of an old trip: what was earned is still with the provider.

    The history before the last two weeks is booked like one that is taken over from another ledger: money
    that came and went back, such as deposits, leaves no line.
    """
    ended_at = money.trip.closed_at or money.trip.ended_at
    if money.revenue and ended_at is not None:
        yield Entry(
            EntryKind.REVENUE.value,
            f"revenue:taken-over:{money.trip.code}",
            money.trip.reference,
            ended_at,
            SYSTEM,
            _revenue_lines(money.revenue, chart.psp_clearing(PROVIDER)),
        )


def _revenue_lines(revenue: Iterable[tuple[str, int, int]], source: Account) -> list[tuple[Account, int]]:
    sums: defaultdict[str, int] = defaultdict(int)
    all_vat = 0
    for kind, net, vat in revenue:
        sums[kind] += net
        all_vat += vat
    income = [(INCOME_ACCOUNTS[kind], -amount) for kind, amount in sums.items()]
    return [(source, sum(sums.values()) + all_vat), *income, (chart.VAT_OUTPUT, -all_vat)]


# fmt: off
INTENT = (
    "id", "payer_id", "reference", "purpose", "description", "provider", "amount", "prepayment_amount",
    "deposit_amount", "state", "idempotency_key", "created_at", "expires_at", "language", "merchant_ref",
    "provider_created_at", "provider_ref", "succeeded_at",
)
ATTEMPT = (
    "intent_id", "number", "provider", "merchant_ref", "provider_created_at", "expires_at", "outcome",
    "provider_code", "provider_ref", "created_at",
)
PAYMENT = (
    "id", "intent_id", "provider", "provider_ref", "merchant_ref", "provider_created_at", "amount",
    "prepayment_amount", "deposit_amount", "paid_at", "method",
)
DEPOSIT = ("reference", "payer_id", "amount", "captured", "released", "state", "created_at")
REFUND = (
    "id", "intent_id", "payment_id", "reference", "amount", "prepayment_amount", "deposit_amount", "reason", "state",
    "idempotency_key", "request_id", "provider_ref", "provider_code", "requested_by_kind", "requested_by_ref",
    "requested_by_label", "created_at", "submitted_at", "succeeded_at",
)
ENTRY = ("id", "kind", "idempotency_key", "reference", "occurred_at", "posted_at", "actor_kind", "actor_ref")
# fmt: on
