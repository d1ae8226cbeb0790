"""The one way in for everything that a provider says about a payment or a refund.

Notification, answer to a question and sandbox all end here. The same facts in any order and number lead
to the same states and the same ledger.
"""

import logging

from django.db import transaction

from payments.gateways import registry
from payments.gateways.base import REFUND_KINDS, FactKind, FactOutcome, FactResult, ProviderFact
from payments.intents import signals
from payments.intents.enums import (
    DEPOSIT,
    INTENT,
    PAID_STATES,
    AttemptOutcome,
    DepositState,
    IntentState,
    Purpose,
)
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, Payment, PaymentAttempt, PaymentIntent
from payments.intents.services.refund_facts import apply_refund_fact
from payments.intents.services.refunds import return_surplus
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
    found = PaymentAttempt.objects.filter(provider=fact.provider, merchant_ref=fact.merchant_ref)
    attempt = found.select_related("intent").first()
    if attempt is None:
        logger.error("%s names an unknown merchant reference %s", fact.provider, fact.merchant_ref)
        return FactResult(FactOutcome.UNKNOWN_REFERENCE)
    rivals = lock_reference(attempt.intent.reference)
    intent = next(row for row in rivals if row.pk == attempt.intent_id)
    # Read again under the lock.
    attempt = found.get()
    mismatch = _mismatch(fact, intent)
    if mismatch is not None:
        logger.error("ALERT %s: %s for %s", mismatch.value, fact.merchant_ref, intent.reference)
        return FactResult(mismatch, intent.pk)
    return FactResult(_APPLY[fact.kind](fact, intent, attempt), intent.pk)


def _mismatch(fact: ProviderFact, intent: PaymentIntent) -> FactOutcome | None:
    if fact.merchant and fact.merchant != registry.get(fact.provider).merchant:
        return FactOutcome.MERCHANT_MISMATCH
    needs_amount = fact.kind is FactKind.SUCCEEDED
    if (fact.amount is None and needs_amount) or fact.currency != "VND":
        return FactOutcome.AMOUNT_MISMATCH
    if fact.amount is not None and fact.amount != intent.amount:
        return FactOutcome.AMOUNT_MISMATCH
    return None


def provider_actor(provider: str) -> Actor:
    return Actor(ActorKind.PROVIDER, "", registry.get(provider).label)


# --- Success ------------------------------------------------------------------------------------
def _succeed(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    before = Payment.objects.filter(provider=fact.provider, provider_ref=fact.provider_ref).first()
    if before is not None:
        if before.intent_id == intent.pk:
            return FactOutcome.REPEATED
        logger.error("ALERT %s transaction %s names two intents", fact.provider, fact.provider_ref)
        return FactOutcome.CONFLICT
    is_second = intent.state in PAID_STATES
    by = provider_actor(fact.provider)
    payment = _book(fact, intent, attempt, is_second=is_second, by=by)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        outcome=AttemptOutcome.SUCCEEDED,
        provider_ref=fact.provider_ref,
        provider_code=fact.code,
        next_poll_at=None,
    )
    if payment.deposit_amount:
        _hold_deposit(intent, payment.deposit_amount, by)
    if payment.surplus_amount:
        return_surplus(payment)
    if is_second:
        logger.warning("a second payment %s for %s goes back", payment, intent.reference)
        return FactOutcome.SURPLUS
    late = intent.state in LATE_STATES
    states.move(
        INTENT,
        intent,
        to=IntentState.SUCCEEDED,
        by=by,
        reason=f"{fact.provider}:{fact.provider_ref}",
        provider_ref=fact.provider_ref,
        succeeded_at=payment.paid_at,
    )
    signals.payment_succeeded.send(sender=PaymentIntent, intent=intent, late=late)
    return FactOutcome.RECORDED


def _book(
    fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt, *, is_second: bool, by: Actor
) -> Payment:
    """Write the received money and its ledger entry."""
    to_debt, prepayment, deposit, surplus = _parts(intent, is_second=is_second)
    paid_at = fact.occurred_at or clock.now()
    payment = Payment.objects.create(
        intent=intent,
        provider=fact.provider,
        provider_ref=fact.provider_ref,
        merchant_ref=attempt.merchant_ref,
        provider_created_at=attempt.provider_created_at,
        amount=intent.amount,
        prepayment_amount=to_debt + prepayment,
        deposit_amount=deposit,
        surplus_amount=surplus,
        paid_at=paid_at,
        method=fact.method[:40],
    )
    lines = [
        (chart.psp_clearing(fact.provider), intent.amount),
        (chart.receivable(intent.payer.public_id), -to_debt),
        (chart.customer_prepaid(intent.reference), -prepayment),
        (chart.deposit_liability(intent.reference), -deposit),
        (chart.customer_credit(intent.reference), -surplus),
    ]
    ledger.post(
        kind=EntryKind.SURPLUS if is_second else EntryKind.PAYMENT,
        key=f"{fact.provider}:paid:{fact.provider_ref}",
        reference=intent.reference,
        lines=[(account, amount) for account, amount in lines if amount],
        occurred_at=paid_at,
        by=by,
    )
    return payment


def _parts(intent: PaymentIntent, *, is_second: bool) -> tuple[Dong, Dong, Dong, Dong]:
    """Split what came into (debt paid, prepayment, deposit, surplus)."""
    if is_second:
        return 0, 0, 0, intent.amount
    if intent.purpose != Purpose.BALANCE:
        return 0, intent.prepayment_amount, intent.deposit_amount, 0
    # The lock keeps two payments of one debt from both counting it.
    user_ref = intent.payer.public_id
    ledger.lock_accounts([chart.receivable(user_ref)])
    debt = ledger_selectors.debt_of_reference(user_ref=user_ref, reference=intent.reference)
    to_debt = min(intent.prepayment_amount, debt)
    rest = intent.prepayment_amount - to_debt
    is_settled = LedgerEntry.objects.filter(reference=intent.reference, kind=EntryKind.REVENUE).exists()
    if is_settled:
        return to_debt, 0, intent.deposit_amount, rest
    return to_debt, rest, intent.deposit_amount, 0


def _hold_deposit(intent: PaymentIntent, amount: Dong, by: Actor) -> None:
    """Turn a deposit that was due into a held one, or add to what is held already."""
    deposit, created = Deposit.objects.get_or_create(
        reference=intent.reference, defaults={"payer": intent.payer, "amount": amount}
    )
    if created:
        states.begin(DEPOSIT, deposit, by=by)
    if deposit.state == DepositState.DUE:
        states.move(DEPOSIT, deposit, to=DepositState.HELD, by=by, amount=amount)
        return
    total = deposit.amount + amount
    open_state = DepositState.PARTLY_CAPTURED if deposit.captured else DepositState.HELD
    if deposit.state == open_state:
        Deposit.objects.filter(pk=deposit.pk).update(amount=total)
    else:
        states.move(DEPOSIT, deposit, to=open_state, by=by, amount=total)


# --- Everything else ----------------------------------------------------------------------------
def _fail(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    changed = PaymentAttempt.objects.filter(pk=attempt.pk, outcome=AttemptOutcome.STARTED).update(
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
        pk=attempt.pk, outcome__in=[AttemptOutcome.STARTED, AttemptOutcome.FAILED]
    ).update(outcome=AttemptOutcome.REVIEW, provider_ref=fact.provider_ref, provider_code=fact.code)
    if not changed:
        return FactOutcome.REPEATED
    logger.error("ALERT %s wants %s reviewed: code %s", fact.provider, intent.reference, fact.code)
    if intent.state not in PAID_STATES and intent.state != IntentState.NEEDS_REVIEW:
        states.move(
            INTENT,
            intent,
            to=IntentState.NEEDS_REVIEW,
            by=provider_actor(fact.provider),
            reason=f"code {fact.code}",
        )
    return FactOutcome.RECORDED


def _wait(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
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
                provider_ref=attempt.provider_ref.lstrip("0") or f"review:{attempt.merchant_ref}",
                amount=locked.amount,
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
