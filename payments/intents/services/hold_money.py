"""What the ledger says of holds: money taken from one, and money that was to be taken and is lost."""

from datetime import timedelta

from django.db.models import Sum

from payments.gateways.base import ProviderFact
from payments.intents import targets
from payments.intents.enums import DepositState, HoldState, Purpose, RefundReason
from payments.intents.models import Deposit, DepositHold, Payment
from payments.intents.services import promises
from payments.intents.services.paying import create_intent
from payments.intents.services.refunds import refund
from payments.ledger import chart
from payments.ledger import selectors as ledger_selectors
from payments.ledger import services as ledger
from payments.ledger.enums import EntryKind
from payments.ledger.models import LedgerLine
from voltgo.core import clock, locks
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.money import Dong

TIME_TO_PAY_DEBT = timedelta(days=30)


def kept_key(hold: DepositHold) -> str:
    """Name the entry by which a part of a hold became deposit money that is kept back."""
    return f"hold-kept:{hold.merchant_ref}"


def kept_of(hold: DepositHold) -> Dong:
    """Return what of `to_capture` is to stay as deposit money."""
    lines = LedgerLine.objects.filter(entry__idempotency_key=kept_key(hold), amount__gt=0)
    return lines.aggregate(total=Sum("amount"))["total"] or 0


def lose(hold: DepositHold, amount: Dong, *, by: Actor) -> None:
    """Book what was to be taken from a hold and will not come: the payer owes it, and is asked for it.

    What was only to be kept back for fines is owed by nobody.
    """
    deposit = locks.lock_row(hold.deposit)
    reference = deposit.reference
    liability = chart.deposit_liability(reference)
    left = ledger.lock_accounts([liability])[liability.code].balance
    kept = min(amount, kept_of(hold), left)
    owed = amount - kept
    lines = [
        (chart.receivable(deposit.payer.public_id), owed),
        (liability, kept),
        (chart.hold_clearing(hold.provider), -amount),
    ]
    ledger.post(
        kind=EntryKind.HOLD_LOST,
        key=f"{hold.provider}:lost:{hold.merchant_ref}",
        reference=reference,
        lines=[(account, value) for account, value in lines if value],
        by=by,
    )
    if kept:
        promises.write(deposit, by=by, released=deposit.released + kept, retained=deposit.retained - kept)
    if hold.state == HoldState.EXPIRED:
        promises.free_promise(deposit, min(deposit.on_hold, hold.amount - hold.to_capture), by=by)
    if owed:
        create_intent(
            payer=deposit.payer,
            reference=reference,
            purpose=Purpose.BALANCE,
            prepayment_amount=owed,
            deposit_amount=0,
            expires_at=clock.now() + TIME_TO_PAY_DEBT,
            idempotency_key=f"hold-lost:{hold.merchant_ref}",
            by=SYSTEM,
            description=f"VoltGo {reference.partition(':')[2]}",
        )


def receive(fact: ProviderFact, hold: DepositHold, *, source: str, by: Actor) -> None:
    """Book the money of a hold that was captured, as a payment that refunds and reconciliation find.

    What was asked for pays back what we had taken in advance; anything more is deposit money, given back unless
    the rental still needs it.
    """
    deposit = locks.lock_row(hold.deposit)
    amount = fact.amount or 0
    was_lost = source == HoldState.EXPIRED and hold.to_capture
    debtor = chart.receivable(deposit.payer.public_id)
    if was_lost:
        ledger.lock_accounts([debtor])
        owed = ledger_selectors.debt_of_reference(
            user_ref=deposit.payer.public_id, reference=deposit.reference
        )
        used = min(amount, hold.to_capture, owed)
    else:
        used = min(amount, hold.to_capture)
    extra = amount - used
    lines = [
        (chart.psp_clearing(hold.provider), amount),
        (debtor if was_lost else chart.hold_clearing(hold.provider), -used),
        (chart.deposit_liability(deposit.reference), -extra),
    ]
    entry = ledger.post(
        kind=EntryKind.HOLD_CAPTURED,
        key=f"{hold.provider}:captured:{hold.merchant_ref}",
        reference=deposit.reference,
        lines=[(account, value) for account, value in lines if value],
        occurred_at=fact.occurred_at,
        by=by,
    )
    kept = 0 if was_lost else min(used, kept_of(hold))
    Payment.objects.create(
        intent=hold.intent,
        provider=hold.provider,
        provider_ref=fact.provider_ref or hold.provider_ref,
        merchant_ref=hold.merchant_ref,
        provider_created_at=hold.held_at or entry.occurred_at,
        amount=amount,
        prepayment_amount=used - kept,
        deposit_amount=kept + extra,
        surplus_amount=0,
        paid_at=entry.occurred_at,
        method=fact.method[:40] or (hold.instrument.label[:40] if hold.instrument else ""),
    )
    if not was_lost and used < hold.to_capture:
        lose(hold, hold.to_capture - used, by=by)
        deposit.refresh_from_db()
    _settle_rest(deposit, hold, extra, source, by)


def _settle_rest(deposit: Deposit, hold: DepositHold, extra: Dong, source: str, by: Actor) -> None:
    """Let the deposit follow: what was promised and not taken is free, what came on top is money now."""
    from payments.intents.services.facts import hold_deposit

    stood = source in {HoldState.HELD, HoldState.CAPTURING}
    promised = min(deposit.on_hold, hold.amount - hold.to_capture) if stood else 0
    turned = min(promised, extra)
    if turned:
        Deposit.objects.filter(pk=deposit.pk).update(on_hold=deposit.on_hold - turned)
        deposit.on_hold -= turned
    free = promised - turned
    if source == HoldState.HELD:
        promises.lose_promise(deposit, free, by=by, reason="captured in part")
    else:
        promises.free_promise(deposit, free, by=by)
    if extra > turned:
        deposit = hold_deposit(hold.intent, extra - turned, by)
    still_needed = source in {HoldState.HELD, HoldState.EXPIRED} and not hold.to_capture
    if extra and not (still_needed and targets.needs_deposit(deposit.reference)):
        deposit.refresh_from_db()
        back = min(extra, deposit.money - deposit.retained)
        if back > 0 and deposit.state != DepositState.DUE:
            refund(
                reference=deposit.reference,
                prepayment_amount=0,
                deposit_amount=back,
                reason=RefundReason.DEPOSIT_RELEASE,
                idempotency_key=f"hold-rest:{hold.merchant_ref}",
                by=SYSTEM,
            )
