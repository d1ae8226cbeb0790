"""What each line of a bank statement means: booked when it is exact, put into suspense otherwise.

A line is locked first; the owner of a reference, its intents and the ledger accounts come after it.
"""

import hashlib
import logging
import re
from collections.abc import Callable

from django.db import transaction

from payments.cases import services as cases
from payments.cases.enums import CaseKind, CaseState
from payments.cases.models import MoneyCase
from payments.cash.enums import DropState
from payments.cash.models import CashDrop
from payments.cash.services import bank_drop
from payments.gateways import registry
from payments.gateways.bank.statement import booking_code, find_references
from payments.gateways.base import BankParty, FactKind, FactOutcome, ProviderFact, QueryRequest
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.gateways.payos import protocol as payos
from payments.gateways.vietqr import refs_of_memo
from payments.intents import targets
from payments.intents.enums import (
    OPEN_STATES,
    AttemptOutcome,
    CreditPayoutState,
    IntentState,
    Provider,
    RefundState,
)
from payments.intents.models import CreditPayout, Payment, PaymentAttempt, PaymentIntent, Refund
from payments.intents.services import apply_fact
from payments.intents.services.by_hand import settle_by_hand
from payments.ledger import chart
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from payments.reconciliation import selectors
from payments.reconciliation.enums import LineState
from payments.reconciliation.models import BankLine
from payments.reconciliation.services.payouts import book_payout, find_batch, named_provider
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.codes import new_code
from voltgo.core.errors import DomainError
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

# The job that books them.
SETTLE_LINES = "payments.settle_bank_lines"
BATCH = 500
LONGEST_PROVIDER_REF = 64
BOOKED = frozenset({FactOutcome.RECORDED, FactOutcome.SURPLUS, FactOutcome.PARTIAL, FactOutcome.REPEATED})


def settle_bank_lines() -> dict[str, int]:
    """Book every new line that is exact and put the others into suspense; look again at those in suspense.

    Each line is a transaction of its own. Asks providers of transfers, outside of transactions, about the
    attempts that lines name. Returns how many lines were booked and how many were put aside. Safe to repeat.
    """
    done = {"booked": 0, "suspense": 0}
    waiting = BankLine.objects.filter(state__in=[LineState.NEW, LineState.SUSPENSE], wish="")
    # New lines first: those in suspense have been looked at before.
    order = waiting.order_by("state", "booked_at", "pk")
    for pk in list(order.values_list("pk", flat=True)[:BATCH]):
        line = BankLine.objects.get(pk=pk)
        was_new = line.state == LineState.NEW
        try:
            _ask_about(line)
            after = settle_line(line=line)
        except DomainError as error:
            # What stands in the way is somebody's to see; the other lines go on.
            logger.exception("bank line %s cannot be booked: %s", line.pk, error.code)
            after = _park(line, note=error.code)
        except Exception:
            # Neither does one that we cannot even judge; it stays as it is and is looked at again.
            logger.exception("ALERT bank line %s cannot be judged", line.pk)
            continue
        if after.state == LineState.BOOKED:
            done["booked"] += 1
        elif was_new:
            done["suspense"] += 1
    return done


def _ask_about(line: BankLine) -> None:
    """Let the provider of a transfer tell first what it knows, so that one payment has one number."""
    attempt = _attempt_named(line)
    if attempt is None or attempt.provider == Provider.BANK or not registry.has(attempt.provider):
        return
    if attempt.outcome == AttemptOutcome.SUCCEEDED and _unbanked(attempt, line.amount):
        return
    request = QueryRequest(
        attempt.merchant_ref,
        attempt.provider_created_at,
        session_ref=attempt.session_ref,
        amount=attempt.amount or attempt.hold_amount,
    )
    try:
        for fact in registry.get(attempt.provider).fetch(request):
            apply_fact(fact)
    except (GatewayUnavailable, OutcomeUnknown):
        logger.warning("%s says nothing about %s; the statement does", attempt.provider, attempt.merchant_ref)


@transaction.atomic
def settle_line(*, line: BankLine) -> BankLine:
    """Book one line if it is exact, else put it into suspense with a case. Safe to call twice."""
    locked = locks.lock_row(line)
    if locked.state not in {LineState.NEW, LineState.SUSPENSE} or locked.wish:
        return locked
    for find in (_as_payout, _as_known_transfer, *(_AS_INCOME if locked.amount > 0 else _AS_EXPENSE)):
        booking = find(locked)
        if booking is not None:
            leave_suspense(locked, by=SYSTEM)
            return close(locked, booking(), by=SYSTEM)
    if locked.state == LineState.NEW:
        return _park(locked)
    return locked


# --- Finding what a line is ---------------------------------------------------------------------
Booking = Callable[[], str]


def _as_payout(line: BankLine) -> Booking | None:
    """A provider's transfer of exactly what its files of one or more days in a row come to."""
    source = named_provider(line)
    batch = find_batch(source, line) if source else None
    return (lambda: book_payout(line=line, batch=batch, by=SYSTEM)) if batch else None


def _as_known_transfer(line: BankLine) -> Booking | None:
    """The bank's number is that of a payment that the provider of transfers told us of before."""
    if not line.bank_ref or line.amount <= 0:
        return None
    payment = Payment.objects.filter(
        provider=Provider.PAYOS,
        provider_ref=payos.transfer_ref(line.account, line.bank_ref),
        amount=line.amount,
    ).first()
    if payment is None or _is_banked(payment):
        return None
    return lambda: bank_transfer(line=line, payment=payment, by=SYSTEM)


def _as_payment(line: BankLine) -> Booking | None:
    """A memo that names exactly one attempt or booking which still asks for money."""
    attempt = _attempt_named(line)
    if attempt is not None:
        unbanked = _unbanked(attempt, line.amount)
        if unbanked is not None:
            return lambda: bank_transfer(line=line, payment=unbanked, by=SYSTEM)
        if attempt.provider != Provider.BANK and not line.bank_ref:
            # Without the number that its provider will name it by, it could be booked twice.
            return None
        return lambda: _book_attempt(line, attempt)
    intent = _intent_named(line)
    return (lambda: book_for_intent(line=line, intent=intent, by=SYSTEM)) if intent else None


def _as_drop(line: BankLine) -> Booking | None:
    words = set(re.findall(r"[0-9A-Z-]+", line.memo.upper())) | {_squeezed(line.memo)}
    drops = [
        drop
        for drop in CashDrop.objects.filter(state=DropState.IN_TRANSIT, amount=line.amount).order_by("pk")
        if drop.bag_number.upper() in words
    ]
    if len(drops) != 1:
        return None

    def book() -> str:
        bank_drop(drop=drops[0], bank_ref=line.line_ref[:80], at=line.booked_at, by=SYSTEM)
        return f"drop:{drops[0].pk}"

    return book


def _as_refund(line: BankLine) -> Booking | None:
    """An outgoing transfer under the memo of a refund or of paid-out credit, of exactly its amount."""
    squeezed = _squeezed(line.memo)
    waiting: list[Refund | CreditPayout] = [
        *Refund.objects.filter(state=RefundState.BY_HAND, amount=-line.amount).exclude(memo=""),
        *CreditPayout.objects.filter(state=CreditPayoutState.WAITING, amount=-line.amount),
    ]
    named = [row for row in waiting if _squeezed(row.memo) in squeezed]
    if len(named) != 1:
        return None

    def book() -> str:
        settle_by_hand(refund=named[0], bank_ref=ref_of(line), at=line.booked_at, by=SYSTEM)
        return f"{'refund' if isinstance(named[0], Refund) else 'credit_payout'}:{named[0].pk}"

    return book


def _as_refund_settled_before(line: BankLine) -> Booking | None:
    """A refund that a person closed with the bank's number before the statement came: booked already."""
    if not line.bank_ref:
        return None
    amount = -line.amount
    told = Refund.objects.filter(
        state=RefundState.SUCCEEDED, way="transfer", amount=amount, provider_ref=line.bank_ref
    ).first()
    paid = CreditPayout.objects.filter(
        state=CreditPayoutState.PAID, amount=amount, bank_ref=line.bank_ref
    ).first()
    found = told or paid
    if found is None:
        return None
    name = f"{'refund' if told else 'credit_payout'}:{found.pk}"
    if BankLine.objects.filter(booked_as=name).exists():
        return None
    return lambda: name


def _as_return(line: BankLine) -> Booking | None:
    """The transfer by which finance sends unknown money back: it closes the line that brought it."""
    squeezed = _squeezed(line.memo)
    coming = BankLine.objects.filter(state=LineState.RETURNING, amount=-line.amount).exclude(pk=line.pk)
    named = [row for row in coming if _squeezed(return_memo(row)) in squeezed]
    if len(named) != 1:
        return None

    def book() -> str:
        ledger.post(
            kind=EntryKind.SUSPENSE_CLEARED,
            key=f"bank:{line.pk}:returned",
            reference=f"bankline:{named[0].pk}",
            lines=[(chart.SUSPENSE, -line.amount), (chart.BANK, line.amount)],
            occurred_at=line.booked_at,
            by=SYSTEM,
        )
        first = locks.lock_row(named[0])
        close(first, f"returned:{line.pk}", by=SYSTEM)
        return f"returns:{first.pk}"

    return book


_AS_INCOME = (_as_drop, _as_payment)
_AS_EXPENSE = (_as_refund, _as_refund_settled_before, _as_return)


def _attempt_named(line: BankLine) -> PaymentAttempt | None:
    """Return the one attempt to transfer that a memo names; None if it names none or several."""
    if line.amount <= 0:
        return None
    on = clock.local(line.booked_at).date()
    refs = {ref for memo in find_references(line.memo) for ref in refs_of_memo(memo, on=on)}
    rows = PaymentAttempt.objects.filter(merchant_ref__in=refs, provider__in=[Provider.PAYOS, Provider.BANK])
    found = list(rows.select_related("intent")[:2])
    return found[0] if len(found) == 1 else None


def _intent_named(line: BankLine) -> PaymentIntent | None:
    """Return the one open request for money of the one booking that a memo names."""
    codes = [code for memo in find_references(line.memo) if (code := booking_code(memo))]
    if not codes:
        return None
    references = [reference for code in codes for reference in targets.references_of(code)]
    asked = PaymentIntent.objects.filter(reference__in=references)
    open_ones = list(asked.filter(state__in=OPEN_STATES).order_by("created_at")[:2])
    if len(open_ones) == 1:
        return open_ones[0]
    if open_ones:
        return None
    # Too late for the booking, yet nobody else's: it is taken and goes back as late money does.
    late = list(asked.filter(state__in=[IntentState.EXPIRED, IntentState.CANCELLED])[:2])
    return late[0] if len(late) == 1 else None


def _unbanked(attempt: PaymentAttempt, amount: Dong) -> Payment | None:
    """Return the oldest payment of an attempt, of this amount, whose bank line has not come yet."""
    rows = Payment.objects.filter(
        provider=attempt.provider, merchant_ref=attempt.merchant_ref, amount=amount
    ).order_by("pk")
    return next((row for row in rows if attempt.provider != Provider.BANK and not _is_banked(row)), None)


def _is_banked(payment: Payment) -> bool:
    return LedgerEntry.objects.filter(idempotency_key=_banked_key(payment)).exists()


def _banked_key(payment: Payment) -> str:
    return f"payout:{payment.provider}:{payment.provider_ref}"


def _squeezed(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def ref_of(line: BankLine) -> str:
    """Return the number under which a line is known as a payment or as a transfer of ours."""
    if len(line.line_ref) <= LONGEST_PROVIDER_REF:
        return line.line_ref
    return hashlib.sha256(line.line_ref.encode()).hexdigest()[:40]


def return_memo(line: BankLine) -> str:
    """Return the words under which finance sends a line's money back."""
    return f"VGTRA{line.pk:07d}"


# --- Booking it -----------------------------------------------------------------------------------
def bank_transfer(*, line: BankLine, payment: Payment, by: Actor) -> str:
    """Book that the money of a payment which its provider told of has reached our bank: the same money."""
    ledger.post(
        kind=EntryKind.PAYOUT,
        key=_banked_key(payment),
        reference=payment.intent.reference,
        lines=[(chart.BANK, payment.amount), (chart.psp_clearing(payment.provider), -payment.amount)],
        occurred_at=line.booked_at,
        by=by,
    )
    return f"payment:{payment.pk}"


def _book_attempt(line: BankLine, attempt: PaymentAttempt) -> str:
    """Take the money of an attempt that its provider has not told of: under the number that it will name."""
    if attempt.provider == Provider.BANK:
        return _pay(line, attempt, ref_of(line))
    paid = _pay(line, attempt, payos.transfer_ref(line.account, line.bank_ref))
    payment = Payment.objects.get(pk=paid.removeprefix("payment:"))
    return bank_transfer(line=line, payment=payment, by=SYSTEM)


def book_for_intent(*, line: BankLine, intent: PaymentIntent, by: Actor) -> str:
    """Take the money of a line for a request, through an attempt of its own that the bank's line names."""
    now = line.booked_at.replace(microsecond=0)
    attempt = PaymentAttempt.objects.create(
        intent=intent,
        number=intent.attempts.count() + 1,
        provider=Provider.BANK,
        merchant_ref=new_code(clock.local(now).strftime("%y%m%d"), 10),
        amount=line.amount,
        outcome=AttemptOutcome.STARTED,
        provider_created_at=now,
        expires_at=max(intent.expires_at, now),
    )
    return _pay(line, attempt, ref_of(line))


def _pay(line: BankLine, attempt: PaymentAttempt, provider_ref: str) -> str:
    party = BankParty(line.party_bank, line.party_number, line.party_name)
    result = apply_fact(
        ProviderFact(
            provider=attempt.provider,
            kind=FactKind.SUCCEEDED,
            merchant_ref=attempt.merchant_ref,
            provider_ref=provider_ref,
            amount=line.amount,
            occurred_at=line.booked_at,
            method="statement",
            sender=party if line.party_number else None,
        )
    )
    if result.outcome not in BOOKED:
        raise DomainError(outcome=result.outcome.value)
    payment = Payment.objects.get(provider=attempt.provider, provider_ref=provider_ref)
    return f"payment:{payment.pk}"


def close(line: BankLine, booked_as: str, *, by: Actor, state: LineState = LineState.BOOKED) -> BankLine:
    line.state, line.booked_as = state, booked_as[:120]
    line.wish = ""
    line.save(update_fields=["state", "booked_as", "wish"])
    case = MoneyCase.objects.filter(key=case_key(line), state=CaseState.OPEN).first()
    if case is not None:
        cases.resolve_case(case=case, resolution=f"{booked_as}", by=by)
    return line


# --- Suspense -------------------------------------------------------------------------------------
def case_key(line: BankLine) -> str:
    return f"bankline:{line.pk}"


@transaction.atomic
def _park(line: BankLine, note: str = "") -> BankLine:
    """Book money whose meaning nobody knows as suspense, so that the bank's balance is right at once."""
    locked = locks.lock_row(line)
    if locked.state != LineState.NEW:
        return locked
    ledger.post(
        kind=EntryKind.SUSPENSE,
        key=f"bank:{locked.pk}:suspense",
        reference=f"bankline:{locked.pk}",
        lines=[(chart.BANK, locked.amount), (chart.SUSPENSE, -locked.amount)],
        occurred_at=locked.booked_at,
        by=SYSTEM,
    )
    source = named_provider(locked)
    locked.state = LineState.SUSPENSE
    locked.note = (f"{selectors.PAYOUT_NOTE}{source} {note}" if source else note).strip()
    locked.save(update_fields=["state", "note"])
    cases.open_case(
        kind=CaseKind.UNKNOWN_MONEY,
        key=case_key(locked),
        reference=f"bankline:{locked.pk}",
        amount=locked.amount,
        details={"booked_at": locked.booked_at.isoformat(), "provider": source, "note": note},
    )
    return locked


def leave_suspense(line: BankLine, *, by: Actor) -> None:
    """Undo the suspense of a line, before it is booked as what it is."""
    if line.state not in {LineState.SUSPENSE, LineState.RETURNING}:
        return
    ledger.post(
        kind=EntryKind.SUSPENSE_CLEARED,
        key=f"bank:{line.pk}:cleared",
        reference=f"bankline:{line.pk}",
        lines=[(chart.SUSPENSE, line.amount), (chart.BANK, -line.amount)],
        occurred_at=line.booked_at,
        by=by,
    )
