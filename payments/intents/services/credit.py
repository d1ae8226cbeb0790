"""A person's credit with us: spending it, refunds that become it, and paying it out to a bank account."""

from django.conf import settings
from django.db import transaction

from accounts.models import User
from payments.gateways import registry
from payments.gateways.base import FactKind, ProviderFact
from payments.intents.enums import (
    CREDIT_PAYOUT,
    AttemptOutcome,
    CreditPayoutState,
    Provider,
    RefundState,
    RefundWay,
)
from payments.intents.errors import CreditTooSmall, IdempotencyConflict
from payments.intents.locking import lock_reference
from payments.intents.models import CreditPayout, PaymentAttempt, PaymentIntent, Refund
from payments.intents.services import payees
from payments.intents.services.by_hand import lock_refund, require_unbatched
from payments.intents.services.facts import apply_fact
from payments.intents.services.paying import require_open
from payments.intents.services.ways import credit, new_memo
from payments.ledger import chart
from payments.ledger import selectors as ledger_selectors
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerEntry
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.audit import services as audit
from voltgo.core.codes import new_code
from voltgo.core.errors import IllegalTransition, InvalidInput
from voltgo.core.money import Dong

# A provider has said nothing yet, or has clearly refused: the money is not on its way.
CAN_BECOME_CREDIT = frozenset({RefundState.APPROVED, RefundState.BY_HAND, RefundState.FAILED})


def credit_of(user: User) -> Dong:
    """Return what a person may spend with us."""
    return ledger_selectors.balance(chart.user_credit(user.public_id))


def payable_out(user: User) -> Dong:
    """Return what of a person's credit may go to a bank account: what they owe us stays."""
    return max(0, credit_of(user) - ledger_selectors.balance(chart.receivable(user.public_id)))


def spendable(intent: PaymentIntent, balance: Dong) -> Dong:
    """Return how much credit may go into what is still open, so that the rest can be paid in another way."""
    open_amount = intent.amount - intent.received_amount - intent.pledged_amount
    if balance >= open_amount:
        return open_amount
    methods = [registry.capabilities_of(code) for code in settings.PAYMENT_METHODS if registry.has(code)]
    least = min((able.min_amount for able in methods), default=0)
    return max(0, min(balance, open_amount - least))


# --- Spending -----------------------------------------------------------------------------------
@transaction.atomic
def pay_with_credit(*, intent: PaymentIntent, by: Actor) -> Dong:
    """Pay an intent out of its payer's credit, whole or as far as it reaches; return how much.

    The rest is paid by another method. Locks the owner of the reference, its intents, then the credit.

    Raises:
        AlreadyPaid, PaymentUnderReview, PaymentEnded, PaymentExpired: the intent takes no payment any more.
        CreditTooSmall: there is none to spend.
    """
    rivals = lock_reference(intent.reference)
    locked = next(row for row in rivals if row.pk == intent.pk)
    require_open(locked)
    account = chart.user_credit(locked.payer.public_id)
    # Together, as paying out locks them: booking a paid debt asks for the second as well.
    owed = chart.receivable(locked.payer.public_id)
    balance = ledger.lock_accounts([account, owed])[account.code].balance
    amount = spendable(locked, balance)
    if not amount:
        raise CreditTooSmall(available=balance)
    now = clock.now().replace(microsecond=0)
    attempt = PaymentAttempt.objects.create(
        intent=locked,
        number=locked.attempts.count() + 1,
        provider=Provider.CREDIT,
        merchant_ref=new_code(clock.local(now).strftime("%y%m%d"), 10),
        amount=amount,
        outcome=AttemptOutcome.STARTED,
        provider_created_at=now,
        expires_at=locked.expires_at,
    )
    apply_fact(
        ProviderFact(
            provider=Provider.CREDIT,
            kind=FactKind.SUCCEEDED,
            merchant_ref=attempt.merchant_ref,
            provider_ref=attempt.merchant_ref,
            amount=amount,
            occurred_at=now,
            account_ref=locked.payer.public_id,
        )
    )
    audit.record("credit.spent", f"payment:{locked.pk}", by=by, amount=amount)
    intent.refresh_from_db()
    return amount


# --- Refunds that become credit -----------------------------------------------------------------
@transaction.atomic
def refund_to_credit(*, refund: Refund, by: Actor, reason: str = "") -> Refund:
    """Turn a refund that has not left yet into credit of its payer, at once.

    Raises:
        InABatch: the transfer was handed to the bank already.
        IllegalTransition: it is at the provider, has ended, or waits for approval.
    """
    locked = lock_refund(refund)
    if (locked.state, locked.way) == (RefundState.SUCCEEDED, RefundWay.CREDIT):
        return locked
    require_unbatched(locked)
    if locked.state not in CAN_BECOME_CREDIT:
        raise IllegalTransition(machine="refund", source=locked.state)
    credit(locked, by=SYSTEM)
    audit.record("refund.to_credit", f"refund:{locked.pk}", by=by, reason=reason, amount=locked.amount)
    refund.state, refund.way = locked.state, locked.way
    return locked


# --- Paying out ---------------------------------------------------------------------------------
@transaction.atomic
def pay_out_credit(
    *, owner: User, amount: Dong, bank: str, number: str, name: str, idempotency_key: str, by: Actor
) -> CreditPayout:
    """Take credit out, for finance to transfer it to a bank account. Safe to call twice with one key.

    Locks the person's credit.

    Raises:
        CreditTooSmall: there is not so much that is not needed for debts.
        PayeeInvalid: that is no bank account.
        InvalidInput: nothing is asked for.
        IdempotencyConflict: the key belongs to another person or amount.
    """
    if amount <= 0:
        raise InvalidInput(amount=amount)
    account = chart.user_credit(owner.public_id)
    ledger.lock_accounts([account, chart.receivable(owner.public_id)])
    before = CreditPayout.objects.filter(idempotency_key=idempotency_key).first()
    if before is not None:
        if (before.owner_id, before.amount) != (owner.pk, amount):
            raise IdempotencyConflict(key=idempotency_key)
        return before
    available = payable_out(owner)
    if amount > available:
        raise CreditTooSmall(available=available)
    payout = CreditPayout.objects.create(
        owner_id=owner.pk,
        amount=amount,
        payee=payees.seal(bank=bank, number=number, name=name),
        memo=new_memo(),
        idempotency_key=idempotency_key,
    )
    states.begin(CREDIT_PAYOUT, payout, by=by)
    ledger.post(
        kind=EntryKind.REFUND,
        key=_payout_key(payout),
        reference=f"user:{owner.public_id}",
        lines=[(account, amount), (chart.refund_clearing(Provider.CREDIT), -amount)],
        by=by,
    )
    audit.record("credit_payout.requested", f"payout:{payout.pk}", by=by, amount=amount)
    return payout


def _payout_key(payout: CreditPayout) -> str:
    return f"credit-payout:{payout.pk}"


@transaction.atomic
def cancel_payout(*, payout: CreditPayout, by: Actor, reason: str) -> CreditPayout:
    """Put what was to be paid out back into the credit. Safe to call twice.

    Raises:
        InABatch: the transfer was handed to the bank already.
        IllegalTransition: it was paid.
    """
    locked = locks.lock_row(payout)
    if locked.state == CreditPayoutState.CANCELLED:
        return locked
    require_unbatched(locked)
    states.move(CREDIT_PAYOUT, locked, to=CreditPayoutState.CANCELLED, by=by, reason=reason)
    entry = LedgerEntry.objects.get(idempotency_key=_payout_key(locked))
    ledger.reverse(entry=entry, key=f"{_payout_key(locked)}:cancelled", by=by)
    audit.record("credit_payout.cancelled", f"payout:{locked.pk}", by=by, reason=reason, amount=locked.amount)
    payout.state = locked.state
    return locked
