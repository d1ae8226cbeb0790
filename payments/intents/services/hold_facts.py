"""What a provider says about holds on cards.

A fact that tells more wins over one that tells less, in whatever order they come: taken, over, held, declined.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from payments.cases import services as cases
from payments.cases.enums import CaseKind
from payments.gateways import registry
from payments.gateways.base import FactKind, FactOutcome, FactResult, ProviderFact
from payments.intents import targets
from payments.intents.enums import HOLD, PAID_STATES, AttemptOutcome, DepositState, HoldState
from payments.intents.locking import lock_reference
from payments.intents.models import Deposit, DepositHold, PaymentAttempt, PaymentIntent
from payments.intents.services import hold_money, promises
from payments.intents.services.deposit_requests import NeedReason, close_requests, request_deposit
from payments.intents.services.hold_jobs import promise_free
from payments.intents.services.hold_planning import deposit_of, keep_instrument
from payments.intents.services.refunds import return_parts
from voltgo.core import clock, locks, states
from voltgo.core.actors import SYSTEM, Actor, ActorKind

logger = logging.getLogger(__name__)

# And renewed, or looked at, this long before the provider lets go of it.
RENEWED_BEFORE = timedelta(hours=24)
# Of a provider that does not say when it lets go.
LOOKED_AFTER = timedelta(hours=24)
# On an attempt whose hold was over before we heard that it stood.
OVER = "over"


# --- Facts --------------------------------------------------------------------------------------
def apply_hold_fact(fact: ProviderFact) -> FactResult:
    """Take what a provider says about a hold into account. Called by `apply_fact` only.

    A payer's own attempt to have the deposit held becomes a hold with its first fact. Locks the owner of the
    reference, its intents, the hold, the deposit, then ledger accounts.
    """
    known = DepositHold.objects.filter(provider=fact.provider, merchant_ref=fact.merchant_ref)
    attempts = PaymentAttempt.objects.filter(provider=fact.provider, merchant_ref=fact.merchant_ref)
    row = known.select_related("intent").first() or attempts.select_related("intent").first()
    if row is None:
        logger.error("%s names an unknown hold %s", fact.provider, fact.merchant_ref)
        return FactResult(FactOutcome.UNKNOWN_REFERENCE)
    rivals = lock_reference(row.intent.reference)
    intent = next(rival for rival in rivals if rival.pk == row.intent_id)
    hold = known.first()
    held = hold.amount if hold else attempts.get().hold_amount
    mismatch = _mismatch(fact, held)
    if mismatch is not None:
        _open_mismatch(fact, intent, held)
        return FactResult(mismatch, intent.pk)
    if hold is None:
        outcome = _take_attempt(fact, intent, attempts.get())
    else:
        outcome = _take(fact, locks.lock_row(hold))
    return FactResult(outcome, intent.pk)


def _mismatch(fact: ProviderFact, held: int) -> FactOutcome | None:
    if fact.merchant and fact.merchant != registry.merchant_of(fact.provider):
        return FactOutcome.MERCHANT_MISMATCH
    if fact.currency != "VND":
        return FactOutcome.AMOUNT_MISMATCH
    is_wrong = {
        FactKind.AUTHORIZED: fact.amount != held,
        FactKind.HOLD_CAPTURED: fact.amount is None or not 0 < fact.amount <= held,
    }
    return FactOutcome.AMOUNT_MISMATCH if is_wrong.get(fact.kind, False) else None


def _open_mismatch(fact: ProviderFact, intent: PaymentIntent, held: int) -> None:
    logger.error("ALERT a hold does not match: %s for %s", fact.merchant_ref, intent.reference)
    cases.open_case(
        kind=CaseKind.MISMATCH,
        key=f"hold:{fact.provider}:{fact.merchant_ref}:{fact.kind}:{fact.amount}",
        reference=intent.reference,
        amount=fact.amount or 0,
        details={"expected": held, "merchant": fact.merchant, "code": fact.code},
    )


def _take(fact: ProviderFact, hold: DepositHold) -> FactOutcome:
    """Let a known hold take a step by a fact."""
    news: dict[str, object] = {}
    if fact.provider_ref and not hold.provider_ref:
        news["provider_ref"] = fact.provider_ref
    if fact.capture_before and fact.capture_before != hold.capture_before:
        news["capture_before"] = fact.capture_before
    if news:
        DepositHold.objects.filter(pk=hold.pk).update(**news)
        hold.refresh_from_db()
    step = _STEPS.get(fact.kind)
    return step(fact, hold) if step else FactOutcome.UNDECIDED


def _take_attempt(fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt) -> FactOutcome:
    """Let the payer's own attempt to have the deposit held take a step by a fact."""
    from payments.intents.services.facts import apply_fact

    if attempt.amount:
        # It takes money: what it says about a hold is a misunderstanding.
        _open_mismatch(fact, intent, 0)
        return FactOutcome.AMOUNT_MISMATCH
    match fact.kind:
        case FactKind.AUTHORIZED | FactKind.HOLD_CAPTURED:
            is_over = attempt.provider_code == OVER
            hold, outcome = _hold_of_attempt(fact, intent, attempt)
            if fact.kind is FactKind.HOLD_CAPTURED:
                return _captured(fact, locks.lock_row(hold))
            if is_over:
                _over(replace(fact, kind=FactKind.HOLD_ENDED), locks.lock_row(hold))
            return outcome
        case FactKind.HOLD_FAILED | FactKind.HOLD_ENDED:
            outcome = apply_fact(replace(fact, kind=FactKind.FAILED, amount=None)).outcome
            if fact.kind is FactKind.HOLD_ENDED:
                PaymentAttempt.objects.filter(pk=attempt.pk, outcome=AttemptOutcome.FAILED).update(
                    provider_code=OVER
                )
            return outcome
        case _:
            return FactOutcome.UNDECIDED


def _hold_of_attempt(
    fact: ProviderFact, intent: PaymentIntent, attempt: PaymentAttempt
) -> tuple[DepositHold, FactOutcome]:
    """Write the hold that a payer's attempt became; it settles the intent, unless that is paid already."""
    from payments.intents.services.facts import complete

    now = clock.now()
    hold = DepositHold.objects.create(
        deposit=deposit_of(intent, attempt.hold_amount),
        intent=intent,
        provider=attempt.provider,
        instrument=keep_instrument(intent, attempt.provider, fact.instrument) if fact.instrument else None,
        merchant_ref=attempt.merchant_ref,
        provider_ref=fact.provider_ref,
        amount=attempt.hold_amount,
        place_at=attempt.provider_created_at,
    )
    states.begin(HOLD, hold, by=SYSTEM)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(
        outcome=AttemptOutcome.SUCCEEDED,
        provider_ref=fact.provider_ref,
        provider_code=fact.code[:16],
        next_poll_at=None,
    )
    if intent.state in PAID_STATES:
        logger.warning("a second hold for %s is freed", intent.reference)
        _move_to_held(fact, hold)
        start_freeing(hold, by=SYSTEM)
        return hold, FactOutcome.SURPLUS
    # What came of it by another way is not needed: the card holds all of it.
    return_parts(intent)
    hold_now(fact, hold)
    PaymentIntent.objects.filter(pk=intent.pk).update(pledged_amount=hold.amount)
    intent.pledged_amount = hold.amount
    complete(intent, provider=hold.provider, provider_ref=hold.provider_ref, paid_at=fact.occurred_at or now)
    hold.refresh_from_db()
    return hold, FactOutcome.RECORDED


# --- Held ---------------------------------------------------------------------------------------
def _authorized(fact: ProviderFact, hold: DepositHold) -> FactOutcome:
    match hold.state:
        case HoldState.PLANNED | HoldState.REQUESTED | HoldState.FAILED:
            is_over = hold.state == HoldState.FAILED and hold.ended_at is not None
            hold_now(fact, hold)
            if is_over:
                _over(fact, hold)
            return FactOutcome.RECORDED
        case HoldState.HELD:
            _look_again(hold)
        case HoldState.ENDING | HoldState.ENDED if hold.held_at is None:
            # We had given it up before we knew that it stands: it is freed there as well.
            DepositHold.objects.filter(pk=hold.pk).update(held_at=fact.occurred_at or clock.now())
            start_freeing(hold, by=SYSTEM)
            return FactOutcome.RECORDED
    return FactOutcome.REPEATED


def hold_now(fact: ProviderFact, hold: DepositHold) -> None:
    """The amount stands on the card: the deposit is held, or the hold before it is not needed any more."""
    from payments.intents.services.facts import hold_deposit

    _move_to_held(fact, hold)
    old = hold.replaces
    if old is not None and old.state == HoldState.HELD:
        start_freeing(old, by=SYSTEM)
        return
    if old is not None and old.state != HoldState.EXPIRED:
        # What it was to take over from was taken or given back meanwhile.
        start_freeing(hold, by=SYSTEM)
        return
    hold_deposit(hold.intent, hold.amount, _provider(hold), on_hold=hold.amount)
    close_requests(hold.deposit.reference, but=hold.intent)


def _move_to_held(fact: ProviderFact, hold: DepositHold) -> None:
    by = _provider(hold)
    capture_before = fact.capture_before or hold.capture_before
    states.move(
        HOLD,
        hold,
        to=HoldState.HELD,
        by=by,
        provider_code=fact.code[:60],
        capture_before=capture_before,
        held_at=fact.occurred_at or clock.now(),
        ended_at=None,
        tries=0,
        next_check_at=next_look(capture_before),
    )


def next_look(capture_before: datetime | None) -> datetime:
    """Return when a hold that stands is looked at again: in time to renew it."""
    now = clock.now()
    if capture_before is None:
        return now + LOOKED_AFTER
    return max(now, capture_before - RENEWED_BEFORE)


def _look_again(hold: DepositHold) -> None:
    DepositHold.objects.filter(pk=hold.pk).update(next_check_at=next_look(hold.capture_before))


def start_freeing(hold: DepositHold, *, by: Actor) -> None:
    """Begin to let go of a hold; one that was only planned is over at once. The caller holds the locks."""
    now, source = clock.now(), hold.state
    if source == HoldState.PLANNED:
        states.move(HOLD, hold, to=HoldState.ENDED, by=by, ended_at=now, next_check_at=None)
        return
    if source != HoldState.ENDING:
        states.move(HOLD, hold, to=HoldState.ENDING, by=by, tries=0, next_check_at=now + timedelta(minutes=1))
    promise_free(hold, again=source)


# --- Declined, over, taken ----------------------------------------------------------------------
def _declined(fact: ProviderFact, hold: DepositHold) -> FactOutcome:
    match hold.state:
        case HoldState.PLANNED | HoldState.REQUESTED:
            _fail(fact, hold)
            return FactOutcome.RECORDED
        case HoldState.ENDING:
            _end(hold)
            return FactOutcome.RECORDED
        case _:
            return FactOutcome.REPEATED


def _fail(fact: ProviderFact, hold: DepositHold, **changes: object) -> None:
    """Note that nothing stands on the card, and ask for the deposit in another way."""
    by = _provider(hold)
    if hold.state == HoldState.PLANNED:
        states.move(HOLD, hold, to=HoldState.REQUESTED, by=by)
    states.move(
        HOLD,
        hold,
        to=HoldState.FAILED,
        by=by,
        reason=f"code {fact.code}"[:300],
        provider_code=fact.code[:60],
        next_check_at=None,
        **changes,
    )
    if hold.replaces_id:
        # The hold before it stands until its own end.
        _open_lost_case(hold, "renewal")
    else:
        _ask_otherwise(hold, NeedReason.DECLINED)


def _end(hold: DepositHold) -> None:
    states.move(HOLD, hold, to=HoldState.ENDED, by=_provider(hold), ended_at=clock.now(), next_check_at=None)


def _over(fact: ProviderFact, hold: DepositHold) -> FactOutcome:
    """The hold is over, because we asked for that or because its time ran out."""
    now = fact.occurred_at or clock.now()
    match hold.state:
        case HoldState.ENDING:
            _end(hold)
        case HoldState.PLANNED | HoldState.REQUESTED:
            # As far as we know it never stood; if we hear that it did, it is over all the same.
            _fail(fact, hold, ended_at=now)
        case HoldState.FAILED if hold.ended_at is None:
            DepositHold.objects.filter(pk=hold.pk).update(ended_at=now)
        case HoldState.HELD:
            _expire(hold, now)
            deposit = locks.lock_row(hold.deposit)
            promises.lose_promise(deposit, hold.amount, by=_provider(hold), reason="hold ran out")
            if targets.needs_deposit(deposit.reference):
                _open_lost_case(hold, "ran out")
                _ask_otherwise(hold, NeedReason.RAN_OUT)
        case HoldState.CAPTURING:
            _expire(hold, now)
            _open_lost_case(hold, "not captured in time")
            hold_money.lose(hold, hold.to_capture, by=_provider(hold))
        case _:
            return FactOutcome.REPEATED
    return FactOutcome.RECORDED


def _expire(hold: DepositHold, at: datetime) -> None:
    states.move(HOLD, hold, to=HoldState.EXPIRED, by=_provider(hold), ended_at=at, next_check_at=None)


def _captured(fact: ProviderFact, hold: DepositHold) -> FactOutcome:
    """The provider has the money of a hold for us."""
    if hold.state == HoldState.CAPTURED:
        if hold.captured == fact.amount:
            return FactOutcome.REPEATED
        _open_mismatch(fact, hold.intent, hold.captured)
        return FactOutcome.CONFLICT
    if hold.state in {HoldState.PLANNED, HoldState.REQUESTED, HoldState.FAILED}:
        # The fact that it was held is still on its way.
        hold_now(fact, hold)
        hold = locks.lock_row(hold)
    source = hold.state
    amount = fact.amount or 0
    states.move(
        HOLD,
        hold,
        to=HoldState.CAPTURED,
        by=_provider(hold),
        captured=amount,
        provider_code=fact.code[:60],
        ended_at=fact.occurred_at or clock.now(),
        next_check_at=None,
    )
    if amount < hold.to_capture:
        _open_lost_case(hold, "less than asked")
    hold_money.receive(fact, hold, source=source, by=_provider(hold))
    return FactOutcome.RECORDED


def _open_lost_case(hold: DepositHold, what: str) -> None:
    logger.error("ALERT hold %s for %s: %s", hold.merchant_ref, hold.deposit.reference, what)
    cases.open_case(
        kind=CaseKind.HOLD_LOST,
        key=f"hold:{hold.merchant_ref}:{what}",
        reference=hold.deposit.reference,
        amount=hold.to_capture or hold.amount,
        details={"what": what, "code": hold.provider_code},
    )


def _ask_otherwise(hold: DepositHold, why: NeedReason) -> None:
    """Ask for the deposit in another way, if it is still needed and nothing else holds it."""
    deposit = Deposit.objects.select_related("payer").get(pk=hold.deposit_id)
    is_open = deposit.state in {DepositState.DUE, DepositState.HELD, DepositState.PARTLY_CAPTURED}
    if is_open and targets.needs_deposit(deposit.reference):
        request_deposit(
            reference=deposit.reference, payer=deposit.payer, amount=hold.amount, by=SYSTEM, why=why
        )


def _provider(hold: DepositHold) -> Actor:
    return Actor(ActorKind.PROVIDER, "", registry.label_of(hold.provider))


_STEPS: dict[FactKind, Callable[[ProviderFact, DepositHold], FactOutcome]] = {
    FactKind.AUTHORIZED: _authorized,
    FactKind.HOLD_FAILED: _declined,
    FactKind.HOLD_ENDED: _over,
    FactKind.HOLD_CAPTURED: _captured,
}
