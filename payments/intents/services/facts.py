"""The one way in for everything that a provider says about a payment or a refund.

Notification, answer to a question and sandbox all end here. The same facts in any order and number lead
to the same states and the same ledger.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways import registry
from payments.gateways.base import (
    DISPUTE_KINDS,
    HOLD_KINDS,
    REFUND_KINDS,
    FactKind,
    FactOutcome,
    FactResult,
    ProviderFact,
)
from payments.intents import signals
from payments.intents.enums import (
    DEPOSIT,
    INTENT,
    PAID_STATES,
    UNDER_WAY,
    AttemptOutcome,
    DepositState,
    IntentState,
    Purpose,
)
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, Payment, PaymentAttempt, PaymentIntent
from payments.intents.services import payees
from payments.intents.services.dispute_facts import apply_dispute_fact
from payments.intents.services.hold_facts import apply_hold_fact
from payments.intents.services.hold_planning import plan_hold
from payments.intents.services.refund_facts import apply_refund_fact
from payments.intents.services.refunds import return_parts, return_surplus
from payments.ledger import chart
from payments.ledger import selectors as ledger_selectors
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from voltgo.core import clock, states
from voltgo.core.actors import Actor, ActorKind
from voltgo.core.audit import services as audit
from voltgo.core.errors import IllegalTransition, NotAllowed
from voltgo.core.money import Dong

logger = logging.getLogger(__name__)

LATE_STATES = frozenset({IntentState.EXPIRED, IntentState.CANCELLED})


@transaction.atomic
def apply_fact(fact: ProviderFact) -> FactResult:
    """Take one fact of a provider into account.

    Locks the owner of the reference, its intents, then ledger accounts. Writes the ledger entry, moves the
    states, and sends `payment_succeeded`, `payment_failed` or `refund_succeeded` inside the transaction, so a
    receiver that raises undoes everything and the provider tells us again.
    """
    if fact.kind in REFUND_KINDS:
        return apply_refund_fact(fact)
    if fact.kind in DISPUTE_KINDS:
        return apply_dispute_fact(fact)
    if fact.kind in HOLD_KINDS:
        return apply_hold_fact(fact)
    found = PaymentAttempt.objects.filter(provider=fact.provider, merchant_ref=fact.merchant_ref)
    attempt = found.select_related("intent").first()
    if attempt is None:
        logger.error("%s names an unknown merchant reference %s", fact.provider, fact.merchant_ref)
        return FactResult(FactOutcome.UNKNOWN_REFERENCE)
    rivals = lock_reference(attempt.intent.reference)
    intent = next(row for row in rivals if row.pk == attempt.intent_id)
    # Read again under the lock.
    attempt = found.get()
    mismatch = _mismatch(fact, attempt)
    if mismatch is not None:
        logger.error("ALERT %s: %s for %s", mismatch.value, fact.merchant_ref, intent.reference)
        cases.open_case(
            kind=CaseKind.MISMATCH,
            key=f"{mismatch.value}:{fact.provider}:{fact.merchant_ref}:{fact.amount}",
            reference=intent.reference,
            amount=fact.amount or 0,
            details={"expected": attempt.amount, "merchant": fact.merchant, "code": fact.code},
        )
        return FactResult(mismatch, intent.pk)
    return FactResult(_APPLY[fact.kind](fact, intent, attempt), intent.pk)


def _mismatch(fact: ProviderFact, attempt: PaymentAttempt) -> FactOutcome | None:
    if fact.merchant and fact.merchant != registry.merchant_of(fact.provider):
        return FactOutcome.MERCHANT_MISMATCH
    if fact.currency != "VND" or (fact.kind is FactKind.SUCCEEDED and (fact.amount or 0) <= 0):
        return FactOutcome.AMOUNT_MISMATCH
    is_exact = registry.capabilities_of(fact.provider).exact_amount
    if fact.amount is not None and is_exact and fact.amount != attempt.amount:
        return FactOutcome.AMOUNT_MISMATCH
    return None


def provider_actor(provider: str) -> Actor:
    return Actor(ActorKind.PROVIDER, "", registry.label_of(provider))


# --- Success ------------------------------------------------------------------------------------
def _succeed(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    before = Payment.objects.filter(provider=fact.provider, provider_ref=fact.provider_ref).first()
    if before is not None:
        if before.intent_id == intent.pk:
            return FactOutcome.REPEATED
        logger.error("ALERT %s transaction %s names two intents", fact.provider, fact.provider_ref)
        cases.open_case(
            kind=CaseKind.MISMATCH,
            key=f"conflict:{fact.provider}:{fact.provider_ref}:{fact.merchant_ref}",
            reference=intent.reference,
            amount=fact.amount or 0,
            details={"other": before.intent.reference},
        )
        return FactOutcome.CONFLICT
    if Payment.objects.filter(provider=fact.provider, provider_ref=_reviewed_ref(attempt)).exists():
        # A person took it for paid before the provider named its number: it is the same money.
        return FactOutcome.REPEATED
    is_paid = intent.state in PAID_STATES
    by = provider_actor(fact.provider)
    if attempt.hold_amount and not is_paid and not intent.pledged_amount:
        _start_over(intent, attempt)
    payment = _book(fact, intent, attempt, by=by)
    if payment.deposit_amount:
        hold_deposit(intent, payment.deposit_amount, by)
    if payment.surplus_amount:
        return_surplus(payment)
    if is_paid:
        _note_success(fact, attempt)
        logger.warning("a second payment %s for %s goes back", payment, intent.reference)
        return FactOutcome.SURPLUS
    pledged = _pledge(fact, intent, attempt, payment)
    received = intent.received_amount + payment.amount - payment.surplus_amount
    PaymentIntent.objects.filter(pk=intent.pk).update(received_amount=received, pledged_amount=pledged)
    intent.received_amount, intent.pledged_amount = received, pledged
    is_whole = received + pledged >= intent.amount
    _note_success(fact, attempt, is_whole=is_whole)
    if not is_whole:
        return _part_came(intent)
    complete(intent, provider=fact.provider, provider_ref=fact.provider_ref, paid_at=payment.paid_at)
    return FactOutcome.RECORDED


def _start_over(intent: PaymentIntent, attempt: PaymentAttempt) -> None:
    """Send back what came in another way: this card pays all the rent and promises all the deposit.

    So the end is the same as if the card had been first and the rest had come on top of it.
    """
    return_parts(intent, still_due=attempt.hold_amount)


def _reviewed_ref(attempt: PaymentAttempt) -> str:
    """Name money that a person took for paid and whose provider has named no number."""
    return f"review:{attempt.merchant_ref}"


def _note_success(fact: ProviderFact, attempt: PaymentAttempt, *, is_whole: bool = True) -> None:
    """Write on the attempt what came. A transfer that brought a part stays open and is asked about further."""
    told: dict[str, Any] = {"provider_ref": fact.provider_ref, "provider_code": fact.code}
    if is_whole or registry.capabilities_of(fact.provider).exact_amount:
        told |= {"outcome": AttemptOutcome.SUCCEEDED, "next_poll_at": None}
    PaymentAttempt.objects.filter(pk=attempt.pk).update(**told)


def _pledge(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt, payment: Payment) -> Dong:
    """Plan the hold on the kept card that stands in for the deposit; return what is pledged in all."""
    if not attempt.hold_amount or intent.received_amount or intent.pledged_amount:
        return intent.pledged_amount
    plan_hold(intent=intent, attempt=attempt, instrument=fact.instrument, paid_at=payment.paid_at)
    return attempt.hold_amount


def complete(intent: PaymentIntent, *, provider: str, provider_ref: str, paid_at: datetime) -> None:
    """Say that all of an intent has come, or is promised by a card. The caller holds the locks."""
    late = intent.state in LATE_STATES
    states.move(
        INTENT,
        intent,
        to=IntentState.SUCCEEDED,
        by=provider_actor(provider),
        reason=f"{provider}:{provider_ref}",
        provider=provider,
        provider_ref=provider_ref,
        succeeded_at=paid_at,
    )
    signals.payment_succeeded.send(sender=PaymentIntent, intent=intent, late=late)


def _part_came(intent: PaymentIntent) -> FactOutcome:
    """Keep a part of what was asked for; if nothing more may come, send it back."""
    if intent.state in LATE_STATES:
        return_parts(intent)
    return FactOutcome.PARTIAL


def _book(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt, *, by: Actor) -> Payment:
    """Write the received money and its ledger entry."""
    amount = fact.amount or 0
    to_debt, prepayment, deposit, surplus = _parts(intent, attempt, amount)
    paid_at = fact.occurred_at or clock.now()
    payment = Payment.objects.create(
        intent=intent,
        provider=fact.provider,
        provider_ref=fact.provider_ref,
        merchant_ref=attempt.merchant_ref,
        provider_created_at=attempt.provider_created_at,
        amount=amount,
        prepayment_amount=to_debt + prepayment,
        deposit_amount=deposit,
        surplus_amount=surplus,
        paid_at=paid_at,
        method=fact.method[:40],
        account_ref=fact.account_ref,
        sender=payees.as_told(fact.sender),
    )
    lines = [
        (chart.received_through(fact.provider, fact.account_ref), amount),
        (chart.receivable(intent.payer.public_id), -to_debt),
        (chart.customer_prepaid(intent.reference), -prepayment),
        (chart.deposit_liability(intent.reference), -deposit),
        (chart.customer_credit(intent.reference), -surplus),
    ]
    ledger.post(
        kind=EntryKind.SURPLUS if surplus == amount else EntryKind.PAYMENT,
        key=f"{fact.provider}:paid:{fact.provider_ref}",
        reference=intent.reference,
        lines=[(account, value) for account, value in lines if value],
        occurred_at=paid_at,
        by=by,
    )
    return payment


def _parts(intent: PaymentIntent, attempt: PaymentAttempt, amount: Dong) -> tuple[Dong, Dong, Dong, Dong]:
    """Split what came into (debt paid, prepayment, deposit, surplus): rent first, then the deposit.

    What is received in several parts adds up to the same, in whatever order they come. An attempt that
    leaves the deposit to a hold brings rent only.
    """
    if intent.state in PAID_STATES:
        return 0, 0, 0, amount
    received_rent = min(intent.received_amount, intent.prepayment_amount)
    received_deposit = intent.received_amount - received_rent
    rent = min(amount, intent.prepayment_amount - received_rent)
    open_deposit = intent.deposit_amount - intent.pledged_amount - received_deposit
    pledged_now = attempt.hold_amount if not intent.received_amount and not intent.pledged_amount else 0
    deposit = min(amount - rent, open_deposit - pledged_now)
    surplus = amount - rent - deposit
    if intent.purpose not in {Purpose.BALANCE, Purpose.FINE}:
        return 0, rent, deposit, surplus
    # The lock keeps two payments of one debt from both counting it.
    user_ref = intent.payer.public_id
    ledger.lock_accounts([chart.receivable(user_ref)])
    debt = ledger_selectors.debt_of_reference(user_ref=user_ref, reference=intent.reference)
    to_debt = min(rent, debt)
    rest = rent - to_debt
    is_settled = LedgerEntry.objects.filter(
        reference=intent.reference, kind__in=[EntryKind.REVENUE, EntryKind.FINE]
    ).exists()
    if is_settled:
        return to_debt, 0, deposit, surplus + rest
    return to_debt, rest, deposit, surplus


def hold_deposit(intent: PaymentIntent, amount: Dong, by: Actor, *, on_hold: Dong = 0) -> Deposit:
    """Turn a deposit that was due into a held one, or add to what is held already.

    `amount` came as money or is promised by a card; `on_hold` is what of it is only promised. The caller
    holds the locks.
    """
    deposit, created = Deposit.objects.get_or_create(
        reference=intent.reference, defaults={"payer": intent.payer, "amount": amount}
    )
    if created:
        states.begin(DEPOSIT, deposit, by=by)
    promised = deposit.on_hold + on_hold
    if deposit.state in {DepositState.DUE, DepositState.WAIVED}:
        # A deposit that comes in parts counts up from the first of them.
        states.move(DEPOSIT, deposit, to=DepositState.HELD, by=by, amount=amount, on_hold=promised)
        return deposit
    total = deposit.amount + amount
    open_state = DepositState.PARTLY_CAPTURED if deposit.captured else DepositState.HELD
    if deposit.state == open_state:
        Deposit.objects.filter(pk=deposit.pk).update(amount=total, on_hold=promised)
    else:
        states.move(DEPOSIT, deposit, to=open_state, by=by, amount=total, on_hold=promised)
    deposit.amount, deposit.on_hold = total, promised
    return deposit


# --- Everything else ----------------------------------------------------------------------------
def _fail(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    changed = PaymentAttempt.objects.filter(
        pk=attempt.pk, outcome__in=[AttemptOutcome.PREPARED, AttemptOutcome.STARTED]
    ).update(
        outcome=AttemptOutcome.FAILED,
        provider_ref=fact.provider_ref,
        provider_code=fact.code,
        next_poll_at=None,
    )
    if not changed:
        return FactOutcome.REPEATED
    # A newer attempt is still under way: its result counts.
    if intent.state == IntentState.PENDING and intent.merchant_ref == attempt.merchant_ref:
        states.move(
            INTENT,
            intent,
            to=IntentState.FAILED,
            by=provider_actor(fact.provider),
            reason=f"code {fact.code}",
        )
        signals.payment_failed.send(sender=PaymentIntent, intent=intent)
    return FactOutcome.RECORDED


def _review(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    changed = PaymentAttempt.objects.filter(
        pk=attempt.pk,
        outcome__in=[AttemptOutcome.PREPARED, AttemptOutcome.STARTED, AttemptOutcome.FAILED],
    ).update(outcome=AttemptOutcome.REVIEW, provider_ref=fact.provider_ref, provider_code=fact.code)
    if not changed:
        return FactOutcome.REPEATED
    logger.error("ALERT %s wants %s reviewed: code %s", fact.provider, intent.reference, fact.code)
    cases.open_case(
        kind=CaseKind.REVIEW,
        key=f"review:{attempt.merchant_ref}",
        reference=intent.reference,
        amount=attempt.amount,
        details={"code": fact.code, "provider_ref": fact.provider_ref},
    )
    if intent.state not in PAID_STATES and intent.state != IntentState.NEEDS_REVIEW:
        states.move(
            INTENT,
            intent,
            to=IntentState.NEEDS_REVIEW,
            by=provider_actor(fact.provider),
            reason=f"code {fact.code}",
        )
    return FactOutcome.RECORDED


def note_under_way(attempt: PaymentAttempt) -> None:
    """Note that the payer has done their part and the provider has not: a second try might pay twice.

    Only pages read it. Whatever the provider decides is written over it.
    """
    PaymentAttempt.objects.filter(
        pk=attempt.pk, outcome__in=[AttemptOutcome.PREPARED, AttemptOutcome.STARTED]
    ).update(provider_code=UNDER_WAY)


def _wait(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    if fact.is_under_way:
        note_under_way(attempt)
    return FactOutcome.UNDECIDED


_APPLY = {
    FactKind.SUCCEEDED: _succeed,
    FactKind.FAILED: _fail,
    FactKind.REVIEW: _review,
    FactKind.PENDING: _wait,
    FactKind.NOT_FOUND: _wait,
}


@transaction.atomic
def settle_review(*, intent: PaymentIntent, accept: bool, by: Actor, reason: str) -> FactResult:
    """Decide a payment that the provider left to us, after a person has looked into its portal.

    Accepting books the money as the provider's own success would; refusing ends the try and lets the
    payer start again.

    Raises:
        NotAllowed: only an operator may decide.
        IllegalTransition: the payment is not under review.
    """
    if by.kind is not ActorKind.OPERATOR:
        raise NotAllowed
    rivals = lock_reference(intent.reference)
    locked = next(row for row in rivals if row.pk == intent.pk)
    if locked.state != IntentState.NEEDS_REVIEW:
        raise IllegalTransition(machine=INTENT.name, source=locked.state)
    reviewed = locked.attempts.filter(outcome=AttemptOutcome.REVIEW)
    attempt = reviewed.order_by("-number").first()
    if accept and attempt is not None:
        result = apply_fact(
            ProviderFact(
                provider=attempt.provider,
                kind=FactKind.SUCCEEDED,
                merchant_ref=attempt.merchant_ref,
                # The provider may have named no number; the money must still be told from any other.
                provider_ref=attempt.provider_ref.lstrip("0") or _reviewed_ref(attempt),
                amount=attempt.amount,
                code=attempt.provider_code,
            )
        )
    else:
        states.move(INTENT, locked, to=IntentState.FAILED, by=by, reason=reason)
        reviewed.update(outcome=AttemptOutcome.FAILED, next_poll_at=None)
        result = FactResult(FactOutcome.RECORDED, locked.pk)
    audit.record("payment.review_settled", f"payment:{locked.pk}", by=by, reason=reason, accepted=accept)
    intent.refresh_from_db()
    return result
